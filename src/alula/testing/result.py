"""What came of a run: outputs, nodes, attempts and events, and assertions that show the run when they fail."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from alula.engine.graph import NodeKind
from alula.errors import FailedPrecondition, InvalidInput, NotFound
from alula.testing.ledger import Happened
from alula.testing.mock import named
from alula.testing.node import NodeResult, RunError, error_of
from alula.testing.plane import Plane
from alula.testing.read import results_of
from alula.testing.tree import draw

WAITING = "WAITING"


class Result:
    """One run as it stands: ended, or waiting for somebody."""

    def __init__(self, plane: Plane, go_on: Callable[[Mapping[str, Any] | Callable[..., Any]], Result]) -> None:
        self._plane = plane
        self._go_on = go_on

    # What came of it --------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Of the execution."""
        return self._plane.root

    @property
    def phase(self) -> str:
        """SUCCEEDED, FAILED, ABORTED, or WAITING for something that nobody in this test gives."""
        run = self._plane.run
        return run.phase.name if run.is_terminal else WAITING

    @property
    def error(self) -> RunError | None:
        """Why it did not succeed."""
        run = self._plane.run
        if not run.is_terminal:
            return RunError(code=WAITING, message=self._waits_for())
        if run.phase.name == "ABORTED":
            return RunError(code="ABORTED", message=run.abort_cause)
        return error_of(self._plane, run, run.failure)

    @property
    def outputs(self) -> Any:
        """What the function would have returned: the value itself, a tuple, its NamedTuple, or None.

        Raises:
            FailedPrecondition: the run did not succeed; raised from what a task raised, if that is why.
        """
        __tracebackhide__ = True
        if self.phase != "SUCCEEDED":
            cause = self.error.exception if self.error is not None else None
            raise FailedPrecondition(f"the run has no outputs, it is {self.phase}\n\n{self.tree()}") from cause
        return results_of(self._plane.program.interface, self._plane.run.outputs)

    @property
    def commits(self) -> int:
        """How often the server would have committed: the moments after which it may crash."""
        return self._plane.commits

    @property
    def crashes(self) -> int:
        return self._plane.crashes

    @property
    def events(self) -> list[Happened]:
        """Everything that happened, in order; `str(event)` says it in words."""
        return list(self._plane.history)

    @property
    def nodes(self) -> list[NodeResult]:
        """Every node in the order in which it was reached, those of child executions after them."""
        runs = {run.key: run for run in self._plane.runs.values()}
        found = sorted(self._plane.nodes.items(), key=lambda pair: pair[0][0])  # by execution, stable
        ends = (NodeKind.START, NodeKind.END)
        return [NodeResult(self._plane, runs[key], node) for (key, _), node in found if node.spec.kind not in ends]

    def node(self, name: str) -> NodeResult:
        """A node by its id, or by the name of what it calls.

        Raises:
            NotFound: there is none, or several of that name.
        """
        nodes = self.nodes
        found = [n for n in nodes if n.id == name and n.execution == self.name] or [n for n in nodes if n.id == name]
        found = found or [n for n in nodes if n.name == name] or [n for n in nodes if name in (n.target, n.target.rsplit(".", 1)[-1])]
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(f"no node is called {name!r}\n\n{self.tree()}")
        raise NotFound(f"{len(found)} nodes are called {name!r}: {', '.join(n.id for n in found)}; write an id\n\n{self.tree()}")

    def answer(self, answers: Mapping[str, Any] | Callable[..., Any]) -> Result:
        """Goes on with a run that waits: as `answers=` of `run`, for the gates that wait and those to come. Returns this result."""
        return self._go_on(answers)

    # Assertions -------------------------------------------------------------------------------------------------------

    def assert_succeeded(self) -> Result:
        """Returns this result."""
        __tracebackhide__ = True
        self._check_ledger()
        if self.phase != "SUCCEEDED":
            self._fail(f"expected that the run succeeds, it is {self.phase}")
        return self

    def assert_failed(self, match: str = "") -> Result:
        """It failed, and the error's code and message hold the pattern `match`. Returns this result."""
        __tracebackhide__ = True
        self._check_ledger()
        if self.phase != "FAILED":
            self._fail(f"expected that the run fails, it is {self.phase}")
        if match and re.search(match, str(self.error)) is None:
            self._fail(f"expected that the error matches {match!r}, it is\n  {self.error}")
        return self

    def assert_waiting(self, gate: str = "") -> Result:
        """It waits, for the gate of this name if one is given. Returns this result."""
        __tracebackhide__ = True
        if self.phase != WAITING:
            self._fail(f"expected that the run waits, it is {self.phase}")
        if gate and gate not in [found.name for found in self._gates()]:
            self._fail(f"expected that it waits for the gate {gate!r}: {self._waits_for()}")
        return self

    def assert_ran(self, task: Any, times: int | None = None) -> Result:
        """Attempts of the task began: `times` of them, or at least one. Retries and items of maps count each; hits of the cache do not.

        Returns this result.
        """
        __tracebackhide__ = True
        found, name = self._began(task)
        if found != times if times is not None else not found:
            wanted = "at least once" if times is None else f"{times} time{'s' * (times != 1)}"
            self._fail(f"expected that {name} runs {wanted}, it ran {found} time{'s' * (found != 1)}")
        return self

    def assert_not_ran(self, task: Any) -> Result:
        """No attempt of the task began. Returns this result."""
        __tracebackhide__ = True
        return self.assert_ran(task, 0)

    def assert_order(self, *targets: Any) -> Result:
        """Every node of each task, workflow or launch plan had ended when the first node of the next one was reached, so that no server
        would run them in another order. Returns this result.
        """
        __tracebackhide__ = True
        names = [self._task(target) for target in targets]
        for before, then in itertools.pairwise(names):
            ends = [end for _, end in self._spans(before)]
            begins = [begin for begin, _ in self._spans(then)]
            if not ends or not begins:
                self._fail(f"expected {before} before {then}; {then if ends else before} has no node")
            if 0 in ends or max(ends) > min(begins):
                self._fail(f"expected that {before} ends before {then} may begin")
        return self

    def assert_cached(self, task: Any) -> Result:
        """Every node of the task came from the cache. Returns this result."""
        __tracebackhide__ = True
        name = self._task(task)
        found = [node for node in self.nodes if node.task == name]
        if not found or any(node.cache != "HIT" for node in found):
            said = ", ".join(f"{n.id}: {n.cache or 'not asked'}{f' ({n.cache_reason})' if n.cache_reason else ''}" for n in found)
            self._fail(f"expected that {name} comes from the cache: {said or 'it has no node'}")
        return self

    def assert_once(self, *tasks: Any) -> Result:
        """Whatever went wrong: every attempt began at most once, what had ended stayed as it was, every execution ended once; and the
        functions of the given tasks ran once for each of their nodes and items. Returns this result.
        """
        __tracebackhide__ = True
        self._check_ledger()
        for name in [self._task(task) for task in tasks]:
            counts: dict[str, int] = {}
            for work in self._plane.hands.calls:
                if work.effect.call.id.name == name:
                    item = f"[{work.key.item}]" if work.key.item >= 0 else ""
                    place = f"{work.run.id.name}/{work.key.node_id}{item}"
                    counts[place] = counts.get(place, 0) + 1
            again = [f"{place} {count} times" for place, count in counts.items() if count != 1]
            if again:
                self._fail(f"expected that {name} runs once for each node: {', '.join(again)}")
        return self

    def tree(self) -> str:
        """The run, one node a line."""
        return draw(self.name, self.phase, self.nodes, self.error)

    # ------------------------------------------------------------------------------------------------------------------

    def _check_ledger(self) -> None:
        __tracebackhide__ = True
        if self._plane.ledger.violations:
            self._fail("what must happen once did not: " + "; ".join(self._plane.ledger.violations))

    def _fail(self, message: str) -> NoReturn:
        __tracebackhide__ = True
        cause = self.error.exception if self.error is not None else None
        raise AssertionError(f"{message}\n\n{self.tree()}") from cause

    def _task(self, task: Any) -> str:
        try:
            return named(self._plane.program, task, "this assertion").name
        except InvalidInput:
            if isinstance(task, str) and any(node.task == task for node in self.nodes):
                return task
            raise

    def _began(self, task: Any) -> tuple[int, str]:
        name = self._task(task)
        found = [
            a for k, a in self._plane.attempts.items() if a.task is not None and a.task.name == name and k in self._plane.ledger.started
        ]
        return len(found), name

    def _spans(self, name: str) -> list[tuple[int, int]]:
        keys = {run.id.name: run.key for run in self._plane.runs.values()}
        return [self._plane.spans[keys[node.execution], node.id] for node in self.nodes if name == node.target]

    def _gates(self) -> list[Any]:
        live = []
        for (key, node_id), (gate, _) in self._plane.waiting.items():
            run = next(r for r in self._plane.runs.values() if r.key == key)
            if not run.nodes[node_id].phase.is_terminal and not run.is_terminal:
                live.append(gate)
        return live

    def _waits_for(self) -> str:
        parts = []
        for gate in self._gates():
            example = "True" if gate.kind == "approve" else "…"
            pass_by = ', or unanswered="time-out" to let its timeout pass' if gate.timeout_s else ""
            parts.append(f'gate "{gate.name}" (node {gate.node}) waits for {gate.type}: pass answers={{"{gate.name}": {example}}}{pass_by}')
        for work in self._plane.hands.hung.values():
            name = work.effect.call.id.name.rsplit(".", 1)[-1]
            item = f"[{work.key.item}]" if work.key.item >= 0 else ""
            parts.append(f"attempt {work.key.attempt} of {name} (node {work.key.node_id}{item}) hangs, and the task has no timeout=")
        if not parts:
            for live in self._plane.hands.lives.values():
                name = live.work.effect.call.id.name.rsplit(".", 1)[-1]
                parts.append(f"async task {name} (node {live.work.key.node_id}) waits in its own code for something that does not come")
        return "; ".join(parts) or "nothing is left to do, and the run has not ended"

    def __repr__(self) -> str:
        return f"<run {self.name} {self.phase}>"
