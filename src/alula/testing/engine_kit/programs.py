"""Random programs of every node kind, from a seed: graphs that compile, each with what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from alula.engine.graph import Graph, index_closure
from alula.idl import core
from alula.testing.engine_kit.graphs import INTS, MAYBE_INTS, Book, Value
from alula.testing.engine_kit.simulate import World

DEPTH = 3  # of workflows within workflows


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled workflow with one input `a` and one output `o0`, and the world it runs in."""

    closure: core.CompiledWorkflowClosure
    graph: Graph
    world: World


class _Writer:
    """Writes one program; `danger` in [0, 1] is how often a node is one that always fails."""

    def __init__(self, random: Random, danger: float) -> None:
        self._random = random
        self._danger = danger
        self._book = Book()
        self._count = 0
        self._dynamic: list[tuple[str, list[core.Node], str]] = []

    def program(self) -> Program:
        name = self._flow(0)
        closure = self._book.compile(name)
        plans = {flow: index_closure(self._book.compile(flow)) for flow in self._book.plans}
        expansions = {task: self._book.expand(task, nodes, o0=output) for task, nodes, output in self._dynamic}
        return Program(closure, index_closure(closure), World(expansions, plans))

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _task(self, prefix: str = "") -> str:
        r = self._random
        prefix = prefix or ("boom" if r.random() < self._danger else "add")
        types = {"outputs": {"o0": INTS}} if prefix == "list" else {}
        is_cached = r.random() < 0.3
        timeout_s = r.choice((0, 0, 60))
        return self._book.task(
            self._name(prefix),
            inputs=("a",) if prefix in ("list", "spread") else ("a", "b"),
            retries=r.randrange(3),
            timeout_s=timeout_s,
            cache_version="1" if is_cached else "",
            is_serialized=is_cached and r.random() < 0.5,
            **types,
        )

    def _flow(self, depth: int) -> str:
        nodes, output = self._nodes(depth, "n")
        on_failure = None
        if self._random.random() < 0.3:
            on_failure = self._inner("fn0", [], depth)
        finishes = self._random.random() < 0.5
        return self._book.flow(self._name("flow"), nodes, inputs=("a",), on_failure=on_failure, finishes_independent=finishes, o0=output)

    def _nodes(self, depth: int, prefix: str) -> tuple[list[core.Node], str]:
        nodes: list[core.Node] = []
        values: list[str] = []
        for position in range(self._random.randint(1, 9 if depth == 0 else 4)):
            made, value = self._node(f"{prefix}{position}", values, depth)
            nodes += made
            if value:
                values.append(value)
        self._random.shuffle(nodes)
        return nodes, self._random.choice(values or [".a"])

    def _value(self, values: list[str]) -> Value:
        choices: list[Value] = [*values, *values, ".a", self._random.randrange(10)]
        return self._random.choice(choices)

    def _after(self, values: list[str]) -> list[str]:
        return [v.partition(".")[0] for v in values if self._random.random() < 0.1 and not v.startswith(".")]

    def _inner(self, node_id: str, values: list[str], depth: int) -> core.Node:
        """A node with the output o0 that may stand anywhere, in a branch too."""
        book, r = self._book, self._random
        kind = r.choice(("task", "task", "sub", "plan", "dynamic", "branch")) if depth < DEPTH else "task"
        if kind == "sub":
            return book.sub(node_id, self._flow(depth + 1), a=self._value(values))
        if kind == "plan":
            return book.plan(node_id, self._flow(depth + 1), a=self._value(values))
        if kind == "dynamic":
            task = self._task("spread")
            nodes, output = self._nodes(depth + 1, "dn")
            self._dynamic.append((task, nodes, output))
            return book.call(node_id, task, a=self._value(values))
        if kind == "branch":
            return self._branch(node_id, values, depth)
        return book.call(node_id, self._task(), a=self._value(values), b=self._value(values))

    def _branch(self, node_id: str, values: list[str], depth: int) -> core.Node:
        r = self._random
        cases = [("x", r.randrange(0, 800), self._inner(f"c{i}", values, depth + 1)) for i in range(r.randint(1, 2))]
        otherwise = self._inner("e", values, depth + 1) if r.random() > self._danger else None
        return self._book.branch(node_id, cases, otherwise, x=self._value(values))

    def _node(self, node_id: str, values: list[str], depth: int) -> tuple[list[core.Node], str]:
        """A node, with whatever makes an integer of its outputs; and where that integer is found."""
        book, r = self._book, self._random
        kind = r.choice(("inner", "inner", "inner", "inner", "gate", "sleep", "array"))
        if kind == "sleep":
            return [book.gate(node_id, "sleep", sleep_s=r.randrange(100), after=self._after(values))], ""
        if kind == "gate":
            reject = "reject" if r.random() < self._danger else ""
            is_signal = r.random() < 0.5
            gate_id = self._name("gate" if is_signal else f"gate{reject}")  # its signal's name is the whole execution's
            if is_signal:
                return [book.gate(gate_id, "signal", timeout_s=3600)], f"{gate_id}.o0"
            return [book.gate(gate_id, "approve", timeout_s=3600, o0=self._value(values))], f"{gate_id}.o0"
        if kind == "array":
            return self._array(node_id, values, depth)
        node = self._inner(node_id, values, depth)
        node.upstream_node_ids.extend(self._after(values))
        return [node], f"{node_id}.o0"

    def _array(self, node_id: str, values: list[str], depth: int) -> tuple[list[core.Node], str]:
        book, r = self._book, self._random
        source = book.call(f"{node_id}l", self._task("list"), a=self._value(values))
        ratio = r.choice((None, None, 0.5, 0.0))
        listed: Value = f"{node_id}l.o0" if r.random() < 0.6 else [self._value(values) for _ in range(r.randrange(6))]
        concurrency = r.choice((None, 1, 2))
        if depth < DEPTH and r.random() < 0.3:
            array = book.array(node_id, book.plan("", self._flow(depth + 1), a=".a"), concurrency=concurrency, ratio=ratio, a=listed)
        else:
            inner = book.call("", self._task(), a=".a", b=".b")
            array = book.array(node_id, inner, concurrency=concurrency, ratio=ratio, bound=("b",), a=listed, b=self._value(values))
        total = book.task(self._name("add"), inputs={"xs": INTS if ratio is None else MAYBE_INTS})
        return [source, array, book.call(f"{node_id}t", total, xs=f"{node_id}.o0")], f"{node_id}t.o0"


def random_program(seed: int, danger: float = 0.1) -> Program:
    """A program of every node kind; the same for the same seed."""
    return _Writer(Random(seed), danger).program()
