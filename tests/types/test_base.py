"""How a converter is found: entry points, what Annotated adds, and what an import costs."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

import alula as al
from alula.errors import DefinitionError
from alula.types import base
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()

PAGE = (Path(__file__).parents[2] / "docs" / "types.md").read_text()
VERSIONED = next(body for body in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if "def make(" in body)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts a package with an entry point `alula.types` where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(base, "_plugins", [])
    monkeypatch.setattr(base, "_has_plugins", [])
    monkeypatch.setattr(base, "_memo", {})

    def add(package: str, source: str = VERSIONED) -> None:
        (tmp_path / f"{package}.py").write_text(source)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[alula.types]\n{package} = {package}:make\n")

    yield add
    for name in ("versions_one", "versions_two", "versions_bad"):
        sys.modules.pop(name, None)


def test_entry_point_teaches_a_type(install: Any) -> None:
    install("versions_one")
    import versions_one

    value = versions_one.Version((1, 2, 3))
    assert to_python(to_literal(value, versions_one.Version, NOWHERE), versions_one.Version, NOWHERE) == value
    record = dataclasses.make_dataclass("Made", [("v", list[versions_one.Version])])
    assert to_python(to_literal(record([value]), record, NOWHERE), record, NOWHERE) == record([value])
    assert to_python(to_literal(value, versions_one.Version | int, NOWHERE), versions_one.Version | int, NOWHERE) == value


def test_two_entry_points_for_one_type_are_an_error(install: Any) -> None:
    eager = VERSIONED.replace("annotation is Version", 'annotation.__name__ == "Version"')
    install("versions_one", eager)
    install("versions_two", eager)
    import versions_one

    with pytest.raises(DefinitionError, match=r"Version is claimed by the entry points versions_one = .* and versions_two = "):
        literal_type(versions_one.Version)


def test_entry_point_that_cannot_be_loaded_is_named(install: Any) -> None:
    install("versions_bad", "import nowhere_at_all\n")
    with pytest.raises(DefinitionError, match="versions_bad = versions_bad:make of versions_bad cannot be loaded: ModuleNotFoundError"):
        literal_type(set)


def test_annotation_is_kept_in_the_literal_type() -> None:
    @dataclasses.dataclass
    class Rec:
        a: int

    metres = Annotated[float, al.Annotation(unit="m", range=[0, 1]), al.Annotation(about="height")]
    assert dict(literal_type(metres).annotation.annotations) == {"unit": "m", "range": [0, 1], "about": "height"}
    assert literal_type(list[metres]).collection_type.annotation.annotations["unit"] == "m"  # type: ignore[valid-type]
    assert set(literal_type(Annotated[Rec, al.Annotation(a=1)]).annotation.annotations) == {"a", "cache-key-metadata"}
    assert "unit" not in literal_type(float).annotation.annotations
    assert to_python(to_literal(1.5, metres, NOWHERE), metres, NOWHERE) == 1.5


def test_annotation_that_is_no_json_or_takes_the_platforms_name_is_refused() -> None:
    with pytest.raises(TypeError):
        al.Annotation(unit=object())
    with pytest.raises(DefinitionError, match="cache-key-metadata"):
        al.Annotation(**{"cache-key-metadata": 1})


def test_plain_ints_load_no_other_family() -> None:
    program = "import sys; from alula.types.base import converter; converter(int); print(*sorted(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
    loaded = {name.removeprefix("alula.types.") for name in done.stdout.split() if name.startswith("alula.types.")}
    assert loaded == {"base", "location", "offload", "scalar", "value"}
