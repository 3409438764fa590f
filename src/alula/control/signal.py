"""Signals: what gates wait for, set from outside, durable before it is answered."""

from __future__ import annotations

from sqlalchemy import Connection

from alula.compiler.interface import literal_problem
from alula.compiler.nodes import signal_problem
from alula.control.batch import Batch
from alula.control.clock import Clock
from alula.control.drive import Driver
from alula.control.step import Stepper
from alula.database import execution as executions
from alula.database import signal as rows
from alula.database.writer import Writer
from alula.engine import event as ev
from alula.errors import AlreadyExists, InvalidInput
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase


class Signaller:
    """The use case of answering a gate."""

    def __init__(self, writer: Writer, driver: Driver, clock: Clock) -> None:
        self._writer = writer
        self._driver = driver
        self._clock = clock

    async def set(self, request: admin.SignalSetRequest, principal: str = "") -> None:
        """Gives a signal its value. The answer that a gate went by stands: a later one is taken without effect.

        Args:
            principal: who answers.
        Raises:
            InvalidInput: no gate waits for it yet, or the value is of another type.
        """
        execution = ExecutionId.from_proto(request.id.execution_id)
        signal_id = request.id.signal_id

        def work(connection: Connection, stepper: Stepper) -> tuple[None, Batch]:
            found = executions.get(connection, execution)
            key = found.key
            row = rows.find(connection, key, signal_id)
            if row is None:
                raise InvalidInput(f'execution "{execution}" waits for no signal "{signal_id}" yet; set it when its gate is running')
            problem = literal_problem(request.value, core.LiteralType.FromString(row.type), f'signal "{signal_id}"')
            if problem is not None:
                raise InvalidInput(str(problem))
            is_decided = row.value is not None and row.node_id != ""  # a gate has asked, and went by this value
            if is_decided or ExecutionPhase(found.phase).is_terminal:
                return None, Batch()  # Flyte takes a late answer, too; it changes nothing, and hides nobody's who decided
            rows.set_value(connection, key, signal_id, request.value.SerializeToString(), principal, self._clock())
            return None, stepper.apply(connection, key, ev.SignalReceived(self._clock(), signal_id, request.value, principal))

        await self._driver.transact(work)

    async def get_or_create(self, request: admin.SignalGetOrCreateRequest) -> admin.Signal:
        """The signal, made if it is new.

        Raises:
            InvalidInput: its name is none; AlreadyExists: it exists with another type.
        """
        execution = ExecutionId.from_proto(request.id.execution_id)
        if (problem := signal_problem(request.id.signal_id, f'execution "{execution}"')) is not None:
            raise InvalidInput(str(problem))
        signal_id, packed = request.id.signal_id, request.type.SerializeToString(deterministic=True)

        def work(connection: Connection) -> admin.Signal:
            key = executions.get(connection, execution).key
            rows.open_signal(connection, key, signal_id, "", packed, self._clock())
            row = rows.find(connection, key, signal_id)
            if row is None or core.LiteralType.FromString(row.type) != request.type:
                raise AlreadyExists(f'signal "{signal_id}" exists already with another type')
            return view(execution, row)

        return await self._writer.write(work)


def view(execution: ExecutionId, row: object) -> admin.Signal:
    """A signal's row as the IDL shows it."""
    value = core.Literal.FromString(getattr(row, "value", None) or b"")
    return admin.Signal(
        id=core.SignalIdentifier(signal_id=getattr(row, "signal_id", ""), execution_id=execution.to_proto()),
        type=core.LiteralType.FromString(getattr(row, "type", b"")),
        value=value if value.WhichOneof("value") else None,
    )
