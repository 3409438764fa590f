"""`al.when(…).then(…).otherwise(…)`: a branch, of which only the chosen case runs.

A case is written as a call, `then(publish(ok))`, and Python evaluates the call before `then` sees it. So every call made
while the argument was evaluated is taken out of the workflow and put into the case; a case of several calls becomes a
small workflow of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from alula.errors import DefinitionError, InvalidInput, NonRecoverable
from alula.sdk.entity import Entity
from alula.sdk.graph import Graph, Node, required_graph
from alula.sdk.interface import Interface, Port
from alula.sdk.promise import Comparison, Condition, Conjunction, Promise, _bare, as_condition, nodes_of
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core
    from alula.sdk.local import Local

T = TypeVar("T")

_OPERATORS = {"==": "EQ", "!=": "NEQ", ">": "GT", ">=": "GTE", "<": "LT", "<=": "LTE"}
_NOTHING = Interface({}, {})


class Fail:
    """The case that ends the workflow with a message."""

    def __init__(self, message: str) -> None:
        self.message = message


def fail(message: str) -> Any:
    """The last case of `al.when`: the workflow fails with this message.

    Args:
        message: shown to whoever launched it; the error's code is `UserProvidedError`.
    """
    return Fail(message)


class CaseWorkflow(Entity):
    """A case of several calls, as a workflow that travels with the one it was written in."""

    kind = "workflow"
    failure_policy = "fail-immediately"
    interruptible = None

    def __init__(self, name: str, where: str, graph: Graph, interface: Interface) -> None:
        super().__init__(name, where)
        self.graph = graph
        self._interface = interface

    @cached_property
    def interface(self) -> Interface:
        return self._interface

    def run_here(self, values: dict[str, Any]) -> Any:
        from alula.sdk.local import Local

        return self.interface.pack(Local(self.graph, values, {}).run())


@dataclass(slots=True, eq=False)
class Branch:
    """Target of a branch node: cases in order, then what happens when none holds."""

    cases: list[tuple[Condition, Node]]
    otherwise: Node | Fail | None = None

    def inner_nodes(self) -> Iterator[Node]:
        """The node of each case."""
        for _, node in self.cases:
            yield node
        if isinstance(self.otherwise, Node):
            yield self.otherwise

    def calls(self) -> list[Any]:
        """What the cases call and must be registered."""
        from alula.sdk.serialize import called_by

        found: list[Any] = []
        for node in self.inner_nodes():
            if isinstance(node.target, CaseWorkflow):
                found += called_by(node.target.graph)
            elif isinstance(node.target, Entity):
                found.append(node.target)
            else:
                found += node.target.calls()
        return found

    def inlined(self) -> list[Any]:
        """Workflows that must travel with the spec."""
        from alula.sdk.workflow import Workflow

        found: list[Any] = []
        for node in self.inner_nodes():
            if isinstance(node.target, (CaseWorkflow, Workflow)):
                found.append(node.target)
            else:
                found += getattr(node.target, "inlined", list)()
        return found

    def serialize(self, node: Node, made: core.Node, serializer: Any) -> None:
        """Fills in the IDL's branch node; its inputs are the operands of the conditions."""
        from alula.idl import core
        from alula.sdk.serialize import reference

        block = made.branch_node.if_else
        for index, (condition, inner) in enumerate(self.cases):
            into = block.case if index == 0 else block.other.add()
            into.condition.CopyFrom(expression(condition))
            into.then_node.CopyFrom(serializer.node(inner))
        if isinstance(self.otherwise, Fail):
            block.error.message, block.error.failed_node_id = self.otherwise.message, node.id
        elif self.otherwise is not None:
            block.else_node.CopyFrom(serializer.node(self.otherwise))
        bound = {}
        for condition, _ in self.cases:
            for promise in condition.promises():
                bound[operand_name(promise)] = promise
        for name, promise in bound.items():
            data = core.BindingData(promise=core.OutputReference(**reference(promise)))
            made.inputs.append(core.Binding(var=name, binding=data))

    def run_here(self, node: Node, local: Local) -> Any:
        for condition, inner in self.cases:
            if _holds(condition, local):
                return self._case(node, inner, local)
        if isinstance(self.otherwise, Fail):
            raise NonRecoverable(self.otherwise.message, code="UserProvidedError")
        assert self.otherwise is not None
        return self._case(node, self.otherwise, local)

    @staticmethod
    def _case(node: Node, inner: Node, local: Local) -> Any:
        values = local.run_node(inner)
        return node.interface.pack(values) if node.interface.shape != "none" else None


def _holds(condition: Condition, local: Local) -> bool:
    if isinstance(condition, Conjunction):
        left, right = _holds(condition.left, local), _holds(condition.right, local)
        return (left and right) if condition.operator == "&" else (left or right)
    assert isinstance(condition, Comparison)
    left, right = local.value(condition.left), local.value(condition.right)
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    return bool(compare[condition.operator](left, right))


