"""Raw containers without a container: the command runs as a process, its inputs and outputs are files in folders of its own.

What a sidecar does in a cluster: every input is a file under `data_config.input_path`, all of them together are `inputs.json`,
`.yaml` or `.pb`, and every output is a file under `data_config.output_path`. Here both paths stand for folders of the attempt,
so they are replaced where the command names them.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.literal import parse_text, to_json, to_text
from alula.idl.v1 import worker_pb2
from alula.objectstore import store
from alula.objectstore.location import join

TEMPLATE, INPUTS = "ALULA_TASK_TEMPLATE", "ALULA_INPUTS"
_YAML = core.DataLoadingConfig.YAML
_JSON = core.DataLoadingConfig.JSON


def run(args: list[str], attempt: worker_pb2.Attempt) -> int:
    """Runs the command; if it ends well, its outputs are collected. The exit code.

    Raises:
        NotFound: an output that the task declares was not written. InvalidInput: it is no value of its type.
    """
    template = core.TaskTemplate.FromString(store.get_bytes(attempt.env[TEMPLATE]))
    inputs = core.LiteralMap.FromString(store.get_bytes(attempt.env[INPUTS]))
    config = template.container.data_config
    with tempfile.TemporaryDirectory(dir=attempt.work_dir, prefix="raw-") as folder:
        read, write = Path(folder) / "inputs", Path(folder) / "outputs"
        read.mkdir()
        write.mkdir()
        _lay_out(inputs, read, config.format)
        for path, stands_for in ((config.output_path, write), (config.input_path, read)):
            if path:
                args = [arg.replace(path.rstrip("/"), str(stands_for)) for arg in args]
        code = subprocess.run(args, check=False, stdin=subprocess.DEVNULL).returncode
        if code == 0:
            outputs = _collect(template.interface, write, attempt.raw_output_prefix)
            store.put_bytes(outputs.SerializeToString(), join(attempt.output_prefix, "outputs.pb"))
    return code


def _lay_out(inputs: core.LiteralMap, folder: Path, format_: int) -> None:
    for name, literal in inputs.literals.items():
        target = folder / name
        blob = literal.scalar.blob if literal.scalar.WhichOneof("value") == "blob" else None
        if blob is None:
            target.write_text(_text(literal))
        elif blob.metadata.type.dimensionality == core.BlobType.MULTIPART:
            for uri in store.list_prefix(blob.uri):
                store.get_file(uri, target / uri.removeprefix(blob.uri).lstrip("/"))
        else:
            store.get_file(blob.uri, target)
    if format_ in (_JSON, _YAML):  # every JSON document is YAML
        values = {name: to_json(literal) for name, literal in inputs.literals.items()}
        (folder / f"inputs.{'json' if format_ == _JSON else 'yaml'}").write_text(json.dumps(values))
    else:
        (folder / "inputs.pb").write_bytes(inputs.SerializeToString())


def _text(literal: core.Literal) -> str:
    return to_text(literal) if literal.WhichOneof("value") == "scalar" else json.dumps(to_json(literal))


def _collect(interface: core.TypedInterface, folder: Path, raw_prefix: str) -> core.LiteralMap:
    found = core.LiteralMap()
    for name, variable in interface.outputs.variables.items():
        source = folder / name
        if not source.exists():
            raise NotFound(f'the command ended but left no output "{name}"; it must write it to a file of that name in its output folder')
        found.literals[name].CopyFrom(_literal(name, variable.type, source, join(raw_prefix, name)))
    return found


def _literal(name: str, type_: Any, source: Path, uri: str) -> core.Literal:
    if type_.WhichOneof("type") == "blob":
        if source.is_dir():
            for path in source.rglob("*"):
                if path.is_file():
                    store.put_file(path, join(uri, path.relative_to(source).as_posix()))
        else:
            store.put_file(source, uri)
        return core.Literal(scalar=core.Scalar(blob=core.Blob(uri=uri, metadata=core.BlobMetadata(type=type_.blob))))
    try:
        text = source.read_text()
    except (UnicodeDecodeError, IsADirectoryError) as e:
        raise InvalidInput(f'output "{name}": expected a text file: {e}') from e
    if type_.simple != core.SimpleType.STRING:
        text = text.strip()
    return parse_text(text, type_, f'output "{name}"')
