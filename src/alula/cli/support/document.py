"""A file of inputs: JSON or YAML, with the line of each."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from alula.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file of inputs says.

    Attributes:
        values: by input name, as `json.loads` would give them.
        lines: where each stands, from 1; empty where that is not known.
        source: the file as it was named.
    """

    values: dict[str, Any]
    lines: dict[str, int]
    source: str

    def place(self, name: str) -> str:
        """`--inputs job.yaml:3: input 'depth'`."""
        line = f":{self.lines[name]}" if name in self.lines else ""
        return f"--inputs {self.source}{line}: input {name!r}"


def read_document(source: str) -> Document:
    """Reads inputs from a file, or from stdin if it is `-`; what it is the suffix says, else its first character.

    YAML is that of version 1.2: `no` is a text and so is an instant, `1e-3` is a number.

    Raises:
        InvalidInput: it cannot be read, or is no mapping.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"--inputs {source}: cannot be read ({_reason(error)}); give a file of JSON or YAML") from error
    suffix = Path(source).suffix.lower()
    is_json = suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] in ("{", "["))
    values, lines = (_json if is_json else _yaml)(text, source)
    if not isinstance(values, dict):
        example = '{"depth": 3}' if is_json else "depth: 3"
        raise InvalidInput(f"--inputs {source}: expected a mapping of inputs such as `{example}`, found {_kind(values)}")
    return Document(values=values, lines=lines, source=source)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is no UTF-8 text"


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _json(text: str, source: str) -> tuple[Any, dict[str, int]]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise InvalidInput(f"--inputs {source}: {name!r} is there twice; leave one of them out")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once), {}
    except json.JSONDecodeError as error:
        raise InvalidInput(f"--inputs {source}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}") from error


def _yaml(text: str, source: str) -> tuple[Any, dict[str, int]]:
    import yaml

    try:
        loader = _loader()(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None, {}
            _refuse_twice(root, source)
            lines = {key.value: key.start_mark.line + 1 for key, _ in root.value} if isinstance(root, yaml.MappingNode) else {}
            return loader.construct_document(root), lines
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise InvalidInput(f"--inputs {source}{where}: this is no YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"--inputs {source}: this is no YAML: {error}") from error


def _refuse_twice(node: Any, source: str) -> None:
    """YAML would let the last of two equal keys win in silence, and takes keys that are no text."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twice(item, source)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, item in node.value:
        where = f"--inputs {source}:{key.start_mark.line + 1}"
        if key.tag != "tag:yaml.org,2002:str":
            raise InvalidInput(f"{where}: a key is a text, this one is not: {getattr(key, 'value', '')!s:.40}; put it in quotes")
        if key.value in seen:
            raise InvalidInput(f"{where}: {key.value!r} is there twice; leave one of them out")
        seen.add(key.value)
        _refuse_twice(item, source)


def _loader() -> Any:
    """A safe loader that knows the scalars of YAML 1.2's core schema and no others."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

        def construct_yaml_float(self, node: Any) -> float:
            text = str(node.value).lower().replace(".inf", "inf").replace(".nan", "nan")
            return float(text)

        def construct_yaml_int(self, node: Any) -> int:
            return int(node.value, 0) if re.match(r"0[xo]", node.value) else int(node.value)

    for tag, pattern, first in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", list("-+.0123456789")),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
    Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
    Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
    return Loader
