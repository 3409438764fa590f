"""Values of every kind travel from a client through tasks and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest


def test_primitives(run: Any) -> None:
    when = datetime(2026, 2, 28, 12, 30, 15, 250_000, tzinfo=UTC)
    given = {"i": 1, "f": 1.5, "s": "grüße", "b": True, "when": when, "span": timedelta(hours=36), "day": date(2026, 12, 31)}
    execution = run.succeed("programs.values.all_primitives", given)
    out = execution.outputs
    found = [out.get(f"o{i}") for i in range(7)]
    assert found[:4] == [2, 3.0, "grüße!", False]
    assert found[4] == when + timedelta(hours=36)
    assert found[5] == timedelta(hours=72)
    assert out.get("o6", datetime) == datetime(2027, 1, 1, tzinfo=UTC)


def test_nested_lists_in_a_dict(run: Any) -> None:
    execution = run.succeed("programs.values.containers", {"values": {"a": [[1, 2], []], "b": []}})
    assert execution.outputs["o0"] == {"aa": [[2, 1], []], "bb": []}


def test_untyped_dict_keeps_ints(run: Any) -> None:
    execution = run.succeed("programs.values.untyped_dict", {"value": {"n": 1, "inner": {"x": [1.5, "t"]}}})
    assert execution.outputs.get("o0", dict) == {"n": 1, "inner": {"x": [1.5, "t"]}, "seen": True}


def test_enum(run: Any) -> None:
    assert run.succeed("programs.values.enums", {"c": "red"}).outputs.get("o0", str) == "blue"


def test_value_outside_an_enum_is_refused(run: Any) -> None:
    with pytest.raises(Exception, match="green"):
        run.start("programs.values.enums", {"c": "green"})


def test_dataclass_with_access_to_its_parts(run: Any) -> None:
    from tests.acceptance.programs.values import Inner, Outer

    given = Outer(inner=Inner(name="ab", weights=[1.0, 2.0]), n=1)
    execution = run.succeed("programs.values.dataclasses", {"value": given}, type_hints={"value": Outer})
    changed = execution.outputs.get("o0", Outer)
    assert changed == Outer(inner=Inner(name="AB", weights=[1.0, 2.0, 1.0, 2.0]), n=2, colour="red")
    assert type(changed.n) is int
    assert execution.outputs["o1"] == 12.0


@pytest.mark.parametrize(("given", "result"), [(5, "int 5"), ("five", 4)])
def test_union_keeps_its_variant(run: Any, given: int | str, result: int | str) -> None:
    from typing import Union

    execution = run.succeed("programs.values.unions", {"value": given}, type_hints={"value": Union[int, str]})  # noqa: UP007
    assert execution.outputs.get("o0", Union[int, str]) == result  # noqa: UP007


@pytest.mark.parametrize(("given", "result"), [(None, None), ([1, 2], 3)])
def test_optional(run: Any, given: list[int] | None, result: int | None) -> None:
    execution = run.succeed("programs.values.optionals", {"value": given} if given else {})
    assert execution.outputs["o0"] == result


def test_file_is_uploaded_and_comes_back(run: Any, tmp_path: Path) -> None:
    from flytekit.types.file import FlyteFile

    source = tmp_path / "lower.txt"
    source.write_text("small letters")
    execution = run.succeed("programs.values.files", {"file": FlyteFile(str(source))}, type_hints={"file": FlyteFile})
    found = execution.outputs.get("o0", FlyteFile)
    assert Path(found.download()).read_text() == "SMALL LETTERS"


def test_directory(run: Any) -> None:
    from flytekit.types.directory import FlyteDirectory

    execution = run.succeed("programs.values.folders", {"names": ["a", "b"]})
    assert execution.outputs["o1"] == {"a": "aa", "b": "bb"}
    folder = Path(execution.outputs.get("o0", FlyteDirectory).download())
    assert {p.name: p.read_text() for p in folder.iterdir()} == {"a": "aa", "b": "bb"}


def test_data_frame_with_a_choice_of_columns(run: Any) -> None:
    import pandas as pd

    execution = run.succeed("programs.values.frames", {"n": 4})
    assert execution.outputs["o1"] == 6
    assert list(execution.outputs.get("o0", pd.DataFrame)["b"]) == ["0", "1", "2", "3"]


def test_data_frame_as_an_input(run: Any, tmp_path: Path) -> None:
    import pandas as pd

    counter = tmp_path / "n"
    task = run.remote.fetch_task(name="programs.caching.use", version=run.version)
    frame = pd.DataFrame({"a": [1, 2]})
    execution = run.remote.execute(task, inputs={"path": str(counter), "frame": frame}, type_hints={"path": str, "frame": pd.DataFrame})
    assert run.finish(execution).outputs["o0"] == 1


def test_anything_else_is_pickled(run: Any) -> None:
    assert run.succeed("programs.values.pickles", {"text": "inside"}).outputs["o0"] == "inside"
