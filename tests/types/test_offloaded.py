"""Files, folders, data frames, arrays and estimators: named by content, recognised when equal, read lazily."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import alula as al
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"))


def there_and_back(value: Any, annotation: Any, offload: Offload) -> Any:
    wire = to_literal(value, annotation, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, offload)


def test_file_round_trips_and_is_named_by_content(offload: Offload) -> None:
    literal = to_literal(al.File.new("x.csv").write_text("a,b"), al.File["csv"], offload)
    assert literal.scalar.blob.uri == f"{offload.prefix}/{literal.hash}/x.csv"
    assert literal.scalar.blob.metadata.type.format == "csv"
    assert to_python(literal, al.File["csv"], offload).read_text() == "a,b"


def test_equal_content_has_equal_hash(offload: Offload) -> None:
    one, two = (to_literal(al.File.new(name).write_text("same"), al.File, offload) for name in ("a", "b"))
    assert one.hash == two.hash


def test_file_passed_on_is_not_uploaded_again(offload: Offload) -> None:
    literal = to_literal(al.File.new("x").write_bytes(b"1"), al.File, offload)
    elsewhere = Offload(offload.prefix + "-other")
    assert to_literal(to_python(literal, al.File, elsewhere), al.File, elsewhere) == literal


def test_remote_file_is_referred_to(offload: Offload) -> None:
    literal = to_literal(al.File("s3://bucket/key.csv"), al.File, offload)
    assert (literal.scalar.blob.uri, literal.hash) == ("s3://bucket/key.csv", "")


def test_file_of_another_machine_is_fetched_as_the_offload_knows(offload: Offload, tmp_path: Path) -> None:
    class Linked(Offload):
        def fetch(self, uri: str) -> Path:
            (tmp_path / "copy").write_text(f"of {uri}")
            return tmp_path / "copy"

        def open(self, uri: str) -> Any:
            return self.fetch(uri).open("rb")

    literal = to_literal(al.File.new("x").write_bytes(b"1"), al.File, offload)
    literal.scalar.blob.uri = "/srv/store/x"
    file = to_python(literal, al.File, Linked())
    assert file.read_text() == Path(file).read_text() == "of /srv/store/x"
    assert to_literal(file, al.File, offload).scalar.blob.uri == "/srv/store/x"


def test_path_annotation_gives_a_path(offload: Offload, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    assert there_and_back(tmp_path / "x", Path, offload).read_text() == "1"


def test_missing_file_is_refused(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match="must exist"):
        to_literal(al.File("/nowhere/x"), al.File, offload)


def test_nothing_is_uploaded_while_a_workflow_is_defined(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    with pytest.raises(DefinitionError, match="pass it as a workflow input"):
        to_literal(al.File(tmp_path / "x"), al.File, Offload())


def test_directory_round_trips(offload: Offload) -> None:
    folder = al.Directory.new()
    (folder / "sub").mkdir()
    (folder / "sub" / "a.txt").write_text("1")
    (folder / "b.txt").write_text("2")
    literal = to_literal(folder, al.Directory, offload)
    assert literal.scalar.blob.metadata.type.dimensionality == core.BlobType.MULTIPART
    back = to_python(literal, al.Directory, offload)
    assert [file.read_text() for file in back] == ["2", "1"]
    assert back.names() == ["b.txt", "sub/a.txt"]
    assert [file.name for file in folder] == ["b.txt", "a.txt"]
    assert (back / "b.txt").read_text() == "2"


def test_directory_lies_where_the_offload_says(tmp_path: Path) -> None:
    class Elsewhere(Offload):
        def put_file(self, path: Path, name: str, digest: str) -> str:
            return f"s3://signed/{digest}/{name}"

    folder = al.Directory.new()
    (folder / "a.txt").write_text("1")
    literal = to_literal(folder, al.Directory, Elsewhere())
    assert literal.scalar.blob.uri == f"s3://signed/{literal.hash}"


@pytest.mark.parametrize("annotation", [al.DataFrame, pd.DataFrame])
def test_data_frame_round_trips(annotation: Any, offload: Offload) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2020-01-01", "2020-01-02"])})
    pd.testing.assert_frame_equal(there_and_back(frame, annotation, offload), frame)
    assert to_literal(frame, annotation, offload).hash == to_literal(frame.copy(), annotation, offload).hash


def test_stated_columns_are_typed_checked_and_selected(offload: Offload) -> None:
    ages = Annotated[al.DataFrame, {"age": int}]
    columns = literal_type(ages).structured_dataset_type.columns
    assert [(c.name, c.literal_type.simple) for c in columns] == [("age", core.SimpleType.INTEGER)]
    frame = pd.DataFrame({"age": [1], "plan": ["x"]})
    assert list(there_and_back(frame, ages, offload).columns) == ["age"]
    with pytest.raises(InvalidInput, match="lacks column 'age'; it has plan"):
        to_literal(frame[["plan"]], ages, offload)
    with pytest.raises(InvalidInput, match="column 'age' is float64, expected int"):
        to_literal(pd.DataFrame({"age": [1.5]}), ages, offload)


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3), np.array(3.5), np.zeros((0, 2), np.float32), np.array(["a", "bc"]), np.array([True])]
)
def test_array_round_trips(array: npt.NDArray[Any], offload: Offload) -> None:
    back = there_and_back(array, np.ndarray, offload)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_dtype_of_an_array_is_checked(offload: Offload) -> None:
    there_and_back(np.zeros(2), npt.NDArray[np.float64], offload)
    with pytest.raises(InvalidInput, match="expected an array of float64, got int64"):
        to_literal(np.arange(2), npt.NDArray[np.float64], offload)
    with pytest.raises(InvalidInput, match="pickled"):
        to_literal(np.array([object()]), np.ndarray, offload)


def _forest() -> Pipeline:
    x = np.random.RandomState(0).rand(50, 3)
    return make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(x, x[:, 0] > 0.5)


def test_estimator_round_trips_and_equal_training_has_equal_hash(offload: Offload) -> None:
    x = np.random.RandomState(1).rand(20, 3)
    model = _forest()
    back = there_and_back(model, Pipeline, offload)
    np.testing.assert_array_equal(back.predict_proba(x), model.predict_proba(x))
    assert to_literal(model, Pipeline, offload).hash == to_literal(_forest(), Pipeline, offload).hash


def _double(x: Any) -> Any:
    return x * 2


def test_unknown_type_in_an_estimator_is_refused_with_remedy(offload: Offload) -> None:
    model = FunctionTransformer(_double)
    with pytest.raises(InvalidInput, match=r"Annotated\[FunctionTransformer, al.Trust\("):
        to_literal(model, FunctionTransformer, offload)


def test_trusted_type_is_taken(offload: Offload) -> None:
    name = f"{_double.__module__}._double"
    back = there_and_back(FunctionTransformer(_double), Annotated[FunctionTransformer, al.Trust(name)], offload)
    assert back.func(2) == 4


def test_other_estimator_is_refused(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match="expected LinearRegression"):
        to_literal(LogisticRegression(), LinearRegression, offload)


def test_hash_method_sets_the_hash(offload: Offload) -> None:
    annotation = Annotated[al.DataFrame, al.HashMethod(lambda frame: str(len(frame)))]
    assert to_literal(pd.DataFrame({"a": [1]}), annotation, offload).hash == "1"
    assert to_literal(3, Annotated[int, al.HashMethod(str)], offload).hash == "3"


def test_what_is_offloaded_is_flushed_before_its_uri_is_known(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(handle) or sync(handle))
    to_literal(np.arange(3), npt.NDArray[np.int64], offload)
    assert len(flushed) == 2  # the file and its folder
    to_literal(al.File.new("x.csv").write_text("a,b"), al.File["csv"], offload)
    assert len(flushed) == 4


def test_an_estimator_loads_no_other_framework(tmp_path: Path) -> None:
    """skops goes over all of scikit-learn, which adapts to PyTorch where it is installed: seconds, and hundreds of megabytes."""
    code = """
import sys
from sklearn.linear_model import LinearRegression
from alula.types.base import to_literal, to_python
from alula.types.offload import Offload
offload = Offload(sys.argv[1])
literal = to_literal(LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]), LinearRegression, offload)
assert to_python(literal, LinearRegression, offload).predict([[3.0]]).round(3).tolist() == [3.0]
assert "sklearn.externals.array_api_compat.torch" not in sys.modules
print("torch" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "False"
