"""PyTorch tensors and modules, without a pickle; needs the extra `torch`."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import alula as al  # noqa: E402
from alula.errors import DefinitionError, InvalidInput  # noqa: E402
from alula.idl import core  # noqa: E402
from alula.types.base import literal_type, to_literal, to_python  # noqa: E402
from alula.types.offload import Offload  # noqa: E402


class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, hidden: int, rate: float = 0.5) -> None:
        super().__init__()
        self.hidden, self.rate = hidden, rate
        self.first = torch.nn.Linear(3, hidden)
        self.norm = torch.nn.BatchNorm1d(hidden)
        self.last = torch.nn.Linear(hidden, 1)

    def forward(self, x: Any) -> Any:
        return self.last(self.norm(self.first(x)))


class Forgetful(torch.nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.first = torch.nn.Linear(3, hidden)


@dataclasses.dataclass
class Trained:
    net: Net
    loss: torch.Tensor  # type: ignore[name-defined]


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"), tmp_path)


def there_and_back(value: Any, annotation: Any, offload: Offload) -> Any:
    wire = to_literal(value, annotation, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, offload)


TENSORS = [
    torch.arange(6).reshape(2, 3),
    torch.tensor(3.5),
    torch.zeros((0, 2)),
    torch.tensor([True, False]),
    torch.randn(4, dtype=torch.bfloat16),
    torch.tensor([1 + 2j]),
    torch.tensor([float("nan"), float("inf")]),
    torch.arange(12).reshape(3, 4).t()[1:, ::2],
    torch.eye(3).to_sparse(),
    torch.ones(2, requires_grad=True),
]


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize("tensor", TENSORS)
def test_tensor_round_trips(tensor: Any, offload: Offload) -> None:
    literal = to_literal(tensor, torch.Tensor, offload)
    back = to_python(literal, torch.Tensor, offload)
    assert (back.dtype, back.requires_grad, back.layout) == (tensor.dtype, tensor.requires_grad, tensor.layout)
    torch.testing.assert_close(back, tensor, equal_nan=True, rtol=0, atol=0)
    assert to_literal(back, torch.Tensor, offload).hash == literal.hash


def test_part_of_a_large_storage_is_written_alone(offload: Offload) -> None:
    literal = to_literal(torch.zeros(1_000_000)[:3], torch.Tensor, offload)
    assert Path(literal.scalar.blob.uri).stat().st_size < 10_000


def test_different_tensors_have_different_hashes(offload: Offload) -> None:
    kinds = [torch.zeros(4), torch.zeros(2, 2), torch.zeros(4, dtype=torch.int32), torch.ones(4)]
    assert len({to_literal(kind, torch.Tensor, offload).hash for kind in kinds}) == 4


def test_state_dict_is_a_dict_of_tensors(offload: Offload) -> None:
    net = Net(4)
    back = there_and_back(net.state_dict(), dict[str, torch.Tensor], offload)
    Net(4).load_state_dict(back)
    torch.testing.assert_close(back["first.weight"], net.first.weight.detach())


def test_module_round_trips_with_its_arguments_and_mode(offload: Offload) -> None:
    net = Net(5, rate=0.25).half().eval()
    back = there_and_back(net, Net, offload)
    assert (back.hidden, back.rate, back.training, back.first.weight.dtype) == (5, 0.25, False, torch.float16)
    assert there_and_back(Net(2), Net, offload).training
    for name, tensor in net.state_dict().items():
        assert torch.equal(back.state_dict()[name], tensor)
    assert to_literal(back, Net, offload).hash == to_literal(net, Net, offload).hash
    trained = there_and_back(Trained(net, torch.tensor(1.0)), Trained, offload)
    assert trained.loss == 1.0


def test_hash_is_the_same_in_a_fresh_process(offload: Offload) -> None:
    program = (
        "import sys, torch; sys.path.insert(0, sys.argv[2]); from test_torch import Net; from alula.types.base import to_literal; "
        "from alula.types.offload import Offload; torch.manual_seed(3); net = Net(3); "
        "print(to_literal(net, Net, Offload(sys.argv[1])).hash)"
    )
    command = [sys.executable, "-c", program, offload.prefix, str(Path(__file__).parent)]
    hashes = {subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(2)}
    torch.manual_seed(3)
    assert hashes == {to_literal(Net(3), Net, offload).hash + "\n"}


def test_module_that_forgets_its_arguments_is_refused_when_written(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match=r"__init__ takes 'hidden'.*write self\.hidden = hidden"):
        to_literal(Forgetful(3), Forgetful, offload)
    changed = Net(3)
    changed.hidden = 4
    with pytest.raises(InvalidInput, match="does not take the state that was written"):
        to_literal(changed, Net, offload)
    with pytest.raises(InvalidInput, match="expected Net, got Forgetful"):
        to_literal(Forgetful(3), Net, offload)


def test_module_of_no_class_of_your_own_is_refused_at_definition() -> None:
    for annotation in (torch.nn.Module, torch.nn.Sequential):
        with pytest.raises(DefinitionError, match=r"al\.Pickle\[.*(Module|Sequential)\]"):
            literal_type(annotation)


def test_pickle_of_a_whole_module_is_not_run(offload: Offload, tmp_path: Path) -> None:
    torch.save(Net(3), tmp_path / "whole.pt")
    literal = to_literal(torch.zeros(1), torch.Tensor, offload)
    literal.scalar.blob.uri = str(tmp_path / "whole.pt")
    with pytest.raises(InvalidInput, match=r"cannot be read without running a pickle's code.*al\.Pickle"):
        to_python(literal, torch.Tensor, offload)


def test_what_is_no_tensor_is_refused(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match=r"wrap it in torch\.as_tensor"):
        to_literal([1.0], torch.Tensor, offload)
    with pytest.raises(InvalidInput, match="meta device"):
        to_literal(torch.zeros(2, device="meta"), torch.Tensor, offload)


def test_hash_method_and_pickle(offload: Offload) -> None:
    from typing import Annotated

    assert to_literal(torch.zeros(2), Annotated[torch.Tensor, al.HashMethod(lambda t: str(len(t)))], offload).hash == "2"
    assert there_and_back(torch.nn.Sequential(torch.nn.Linear(1, 1)), al.Pickle[torch.nn.Module], offload)[0].in_features == 1


@pytest.mark.filterwarnings("ignore")
def test_flytekit_reads_and_writes_the_same_tensor(offload: Offload) -> None:
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal

    context = FlyteContextManager.current_context()
    tensor = torch.arange(3)
    ours = to_literal(tensor, torch.Tensor, offload)
    assert torch.equal(TypeEngine.to_python_value(context, Literal.from_flyte_idl(ours), torch.Tensor), tensor)
    theirs = TypeEngine.to_literal(context, tensor, torch.Tensor, TypeEngine.to_literal_type(torch.Tensor)).to_flyte_idl()
    assert torch.equal(to_python(core.Literal.FromString(theirs.SerializeToString()), torch.Tensor, offload), tensor)
    assert literal_type(torch.Tensor).SerializeToString() == TypeEngine.to_literal_type(torch.Tensor).to_flyte_idl().SerializeToString()
