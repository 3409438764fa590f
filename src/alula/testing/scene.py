"""What a test says of one run: mocks, answers, faults, secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from alula.errors import InvalidInput
from alula.testing.answer import Answers
from alula.testing.fault import Fault
from alula.testing.mock import Mocks, named
from alula.testing.program import Program

Unanswered = Literal["wait", "time-out"]


@dataclass(slots=True)
class Faults:
    """The faults of one run, and which of them have happened."""

    listed: list[tuple[Fault, str]]  # with the task's name
    happened: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, program: Program, given: Sequence[Fault]) -> Faults:
        for fault in given:
            if not isinstance(fault, Fault):
                raise InvalidInput(f"faults: expected fail(…), lose(…), hang(…), oom(…) or crash_after_commit(…), got {fault!r}")
        return cls([(fault, "" if fault.kind == "crash" else named(program, fault.task, "faults").name) for fault in given])

    @property
    def has_crashes(self) -> bool:
        return any(fault.kind == "crash" for fault, _ in self.listed)

    def of_attempt(self, task: str, node: tuple[str, str], item: int, attempt: int) -> Fault | None:
        """The fault of an attempt, the first that fits; `node` is id and name of its node."""
        for position, (fault, name) in enumerate(self.listed):
            is_meant = name == task and fault.attempt in (None, attempt) and fault.item in (None, item) and fault.node in ("", *node)
            if fault.kind != "crash" and is_meant:
                self.happened.add(position)
                return fault
        return None

    def crashes(self, commit: int) -> bool:
        """Whether the server dies after this commit."""
        found = [i for i, (fault, _) in enumerate(self.listed) if fault.kind == "crash" and fault.commit == commit]
        self.happened.update(found)
        return bool(found)

    @property
    def missed(self) -> list[str]:
        """Those that did not happen."""
        return [str(fault) for i, (fault, _) in enumerate(self.listed) if i not in self.happened]


@dataclass(slots=True, kw_only=True)
class Scene:
    """One run's surroundings."""

    mocks: Mocks
    answers: Answers
    faults: Faults
    secrets: Mapping[str, str]
    unanswered: Unanswered

    def secret_environment(self, wanted: Sequence[Any]) -> dict[str, str]:
        """The secrets that a task asks for, where `al.secret` looks for them."""
        found = {}
        for secret in wanted:
            name = f"{secret.group}/{secret.key}" if secret.group else secret.key
            if name in self.secrets:
                key = "_FSEC_" + "_".join(part for part in (secret.group, secret.key) if part).upper()
                found[key] = self.secrets[name]
                if secret.env_var:
                    found[secret.env_var] = self.secrets[name]
        return found
