"""Every value equals itself: through the wire, in a fresh process, as flytekit reads and writes it, and through a real server."""

from __future__ import annotations

import base64
import dataclasses
import importlib
import math
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.types import kinds
from tests.types.kinds import annotation_of, cases, exactly

from alula.client import connect
from alula.client.sync import Client
from alula.errors import DefinitionError
from alula.idl import core
from alula.idl.digest import digest_literal
from alula.server.embedded import EmbeddedServer
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()
ROOT = Path(__file__).parents[2]


def there_and_back(value: Any, annotation: Any) -> Any:
    wire = to_literal(value, annotation, NOWHERE).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, NOWHERE)


def samples(count: int, leaves: Callable[[str], bool] = lambda source: True) -> list[tuple[str, Any]]:
    """So many cases, the same ones each time."""
    found: list[tuple[str, Any]] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases(leaves=leaves))
    def collect(case: tuple[str, Any]) -> None:
        found.append(case)

    collect()
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_value_equals_itself_after_the_wire(case: tuple[str, Any]) -> None:
    source, value = case
    annotation = annotation_of(source)
    assert exactly(there_and_back(value, annotation), value)
    literal_type(annotation)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cases(2), min_size=1, max_size=3))
def test_value_equals_itself_as_a_field_of_a_record(fields: list[tuple[str, Any]]) -> None:
    made = dataclasses.make_dataclass("Made", [(f"f{n}", annotation_of(source)) for n, (source, _) in enumerate(fields)])
    value = made(*(value for _, value in fields))
    try:
        literal_type(made)
    except DefinitionError as error:
        assert "look alike inside a record" in str(error)
        return
    assert exactly(there_and_back(value, made), value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0])
@pytest.mark.parametrize("source", ["float", "list[float]", "Union[float, str]", "Model"])
def test_numbers_that_are_none_survive(number: float, source: str) -> None:
    inner = kinds.Inner(1, [])
    value = {"list[float]": [number], "Model": kinds.Model(count=1, rate=number, inner=inner)}.get(source, number)
    back = there_and_back(value, annotation_of(source))
    assert repr(back) == repr(value)


def test_hash_is_the_same_in_a_fresh_process() -> None:
    found = samples(150)
    ours = [digest_literal(to_literal(value, annotation_of(source), NOWHERE)).hex() for source, value in found]
    program = (
        "import sys, base64, pickle; from tests.types.kinds import annotation_of; from alula.idl.digest import digest_literal\n"
        "from alula.types.base import to_literal; from alula.types.offload import Offload\n"
        "for source, value in pickle.loads(base64.b64decode(sys.stdin.read())):\n"
        "    print(digest_literal(to_literal(value, annotation_of(source), Offload())).hex())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "PYTHONHASHSEED": "7"}
    packed = base64.b64encode(pickle.dumps(found)).decode()
    done = subprocess.run([sys.executable, "-c", program], input=packed, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ours


# What flytekit does not know or cannot tell apart: tuples, two records of one shape, Literals of several kinds, models of no object.
UNKNOWN_TO_FLYTEKIT = {"Pair", "Options", "Tags", "Deep", "Twin", "Literal['x', 3, None]", "None"}


def _flytekit_knows(source: str) -> bool:
    return source not in UNKNOWN_TO_FLYTEKIT


@pytest.mark.filterwarnings("ignore")
def test_flytekit_reads_ours_and_we_read_its() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from flytekit.core.context_manager import FlyteContextManager
        from flytekit.core.type_engine import TypeEngine
        from flytekit.models.literals import Literal

    context = FlyteContextManager.current_context()
    count = 0
    for source, value in samples(150, _flytekit_knows):
        annotation = annotation_of(source)
        ours = to_literal(value, annotation, NOWHERE)
        read = TypeEngine.to_python_value(context, Literal.from_flyte_idl(ours), annotation)
        assert exactly(read, value), (source, value)
        if "Model" in source and any(word in repr(value) for word in ("inf", "nan")):
            continue  # flytekit writes a model's infinity as null, and then nobody can read it
        try:
            theirs = TypeEngine.to_literal(context, value, annotation, TypeEngine.to_literal_type(annotation)).to_flyte_idl()
        except Exception:  # noqa: BLE001 - of a union it tries every variant, and takes an int for a float as well
            assert "Union" in source or "Optional" in source, source
            continue
        assert exactly(to_python(core.Literal.FromString(theirs.SerializeToString()), annotation, NOWHERE), value), (source, value)
        count += 1
    assert count >= 75


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with EmbeddedServer(tmp_path_factory.mktemp("types") / "home") as server, connect(server.grpc_address) as connected:
        yield connected


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Writes a program beside a copy of the kinds, and imports it."""
    shutil.copy(ROOT / "tests" / "types" / "kinds.py", tmp_path / "kinds_on_server.py")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("kinds_on_server", "echo_of_types"):
        sys.modules.pop(name, None)

    def write(source: str) -> ModuleType:
        (tmp_path / "echo_of_types.py").write_text("from kinds_on_server import *\nfrom kinds_on_server import " + source)
        return importlib.import_module("echo_of_types")

    yield write
    for name in ("kinds_on_server", "echo_of_types"):
        sys.modules.pop(name, None)


def test_values_equal_themselves_through_a_server(client: Client, project: Callable[[str], ModuleType]) -> None:
    found = samples(120)
    classes = "Color, Deep, Inner, Model, Options, Pair, Rec, Tags, Twin\nimport alula as al\n"
    size = 40
    source = classes
    for start in range(0, len(found), size):
        part = [kind for kind, _ in found[start : start + size]]
        inputs = ", ".join(f"v{n}: {kind}" for n, kind in enumerate(part))
        outputs = ", ".join(f"v{n}" for n in range(len(part)))
        source += f"\n@al.task\ndef echo{start}({inputs}) -> tuple[{', '.join(part)}]:\n    return {outputs}\n"
    program = project(source)
    module = sys.modules["kinds_on_server"]
    for start in range(0, len(found), size):
        values = {f"v{n}": _moved(value, module) for n, (_, value) in enumerate(found[start : start + size])}
        outputs = client.launch(getattr(program, f"echo{start}"), **values).wait(60).outputs
        for (kind, _), value, output in zip(found[start : start + size], values.values(), outputs, strict=True):
            assert exactly(output, value), kind


def _moved(value: Any, module: ModuleType) -> Any:
    """The value with its classes taken from the program's copy of them."""
    data = pickle.dumps(value, 0).replace(b"tests.types.kinds", module.__name__.encode())
    return pickle.loads(data)