def operand_name(promise: Promise) -> str:
    """Name of an operand among the branch's inputs: `<node>.<output>`, `.<workflow input>`, then the path."""
    node = promise._node.id if promise._node is not None else ""
    return ".".join([node, promise._var, *map(str, promise._path)])


def expression(condition: Condition) -> core.BooleanExpression:
    """A condition as IDL."""
    from alula.idl import core

    if isinstance(condition, Conjunction):
        operator = core.ConjunctionExpression.AND if condition.operator == "&" else core.ConjunctionExpression.OR
        return core.BooleanExpression(
            conjunction=core.ConjunctionExpression(
                operator=operator, left_expression=expression(condition.left), right_expression=expression(condition.right)
            )
        )
    assert isinstance(condition, Comparison)
    return core.BooleanExpression(
        comparison=core.ComparisonExpression(
            operator=getattr(core.ComparisonExpression, _OPERATORS[condition.operator]),
            left_value=_operand(condition, condition.left, condition.right),
            right_value=_operand(condition, condition.right, condition.left),
        )
    )


def _operand(comparison: Comparison, side: Any, other: Any) -> core.Operand:
    """One side; a constant takes the type of the promise on the other, so 1 beside a float is 1.0."""
    from alula.idl import core
    from alula.types.base import converter
    from alula.types.offload import Offload

    if isinstance(side, Promise):
        return core.Operand(var=operand_name(side))
    if side is None:
        return core.Operand(scalar=core.Scalar(none_type=core.Void()))
    try:
        literal = converter(_bare(other._annotation)).to_literal(side, Offload())
    except InvalidInput as error:
        raise DefinitionError(f"comparison: {error.message}", where=comparison.where, code=error.code) from error
    if literal.scalar.WhichOneof("value") != "primitive":
        raise DefinitionError("only numbers, text, booleans, instants, spans and enums can be compared", where=comparison.where)
    return core.Operand(primitive=literal.scalar.primitive)


def _check_operands(graph: Graph, condition: Condition) -> None:
    for promise in condition.promises():
        if promise._graph is not graph:
            raise DefinitionError(
                f"al.when: the value belongs to workflow {promise._graph.name}; pass it in as an input", where=user_place()
            )
        if promise._annotation is None:
            raise DefinitionError("al.when: the call returns nothing that could be compared", where=user_place())


class When(Generic[T]):
    """A condition that waits for its `.then(…)`."""

    def __init__(self, chain: _Chain, condition: Any) -> None:
        self._chain = chain
        self._condition = as_condition(condition)
        _check_operands(chain.graph, self._condition)
        chain.mark = len(chain.graph.nodes)

    def then(self, value: T) -> Then[T]:
        """The case that runs if the condition holds: a call, `then(publish(model))`."""
        self._chain.add(self._condition, value)
        return Then(self._chain)

    def __getattr__(self, name: str) -> Any:
        raise DefinitionError(f"al.when(…).{name}: write al.when(…).then(…).otherwise(…)", where=user_place())


