"""PyTorch tensors and modules, written by `torch.save` and read with `weights_only`, which rebuilds tensors and plain data alone."""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, mismatch, type_name
from alula.types.file import BlobConverter, blob
from alula.types.offload import Offload, file_digest


def _save(value: Any, name: str, digest: str, offload: Offload) -> tuple[str, str]:
    """Writes a file and stores it; its URI, and the digest (the file's if there is none)."""
    import torch

    with tempfile.TemporaryDirectory(dir=offload.scratch) as folder:
        path = Path(folder) / name
        torch.save(value, path)
        digest = digest or file_digest(path)
        return offload.put_file(path, name, digest), digest


def _load(uri: str, offload: Offload) -> Any:
    import torch

    try:
        return torch.load(offload.fetch(uri), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(
            f"{uri} cannot be read without running a pickle's code ({reason}); write it from a task of ours, or annotate al.Pickle[T]",
            code="UNSAFE_FILE",
        ) from error


def _update(digest: Any, name: str, tensor: Any) -> bool:
    """Adds a tensor's content to a digest; False if it is of a layout whose bytes mean nothing by themselves."""
    import torch

    if tensor.layout is not torch.strided or tensor.is_quantized:
        return False
    digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0{tensor.requires_grad}\0".encode())
    flat = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    flat = torch.view_as_real(flat).reshape(-1) if flat.is_complex() else flat
    digest.update(flat.view(torch.uint8).numpy())
    return True


def _compact(tensor: Any) -> Any:
    """The tensor, copied if it shows only part of a larger storage: all of that would be written."""
    if tensor.layout is not sys.modules["torch"].strided or tensor.untyped_storage().nbytes() <= tensor.numel() * tensor.element_size():
        return tensor
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


class TensorConverter(BlobConverter):
    """`torch.Tensor`; read on the CPU, wherever it was written from."""

    tag = "PyTorch Tensor"
    format = "PyTorchTensor"

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts(value):
            raise mismatch("a torch.Tensor", value, "wrap it in torch.as_tensor(…)")
        if value.is_meta:
            raise InvalidInput("a tensor on the meta device has no content to store", code="TYPE_MISMATCH")
        digest = hashlib.sha256(b"tensor\0")
        known = digest.hexdigest() if _update(digest, "", value) else ""
        uri, known = _save(_compact(value), "tensor.pt", known, offload)
        return blob(uri, self.format, known)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        value = _load(uri, offload)
        if not self.accepts(value):
            raise mismatch("a torch.Tensor", value)
        return value

    def accepts(self, value: Any) -> bool:
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(value, torch.Tensor)


class ModuleConverter(BlobConverter):
    """A class derived from `torch.nn.Module`: its state, and the arguments it is built again with.

    Those are the parameters of `__init__`, each kept by the module as an attribute of the same name, as scikit-learn does it.
    """

    tag = "torch.nn.Module"
    format = "torch-state"

    def __init__(self, annotation: Any) -> None:
        super().__init__(annotation)
        parameters = list(inspect.signature(annotation.__init__).parameters.values())[1:]
        variadic = next((one for one in parameters if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)), None)
        if variadic is not None:
            raise DefinitionError(
                f"{type_name(annotation)} cannot be built again from its state: __init__ takes {variadic}; annotate a class of your "
                "own that keeps each parameter as an attribute, return state_dict() as dict[str, torch.Tensor], or write "
                f"al.Pickle[{type_name(annotation)}]",
                code="UNSUPPORTED_TYPE",
            )
        self.parameters = [one.name for one in parameters]

    def build_literal_type(self) -> core.LiteralType:
        made = super().build_literal_type()
        made.metadata.update({"python_class_name": self.annotation.__qualname__})
        return made

    def _arguments(self, module: Any) -> dict[str, Any]:
        found = {}
        for name in self.parameters:
            try:
                found[name] = getattr(module, name)
                if json.loads(json.dumps(found[name])) != found[name]:
                    raise TypeError(name)
            except (AttributeError, TypeError, ValueError):
                raise InvalidInput(
                    f"{type_name(self.annotation)} cannot be built again: its __init__ takes {name!r}, and self.{name} is not there or no "
                    f"plain value; write self.{name} = {name} in __init__, or return state_dict() as dict[str, torch.Tensor]",
                    code="TYPE_MISMATCH",
                ) from None
        return found

    def _build(self, arguments: dict[str, Any], state: Any) -> Any:
        try:
            module = self.annotation(**arguments)
            module.load_state_dict(state, assign=True)
        except (RuntimeError, TypeError, ValueError) as error:
            message = f"{type_name(self.annotation)} built with {arguments} does not take the state that was written: {error}"
            raise InvalidInput(message, code="TYPE_MISMATCH") from error
        return module

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        import torch

        if not self.accepts(value):
            raise mismatch(type_name(self.annotation), value)
        arguments, state = self._arguments(value), dict(value.state_dict())
        with torch.device("meta"):  # what could not be read back is refused here, where it was made
            self._build(arguments, state)
        digest = hashlib.sha256(f"{self.annotation.__qualname__}\0{json.dumps(arguments, sort_keys=True)}\0{value.training}\0".encode())
        is_known = [_update(digest, name, tensor) if isinstance(tensor, torch.Tensor) else False for name, tensor in state.items()]
        held = {"arguments": arguments, "state": state, "training": value.training}
        uri, known = _save(held, "module.pt", digest.hexdigest() if all(is_known) else "", offload)
        return blob(uri, self.format, known)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        held = _load(uri, offload)
        if not isinstance(held, dict) or not held.keys() >= {"arguments", "state", "training"}:
            raise mismatch(f"the state of a {type_name(self.annotation)}", held)
        return self._build(held["arguments"], held["state"]).train(held["training"])

    def accepts(self, value: Any) -> bool:
        return type(value) is self.annotation


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(annotation, type) or not hasattr(torch, "Tensor"):
        return None
    if annotation is torch.Tensor:
        return TensorConverter(annotation)
    if not issubclass(annotation, torch.nn.Module):
        return None
    if annotation is torch.nn.Module:
        raise DefinitionError(
            "torch.nn.Module says nothing about how to build it again; annotate your own class, return state_dict() as "
            "dict[str, torch.Tensor], or write al.Pickle[torch.nn.Module]",
            code="UNSUPPORTED_TYPE",
        )
    return ModuleConverter(annotation)
