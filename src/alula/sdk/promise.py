"""The value a call has while a workflow is traced: not there yet, so it can be passed on, compared in `al.when` and nothing else."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, NoReturn

from alula.errors import DefinitionError
from alula.sdk.overrides import Overrides
from alula.sdk.where import user_place

# A promise knows its graph and its node; `graph` builds on this module, so they are not named as types here.
Graph = Any
Node = Any

_INSTEAD = "compute it in a @task"


def _misuse(what: str, instead: str) -> NoReturn:
    raise DefinitionError(f"{what}: the value is not known while the workflow is being defined; {instead}", where=user_place())


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and Optional."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            rest = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _attributes(annotation: Any) -> list[str]:
    """Names of the fields of a dataclass, a NamedTuple or a pydantic model; empty for everything else."""
    if not isinstance(annotation, type):
        return []
    if dataclasses.is_dataclass(annotation):
        return [field.name for field in dataclasses.fields(annotation)]
    if issubclass(annotation, tuple):
        return list(getattr(annotation, "_fields", ()))
    return list(getattr(annotation, "model_fields", ()))


class Promise:
    """One output of a node, or one input of the workflow (`_node` is None), or a part of either (`_path`)."""

    __slots__ = ("_annotation", "_graph", "_node", "_path", "_var")

    def __init__(self, graph: Graph, node: Node | None, var: str, annotation: Any, path: tuple[str | int, ...] = ()) -> None:
        self._graph, self._node, self._var, self._annotation, self._path = graph, node, var, annotation, path

    def with_overrides(self, **changes: Any) -> Promise:
        """Change how this one call runs: name, resources, retries, timeout, interruptible, cache, image."""
        override_node(self, changes)
        return self

    def __getattr__(self, name: str) -> Promise:
        # No misuse message for dunders: copy, pickle, inspect and pytest probe for them.
        if name.startswith("__"):
            raise AttributeError(name)
        annotation = _bare(self._annotation)
        names = _attributes(annotation)
        if not names:
            raise DefinitionError(f".{name}: {_shown(annotation)} has no field to pick; {_INSTEAD}", where=user_place())
        if name not in names:
            raise DefinitionError(f".{name}: {annotation.__name__} has the fields {', '.join(names)}", where=user_place())
        hints = typing.get_type_hints(annotation, include_extras=True)
        step = names.index(name) if issubclass(annotation, tuple) else name  # a NamedTuple travels as an array
        return Promise(self._graph, self._node, self._var, hints[name], (*self._path, step))

    def __getitem__(self, key: Any) -> Promise:
        annotation = _bare(self._annotation)
        origin, args = typing.get_origin(annotation), typing.get_args(annotation)
        if isinstance(key, Promise):
            _misuse("an index that is itself a result", _INSTEAD)
        if origin is list and isinstance(key, int) and not isinstance(key, bool):
            if key < 0:
                _misuse(f"[{key}]", "count from the start, or take the last one in a @task")
            return Promise(self._graph, self._node, self._var, args[0], (*self._path, key))
        if origin is dict and isinstance(key, str):
            return Promise(self._graph, self._node, self._var, args[1], (*self._path, key))
        if isinstance(annotation, type) and issubclass(annotation, dict) and key in getattr(annotation, "__required_keys__", ()):
            hint = typing.get_type_hints(annotation)[key]
            return Promise(self._graph, self._node, self._var, hint, (*self._path, key))
        raise DefinitionError(f"[{key!r}]: {_shown(annotation)} has no such part; {_INSTEAD}", where=user_place())

    def __rshift__(self, other: Any) -> Any:
        order(self, other)
        return other

    def __rrshift__(self, other: Any) -> Promise:
        order(other, self)
        return self

    def __eq__(self, other: object) -> Any:
        return Comparison("==", self, other)

    def __ne__(self, other: object) -> Any:
        return Comparison("!=", self, other)

    def __lt__(self, other: Any) -> Comparison:
        return Comparison("<", self, other)

    def __le__(self, other: Any) -> Comparison:
        return Comparison("<=", self, other)

    def __gt__(self, other: Any) -> Comparison:
        return Comparison(">", self, other)

    def __ge__(self, other: Any) -> Comparison:
        return Comparison(">=", self, other)

    def __and__(self, other: Any) -> Condition:
        return as_condition(self) & other

    def __or__(self, other: Any) -> Condition:
        return as_condition(self) | other

    def __invert__(self) -> Condition:
        return ~as_condition(self)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        source = "input" if self._node is None else self._node.name
        return f"<promise of {source} {self._var}{''.join(f'[{part!r}]' for part in self._path)}: {_shown(self._annotation)}>"

    def __bool__(self) -> bool:
        _misuse("if, while, and, or, not on a result", "write al.when(p == …).then(…).otherwise(…), or decide in a @task")

    def __len__(self) -> int:
        _misuse("len() of a result", _INSTEAD)

    def __iter__(self) -> Any:
        _misuse("a loop over a result or a, b = result", "write al.map(task, over=…)(…), or do it in a @task")

    def __contains__(self, item: object) -> bool:
        _misuse("`in` on a result", _INSTEAD)

    def __str__(self) -> str:
        _misuse("text made of a result", "build the text in a @task")

    def __format__(self, spec: str) -> str:
        _misuse("an f-string with a result", "build the text in a @task")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _misuse("calling a result", _INSTEAD)

    def __index__(self) -> int:
        # Python says only that a whole number is wanted, not whether by range() or by [].
        _misuse("range() of a result, or a result as an index", "write al.map(task)(…) for each of a list, or loop in an @al.dynamic")


def _refuse_arithmetic() -> None:
    symbols = {
        "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
        "matmul": "@", "xor": "^", "lshift": "<<",
    }  # fmt: skip
    for name, symbol in symbols.items():

        def refuse(self: Promise, other: Any, _symbol: str = symbol) -> Any:
            _misuse(f"`{_symbol}` on a result", _INSTEAD)

        setattr(Promise, f"__{name}__", refuse)
        setattr(Promise, f"__r{name}__", refuse)
    for name in ("int", "float", "complex", "round", "abs", "neg", "pos", "fspath", "bytes"):

        def refuse_unary(self: Promise, *args: Any, _name: str = name) -> Any:
            _misuse(f"{_name}() of a result", _INSTEAD)

        setattr(Promise, f"__{name}__", refuse_unary)


_refuse_arithmetic()


def _shown(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


class PromiseTuple(tuple[Any, ...]):
    """Several outputs of one call: unpack them, or take one by position or name."""

    _names: tuple[str, ...]

    def __new__(cls, promises: list[Promise], names: tuple[str, ...]) -> PromiseTuple:
        made = super().__new__(cls, promises)
        made._names = names
        return made

    def __getattr__(self, name: str) -> Promise:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"no output {name!r}; there are {', '.join(self._names)}")
        return self[self._names.index(name)]

    def with_overrides(self, **changes: Any) -> PromiseTuple:
        """Change how this one call runs, as `Promise.with_overrides`."""
        override_node(self, changes)
        return self

    def __rshift__(self, other: Any) -> Any:
        order(self, other)
        return other

    def __rrshift__(self, other: Any) -> PromiseTuple:
        order(other, self)
        return self


def nodes_of(value: Any) -> list[Node]:
    """The nodes a promise, a tuple of outputs, or a list of either comes from."""
    if isinstance(value, Promise):
        return [] if value._node is None else [value._node]
    if isinstance(value, (list, tuple)):
        found = [node for item in value for node in nodes_of(item)]
        return list(dict.fromkeys(found))
    raise DefinitionError(f"`>>` orders calls, got {type(value).__name__}; write first(…) >> second(…)", where=user_place())


def order(before: Any, after: Any) -> None:
    """Everything in `after` starts only when everything in `before` has succeeded."""
    for late in nodes_of(after):
        for early in nodes_of(before):
            if early is late:
                raise DefinitionError(f"`>>`: {late.name} cannot wait for itself", where=user_place())
            if early not in late.upstream:
                late.upstream.append(early)


def override_node(value: Any, changes: dict[str, Any]) -> None:
    nodes = nodes_of(value)
    if not nodes:
        raise DefinitionError("with_overrides on a workflow input: there is no call to change", where=user_place())
    nodes[0].overrides = nodes[0].overrides.merged(Overrides.of(changes))


_INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Condition:
    """What `al.when` decides by: comparisons joined by `&` and `|`, negated by `~`."""

    def __and__(self, other: Any) -> Condition:
        return Conjunction("&", self, as_condition(other))

    def __or__(self, other: Any) -> Condition:
        return Conjunction("|", self, as_condition(other))

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Condition:
        raise NotImplementedError

    def __bool__(self) -> bool:
        _misuse(
            "if, and, or, not, in, or a chain a < p < b on a comparison",
            "write al.when(p == …).then(…).otherwise(…), joining comparisons by (…) & (…) and (…) | (…)",
        )

    def promises(self) -> list[Promise]:
        """Every operand that is a promise."""
        raise NotImplementedError


class Comparison(Condition):
    """Two operands and one of == != < <= > >=."""

    def __init__(self, operator: str, left: Any, right: Any) -> None:
        self.operator, self.left, self.right = operator, left, right
        self.where = user_place()
        if isinstance(right, Condition) or isinstance(left, Condition):
            raise DefinitionError("a comparison of comparisons; join them by (…) & (…) or (…) | (…)", where=self.where)

    def __invert__(self) -> Condition:
        return Comparison(_INVERSE[self.operator], self.left, self.right)

    def promises(self) -> list[Promise]:
        return [side for side in (self.left, self.right) if isinstance(side, Promise)]


class Conjunction(Condition):
    """Two conditions joined by & or |."""

    def __init__(self, operator: str, left: Condition, right: Condition) -> None:
        self.operator, self.left, self.right = operator, left, right

    def __invert__(self) -> Condition:
        return Conjunction("|" if self.operator == "&" else "&", ~self.left, ~self.right)

    def promises(self) -> list[Promise]:
        return self.left.promises() + self.right.promises()


def as_condition(value: Any) -> Condition:
    """A condition, or a promise of a bool taken as one."""
    if isinstance(value, Condition):
        return value
    if isinstance(value, Promise):
        if _bare(value._annotation) is not bool:
            raise DefinitionError(
                f"a condition needs a bool or a comparison, got {_shown(value._annotation)}; write p == …", where=user_place()
            )
        return Comparison("==", value, True)
    raise DefinitionError(
        f"a condition compares a result with something, got {type(value).__name__}; write al.when(p == …)", where=user_place()
    )
