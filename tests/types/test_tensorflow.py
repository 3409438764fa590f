"""TensorFlow tensors and Keras models; needs the extra `tensorflow`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

from alula.errors import InvalidInput  # noqa: E402
from alula.idl import core  # noqa: E402
from alula.types.base import literal_type, to_literal, to_python  # noqa: E402
from alula.types.offload import Offload  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Scaled(keras.Model):  # type: ignore[misc, name-defined]
    """A class of one's own."""

    def __init__(self, factor: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.factor = factor
        self.dense = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.factor * self.dense(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"), tmp_path)


def there_and_back(value: Any, annotation: Any, offload: Offload) -> Any:
    wire = to_literal(value, annotation, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, offload)


def _model() -> Any:
    keras.utils.set_random_seed(0)
    keras.backend.clear_session()
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])


@pytest.mark.parametrize(
    "tensor",
    [tf.range(6), tf.constant(3.5), tf.zeros((0, 2)), tf.constant(["a", "größe"]), tf.constant([1.5], tf.bfloat16), tf.constant([True])],
)
def test_tensor_round_trips(tensor: Any, offload: Offload) -> None:
    back = there_and_back(tensor, tf.Tensor, offload)
    assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
    assert (back.numpy() == tensor.numpy()).all()
    assert to_literal(back, tf.Tensor, offload).hash == to_literal(tensor, tf.Tensor, offload).hash


def test_what_is_no_tensor_is_refused(offload: Offload, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"wrap it in tensorflow\.constant"):
        to_literal([1.0], tf.Tensor, offload)
    literal = to_literal(tf.range(3), tf.Tensor, offload)
    (tmp_path / "bad").write_bytes(b"\xff\xff")
    literal.scalar.blob.uri = str(tmp_path / "bad")
    with pytest.raises(InvalidInput, match="is no tensor this can read"):
        to_python(literal, tf.Tensor, offload)


def test_model_round_trips_and_equal_models_have_equal_hashes(offload: Offload) -> None:
    model, x = _model(), np.ones((2, 3), np.float32)
    literal = to_literal(model, keras.Model, offload)
    np.testing.assert_array_equal(to_python(literal, keras.Model, offload)(x), model(x))
    assert to_literal(_model(), keras.Model, offload).hash == literal.hash
    with pytest.raises(InvalidInput, match="expected Scaled, got Sequential"):
        to_literal(model, Scaled, offload)


def test_class_of_ones_own_is_built_again(offload: Offload) -> None:
    model, x = Scaled(3.0), np.ones((2, 3), np.float32)
    model(x)
    back = there_and_back(model, Scaled, offload)
    assert (type(back), back.factor) == (Scaled, 3.0)
    np.testing.assert_array_equal(back(x), model(x))


def test_code_in_a_model_is_not_run(offload: Offload) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x * 2)])
    with pytest.raises(InvalidInput, match="without running its code"):
        there_and_back(model, keras.Model, offload)


def test_flytekit_reads_and_writes_the_same_model(offload: Offload) -> None:
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal

    context = FlyteContextManager.current_context()
    model, x = _model(), np.ones((2, 3), np.float32)
    ours = to_literal(model, keras.Model, offload)
    np.testing.assert_array_equal(TypeEngine.to_python_value(context, Literal.from_flyte_idl(ours), tf.keras.Model)(x), model(x))
    theirs = TypeEngine.to_literal(context, model, tf.keras.Model, TypeEngine.to_literal_type(tf.keras.Model)).to_flyte_idl()
    np.testing.assert_array_equal(to_python(core.Literal.FromString(theirs.SerializeToString()), keras.Model, offload)(x), model(x))
    wanted = TypeEngine.to_literal_type(tf.keras.Model).to_flyte_idl().SerializeToString()
    assert literal_type(keras.Model).SerializeToString() == wanted
