"""Generates the `alula.v1` Python modules and stubs from their .proto files.

flyteidl and googleapis ship Python modules but no .proto sources, so their descriptors are taken from the installed
packages and handed to protoc as a descriptor set. Usage: python scripts/generate_idl.py [OUTPUT_FOLDER]
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = [f"alula/idl/v1/{name}.proto" for name in ("cache", "code", "metric", "worker", "source", "service", "browse", "gate")]
ROOTS = ["flyteidl.service.admin_pb2", "google.api.annotations_pb2", "google.protobuf.timestamp_pb2"]


def add(file: FileDescriptor, into: FileDescriptorSet, seen: set[str]) -> None:
    """Adds a file after everything it imports."""
    if file.name in seen:
        return
    seen.add(file.name)
    for dependency in file.dependencies:
        add(dependency, into, seen)
    file.CopyToProto(into.file.add())


def main() -> int:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "src"
    output.mkdir(parents=True, exist_ok=True)
    descriptors, seen = FileDescriptorSet(), set[str]()
    for name in ROOTS:
        add(importlib.import_module(name).DESCRIPTOR, descriptors, seen)
    with tempfile.NamedTemporaryFile(suffix=".binpb") as file:
        file.write(descriptors.SerializeToString())
        file.flush()
        return protoc.main(
            [
                "protoc",
                f"--proto_path={ROOT / 'src'}",
                f"--descriptor_set_in={file.name}",
                f"--python_out={output}",
                f"--grpc_python_out={output}",
                f"--mypy_out=quiet:{output}",
                *PROTOS,
            ]
        )


if __name__ == "__main__":
    sys.exit(main())