class Then(Generic[T]):
    """Cases so far; needs an `.otherwise(…)`."""

    def __init__(self, chain: _Chain) -> None:
        self._chain = chain

    def when(self, condition: Any) -> When[T]:
        """A further case, looked at if none before holds."""
        return When(self._chain, condition)

    elif_ = when

    def otherwise(self, value: T) -> T:
        """The case that runs if no condition holds: a call, or `al.fail("why")`; returns what the chosen case gives."""
        return cast(T, self._chain.finish(value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise DefinitionError(
            f".{name} of a branch without its last case; end it with .otherwise(…) or .otherwise(al.fail(…))", where=user_place()
        )


class _Chain:
    """A branch in the making."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.where = user_place()
        self.branch = Branch([])
        self.mark = 0
        self.number = graph.branches
        graph.branches += 1
        graph.open.append(self)

    def close(self) -> None:
        raise DefinitionError("al.when(…) without a last case; end it with .otherwise(…) or .otherwise(al.fail(…))", where=self.where)

    def add(self, condition: Condition, value: Any) -> None:
        if isinstance(value, Fail):
            raise DefinitionError("al.fail(…) can only be the last case; turn the condition round", where=user_place())
        self.branch.cases.append((condition, self._take(value, "then")))
        self.mark = len(self.graph.nodes)

    def finish(self, value: Any) -> Any:
        if self not in self.graph.open:
            raise DefinitionError("this branch has its last case already", where=user_place())
        self.branch.otherwise = value if isinstance(value, Fail) else self._take(value, "otherwise")
        self.graph.open.remove(self)
        node = Node(self.branch, f"when{self.number}", self._interface(), {}, self.where)
        self.graph.nodes.append(node)
        return self.graph.result(node)

    def _take(self, value: Any, method: str) -> Node:
        """Moves what the case calls out of the workflow; the one node the case consists of."""
        if not isinstance(value, (Promise, tuple)) or (isinstance(value, Promise) and value._path):
            got = "a part of a result" if isinstance(value, Promise) else type(value).__name__
            raise DefinitionError(
                f".{method}(…) takes the call of a task or workflow, got {got}; return it from a @task", where=user_place()
            )
        nodes = nodes_of(value)
        if len(nodes) != 1 or nodes[0] not in self.graph.nodes:
            raise DefinitionError(
                f".{method}(…) takes one call of its own, for instance .{method}(task(x)); a workflow input or a value of "
                "another case must go through a task",
                where=user_place(),
            )
        node = nodes[0]
        made = self.graph.nodes[self.mark :]
        if node not in made:  # `p = task(x)` stood before the al.when: only that call moves, what it needs stays
            self.graph.nodes.remove(node)
            return node
        del self.graph.nodes[self.mark :]
        return node if len(made) == 1 else self._wrap(made, node)

    def _wrap(self, nodes: list[Node], last: Node) -> Node:
        """A case of several calls as one node: a workflow of its own that takes what they need from outside."""
        name = f"{self.graph.name}.when{self.number}-case{len(self.branch.cases)}"
        graph = Graph(name)
        graph.nodes, graph.signals = nodes, set()
        values: dict[str, Any] = {}
        inputs: dict[str, Port] = {}
        roots: dict[tuple[int, str], str] = {}

        def inside(promise: Promise) -> Promise:
            if promise._node in nodes:
                return Promise(graph, promise._node, promise._var, promise._annotation, promise._path)
            key = (id(promise._node), promise._var)
            if key not in roots:
                annotation = self._root_annotation(promise)
                roots[key] = entry = f"{promise._var}{len(roots)}"
                inputs[entry] = Port(entry, annotation, f"case of al.when, input {entry!r}")
                values[entry] = Promise(self.graph, promise._node, promise._var, annotation)
                graph.inputs[entry] = Promise(graph, None, entry, annotation)
            return Promise(graph, None, roots[key], promise._annotation, promise._path)

        outer: list[Node] = []
        for node in nodes:
            replace_promises(node, inside)
            outer += [one for one in node.upstream if one not in nodes]
            node.upstream = [one for one in node.upstream if one in nodes]
        for output, port in last.interface.outputs.items():
            graph.outputs[output] = Promise(graph, last, output, port.annotation)
        graph.number()
        of = last.interface
        interface = Interface(inputs, of.outputs, of.shape, of.returns, self.where)
        entity = CaseWorkflow(name, self.where, graph, interface)
        return Node(entity, last.name, interface, values, self.where, upstream=list(dict.fromkeys(outer)))

    def _root_annotation(self, promise: Promise) -> Any:
        if promise._node is None:
            return self.graph.inputs[promise._var]._annotation
        return promise._node.interface.outputs[promise._var].annotation

    def _interface(self) -> Interface:
        """Outputs of the branch: the cases', if they all have the same; else none."""
        interfaces = [node.interface for node in self.branch.inner_nodes()]
        first = interfaces[0]

        def form(of: Interface) -> list[tuple[str, bytes]]:
            return [
                (name, port.converter.literal_type.SerializeToString(deterministic=True)) for name, port in of.outputs.items()
            ]  # the wire type decides: two spellings of one type are the same

        if any(form(one) != form(first) for one in interfaces[1:]):
            return _NOTHING
        return Interface({}, first.outputs, first.shape, first.returns, self.where)


def replace_promises(node: Node, change: Callable[[Promise], Promise]) -> None:
    """Rewrites every promise a node takes, those of its branch cases and conditions included."""
    node.values = {name: _replaced(value, change) for name, value in node.values.items()}
    if isinstance(node.target, Branch):
        inner = list(node.target.inner_nodes())
        node.target.cases = [(_changed(condition, change), one) for condition, one in node.target.cases]
        for one in inner:
            replace_promises(one, change)


def _changed(condition: Condition, change: Callable[[Promise], Promise]) -> Condition:
    if isinstance(condition, Conjunction):
        return Conjunction(condition.operator, _changed(condition.left, change), _changed(condition.right, change))
    assert isinstance(condition, Comparison)
    made = Comparison(condition.operator, _replaced(condition.left, change), _replaced(condition.right, change))
    made.where = condition.where
    return made


def _replaced(value: Any, change: Callable[[Promise], Promise]) -> Any:
    if isinstance(value, Promise):
        return change(value)
    if isinstance(value, list):
        return [_replaced(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, change) for key, item in value.items()}
    return value


def when(condition: Any) -> When[Any]:
    """Begin a branch: `al.when(score > 0.8).then(publish(model)).otherwise(al.fail("too weak"))`.

    Args:
        condition: a result of type bool, or comparisons (`== != < <= > >=`) of results with constants or with each other,
            joined by `&` and `|`, negated by `~`.
    Raises:
        DefinitionError: outside a workflow, or something else than a condition.
    """
    graph = required_graph("al.when(…)", "in a plain function use if")
    as_condition(condition)
    return When(_Chain(graph), condition)
