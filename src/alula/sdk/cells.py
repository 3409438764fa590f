"""Definitions of a notebook or an interactive prompt as the source of a module: what an entity needs of the cells, and nothing else."""

from __future__ import annotations

import ast
import inspect
import linecache
import symtable
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from alula.errors import DefinitionError
from alula.sdk.entity import Entity
from alula.sdk.interactive import module_name
from alula.sdk.project import project_root

HEADER = '"""Cells of a notebook, as they were launched."""\n'
# Modules whose objects say in their constructor all that they are: the statement that made them is run again on the worker.
_PLAIN = frozenset(
    {"alula", "typing", "types", "re", "logging", "pathlib", "datetime", "decimal", "enum", "functools", "fractions", "uuid"}
)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """Source of a module.

    Attributes:
        module: its name.
        names: of the entities asked for, in their order.
        remade: names whose statement is run again, with what they are now (as `repr`), to be compared.
        root: the project that the notebook lies in.
        is_local: whether it imports modules of that project.
    """

    module: str
    source: str
    names: tuple[str, ...]
    remade: Mapping[str, str]
    root: Path
    is_local: bool


def capture(entities: Iterable[Any]) -> Captured:
    """The source that entities need: their definitions, what these use, and the imports.

    Raises:
        DefinitionError: something has no source, or cannot travel; says what, and who needs it.
    """
    namespace = vars(sys.modules["__main__"])
    made = _Capture(namespace, _cells(namespace))
    names = tuple(_name_of(entity, namespace) for entity in entities)
    for name in names:
        made.need(name, "the launch")
    while made.later:
        made.need(*made.later.popleft())
    lines = [HEADER, *sorted(made.imports), "", *(f"{part}\n" for part in made.parts)]
    return Captured(module=module_name(), source="\n".join(lines), names=names, remade=made.remade, root=made.root, is_local=made.is_local)


def _name_of(entity: Any, namespace: Mapping[str, Any]) -> str:
    origin = entity.origin
    for name in (getattr(origin, "__name__", ""), *namespace):
        if name and not name.startswith("_") and namespace.get(name) is origin:
            return name
    raise DefinitionError(
        f"{entity.kind} {entity.label}: has no name in this notebook (it was defined anew, or was never assigned); launch it by its name"
    )


def _cells(namespace: Mapping[str, Any]) -> list[tuple[str, ast.Module]]:
    """Cells that ran, newest first."""
    history = namespace.get("In")
    if isinstance(history, list):
        texts = [str(text) for text in history]
    else:  # Python's own prompt keeps its input from 3.13 on
        texts = ["".join(lines[2]) for name, lines in linecache.cache.items() if name.startswith("<python-input") and len(lines) > 2]
    found = []
    for text in reversed(texts):
        try:
            parsed = ast.parse(text)
        except SyntaxError:
            continue
        found.append((text, parsed))
        found += [(body, tree) for body, tree in _magic(parsed)]
    return found


def _magic(cell: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """The body of a cell that begins with `%%time` or the like."""
    for call in [each.value for each in cell.body if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)]:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run_cell_magic" and len(call.args) == 3:
            body = call.args[2]
            if isinstance(body, ast.Constant) and isinstance(body.value, str):
                try:
                    yield body.value, ast.parse(body.value)
                except SyntaxError:
                    continue


class _Capture:
    def __init__(self, namespace: Mapping[str, Any], cells: list[tuple[str, ast.Module]]) -> None:
        self.namespace, self.cells = namespace, cells
        self.imports: set[str] = set()
        self.parts: list[str] = []
        self.remade: dict[str, str] = {}
        self.root, self.is_local = project_root(Path.cwd() / "notebook.py"), False
        self.later: deque[tuple[str, str]] = deque()  # used when a body runs, so it may come behind what uses it
        self._done: set[str] = set()

    def need(self, name: str, by: str) -> None:
        """Writes what a name is, after what that needs to be defined."""
        if name in self._done or name not in self.namespace:
            return
        self._done.add(name)
        value = self.namespace[name]
        if isinstance(value, ModuleType):
            self._module(name, value)
        elif (imported := self._imported(name, value)) is not None:
            self.imports.add(imported)
        elif _is_defined(value):
            self._statement(name, by, *self._definition(name, value, by))
        elif _is_literal(value):
            self.parts.append(f"{name} = {value!r}")
        else:
            self._assignment(name, value, by)

    def _module(self, name: str, value: ModuleType) -> None:
        self._note(value)
        if value.__name__ != name:
            self.imports.add(f"import {value.__name__} as {name}")
            return
        self.imports.add(f"import {name}")
        for _, cell in self.cells:  # `import a.b` binds a, and makes a.b be there
            for alias in (alias for each in ast.walk(cell) if isinstance(each, ast.Import) for alias in each.names):
                if alias.name.startswith(f"{name}.") and alias.asname is None and alias.name in sys.modules:
                    self._note(sys.modules[alias.name])
                    self.imports.add(f"import {alias.name}")

    def _imported(self, name: str, value: Any) -> str | None:
        """The import that gives a value, if there is one."""
        found = next(self._bindings(name), None)
        if found is not None and isinstance(found[1], ast.ImportFrom) and found[1].module and not found[1].level:
            alias = next((each for each in found[1].names if (each.asname or each.name) == name), None)
            module = sys.modules.get(found[1].module)
            if alias is not None and module is not None and getattr(module, alias.name, None) is value:
                return self._from(module, alias.name, name)
        module = sys.modules.get(getattr(value, "__module__", None) or "")
        own = getattr(value, "__name__", None)
        if module is not None and module.__name__ != "__main__" and isinstance(own, str) and getattr(module, own, None) is value:
            return self._from(module, own, name)
        return None

    def _from(self, module: ModuleType, attribute: str, name: str) -> str:
        self._note(module)
        return f"from {module.__name__} import {attribute}" + (f" as {name}" if attribute != name else "")

    def _note(self, module: ModuleType) -> None:
        file = getattr(module, "__file__", None)
        if file and "site-packages" not in file and self.root in Path(file).resolve().parents:
            self.is_local = True

    def _bindings(self, name: str) -> Iterator[tuple[str, ast.stmt]]:
        """Statements that bind a name, newest first, each with its cell."""
        for text, cell in self.cells:
            for statement in reversed(cell.body):
                if name in _bound(statement):
                    yield text, statement

    def _definition(self, name: str, value: Any, by: str) -> tuple[str, ast.stmt]:
        code = _code(value)
        for text, statement in self._bindings(name):
            # A cell that failed half-way is in the history, too: the function at hand decides.
            if isinstance(statement, _DEFINITIONS) and (code is None or any(_is_same(code, each) for each in _codes(statement))):
                return text, statement
            if not isinstance(statement, _DEFINITIONS) and isinstance(value, Entity):
                return text, statement  # `query = al.sql(…)`
        if not self.cells:
            raise DefinitionError(
                f"{name!r} was typed at a prompt that keeps no source (IPython's does, Python's from 3.13 on); put it into a file"
            )
        raise DefinitionError(
            f"{by} uses {name!r}, whose source cannot be found here; define it in a cell of its own, or in a module beside the notebook"
        )

    def _assignment(self, name: str, value: Any, by: str) -> None:
        kind = type(value)
        is_plain = kind.__module__.partition(".")[0] in _PLAIN or (kind.__module__ == "__main__" and _is_repeatable(value))
        found = next(self._bindings(name), None)
        if not is_plain or found is None or not isinstance(found[1], (ast.Assign, ast.AnnAssign)):
            raise DefinitionError(
                f"{by} uses {name!r}, of type {kind.__name__}: it cannot travel with the code; make it an input, "
                "or make it inside of the task"
            )
        if " at 0x" not in repr(value):
            self.remade[name] = repr(value)
        self._statement(name, by, *found)

    def _statement(self, name: str, by: str, text: str, statement: ast.stmt) -> None:
        source = _source(text, statement)
        before, within = _names(source, statement)
        for each in before:
            self._check(each, name)
            self.need(each, name)
        self.parts.append(source)
        for each in within:
            self._check(each, name)
            self.later.append((each, name))

    def _check(self, name: str, by: str) -> None:
        if name == "get_ipython":
            raise DefinitionError(f"{by} uses get_ipython or a magic: there is no notebook on a worker; leave it out of what is launched")


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a statement of a cell binds."""
    if isinstance(statement, _DEFINITIONS):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    return {each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _is_defined(value: Any) -> bool:
    return isinstance(value, (FunctionType, type, Entity)) and getattr(value, "__module__", None) in ("__main__", None) and _has_def(value)


def _has_def(value: Any) -> bool:
    return isinstance(value, (FunctionType, type)) or hasattr(value, "function")


def _is_repeatable(value: Any) -> bool:
    return hasattr(value, "__dataclass_fields__") or hasattr(value, "_fields") or hasattr(type(value), "__members__")


def _is_literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value) and type(ast.literal_eval(repr(value))) is type(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _code(value: Any) -> CodeType | None:
    function = getattr(value, "function", value)
    return getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None


def _codes(statement: ast.stmt) -> list[CodeType]:
    compiled = compile(ast.Module([statement], []), "<cell>", "exec", dont_inherit=True)
    return [each for each in compiled.co_consts if isinstance(each, CodeType)]


def _is_same(one: CodeType, other: CodeType) -> bool:
    if (one.co_code, one.co_names, len(one.co_consts)) != (other.co_code, other.co_names, len(other.co_consts)):
        return False
    pairs = zip(one.co_consts, other.co_consts, strict=True)
    return all(
        _is_same(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else (type(a), repr(a)) == (type(b), repr(b))
        for a, b in pairs
    )


def _source(text: str, statement: ast.stmt) -> str:
    if isinstance(statement, _DEFINITIONS):
        first = min([statement.lineno, *(each.lineno for each in statement.decorator_list)])
        return "\n".join(text.splitlines()[first - 1 : statement.end_lineno])
    return ast.get_source_segment(text, statement) or ast.unparse(statement)


def _names(source: str, statement: ast.stmt) -> tuple[list[str], list[str]]:
    """Names of the module that a statement uses: to be defined before it, and when a body within it runs."""
    before: dict[str, None] = {}
    within: dict[str, None] = {}

    def walk(table: symtable.SymbolTable, into: dict[str, None]) -> None:
        is_module = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (is_module or symbol.is_global()):
                into[symbol.get_name()] = None
        for child in table.get_children():
            is_body = child.get_type() == "function" and isinstance(statement, _DEFINITIONS) and not child.get_name().endswith("comp>")
            walk(child, within if is_body else into)

    walk(symtable.symtable(source, "<cell>", "exec"), before)
    for each in ast.walk(statement):
        annotation = getattr(each, "annotation", None) or getattr(each, "returns", None)
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                quoted = ast.parse(annotation.value, mode="eval")
            except SyntaxError:
                continue
            before.update(dict.fromkeys(name.id for name in ast.walk(quoted) if isinstance(name, ast.Name)))
    return sorted(before), sorted(within)
