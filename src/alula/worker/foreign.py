"""Container commands that are not ours, run as a container would run them, but warm where the command is Python.

A console script of this environment (`pyflyte-execute`, `pyflyte-map-execute`, …) is called inside the worker: milliseconds
instead of an interpreter start. `pyflyte-fast-execute` fetches code and then starts `pyflyte-execute` in a new interpreter; here
the code is unpacked once per worker and the inner command is called directly. Anything else is a plain subprocess.
The truth about the result is which file the command left under its output prefix.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import time
import traceback
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from alula.errors import AlulaError, InvalidInput, NotFound
from alula.idl import core
from alula.idl.v1 import worker_pb2
from alula.objectstore import store
from alula.worker import environment, raw

FAST = "pyflyte-fast-execute"
_unpacked: dict[str, str] = {}
_commands: dict[str, Any] = {}


def run(attempt: worker_pb2.Attempt) -> worker_pb2.Report:
    """Runs the command and reads its result; every failure becomes an error document."""
    report = worker_pb2.Report()
    begin = time.monotonic_ns()
    code = 0
    try:
        with _environment(dict(attempt.env) | environment.secrets_of(attempt)):
            args = _prepare(list(attempt.args), Path(attempt.work_dir))
            report.times.import_us = (time.monotonic_ns() - begin) // 1000
            begin = time.monotonic_ns()
            code = raw.run(args, attempt) if raw.TEMPLATE in attempt.env else _call(args)
    except AlulaError as e:
        report.error = _document(e.code, e.message, is_system=e.kind == "SYSTEM")
    except Exception as e:  # noqa: BLE001 - the boundary of an attempt: whatever the command raises is its result
        traceback.print_exc()
        report.error = _document(f"USER:{type(e).__name__}", traceback.format_exc())
    report.times.run_us = (time.monotonic_ns() - begin) // 1000
    if not report.error:
        _collect(report, attempt, code)
    return report


def _prepare(args: list[str], work_dir: Path) -> list[str]:
    """Changes to the worker's folder, unpacks the command's code, and leaves the command that really runs."""
    work_dir.mkdir(parents=True, exist_ok=True)
    if Path.cwd() != work_dir:
        os.chdir(work_dir)
    if str(work_dir) not in sys.path:
        sys.path.insert(0, str(work_dir))
    if not args or Path(args[0]).name != FAST or "--" not in args:
        return args
    split = args.index("--")
    head, rest = args[1:split], args[split + 1 :]
    options = dict(zip(head[::2], head[1::2], strict=False))
    distribution, dest = options.get("--additional-distribution", ""), options.get("--dest-dir", ".")
    _unpack(distribution, dest, work_dir)
    # As it was given: commands of the tasks that a dynamic task makes carry it on.
    return [*rest, "--dynamic-addl-distro", distribution, "--dynamic-dest-dir", dest]


def _unpack(uri: str, dest: str, work_dir: Path) -> None:
    """Puts the code where a container's working directory would have it: an absolute folder means an image's, so it is the worker's."""
    target = work_dir if Path(dest).is_absolute() else (work_dir / dest).resolve()
    if _unpacked.get(uri) == str(target):
        return
    if not target.is_relative_to(work_dir.resolve()):
        raise InvalidInput(f'--dest-dir "{dest}" leads out of the working directory; give one inside it, or an absolute one')
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(store.get_bytes(uri))) as archive:
        _extract(archive, target)
    _unpacked[uri] = str(target)
    if str(target) not in sys.path:
        sys.path.insert(0, str(target))


def _extract(archive: tarfile.TarFile, target: Path) -> None:
    """Unpacks files, folders and links that stay inside; the standard filter for this came only with Python 3.11.4.

    Raises:
        InvalidInput: a member that leads out of the folder, or a device.
    """
    root = target.resolve()
    for member in archive:
        place = (root / member.name).resolve()
        leads_to = place
        if member.issym():
            leads_to = (place.parent / member.linkname).resolve()
        elif member.islnk():
            leads_to = (root / member.linkname).resolve()
        elif not (member.isfile() or member.isdir()):
            raise InvalidInput(f'code archive: "{member.name}" is neither file, folder nor link; register the code again')
        if not place.is_relative_to(root) or not leads_to.is_relative_to(root):
            raise InvalidInput(f'code archive: "{member.name}" leads out of its folder; register the code again')
        archive.extract(member, root)


def _call(args: list[str]) -> int:
    name = Path(args[0]).name if args else ""
    command = _commands.get(name)
    if command is None:
        found = list(entry_points(group="console_scripts", name=name)) if name else []
        if not found:
            return subprocess.run(args, check=False, stdin=subprocess.DEVNULL).returncode
        command = _commands[name] = found[0].load()
    _forget_graphs()
    _recognise_images()
    before = sys.argv
    sys.argv = args
    try:
        command()
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    finally:
        sys.argv = before
    return 0


def _forget_graphs() -> None:
    """Drops the graphs that dynamic tasks built before: flytekit keeps them on the task, and would answer with an earlier attempt's."""
    module = sys.modules.get("flytekit.core.context_manager")
    if module is None:
        return
    entities = module.FlyteEntities.entities
    for entity in [e for e in entities if getattr(e, "_wf", None) is not None and hasattr(e, "dynamic_execute")]:
        graph, entity._wf = entity._wf, None
        entities[:] = [e for e in entities if e is not graph]


def _recognise_images() -> None:
    """Lets `ImageSpec.is_container()` hold in the environment that stands for an image; what is imported under it is missing otherwise."""
    module = sys.modules.get("flytekit.image_spec.image_spec")
    if module is None or hasattr(module.ImageSpec, "alula_original"):
        return
    original = module.ImageSpec.alula_original = module.ImageSpec.is_container
    module.ImageSpec.is_container = lambda spec: original(spec) or _stands_for(spec, os.environ.get("FLYTE_INTERNAL_IMAGE", ""))


def _stands_for(spec: Any, image: str) -> bool:
    repository = f"{spec.registry}/{spec.name}" if spec.registry else spec.name
    # Not the tag: it hashes what lay around the spec when it was registered. "noop" builds nothing: the image is its base.
    return image.rpartition(":")[0] == repository or image == spec.base_image


@contextlib.contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _collect(report: worker_pb2.Report, attempt: worker_pb2.Attempt, code: int) -> None:
    prefix = attempt.output_prefix.rstrip("/")
    error = _read(f"{prefix}/error.pb")
    if error is not None:
        report.error = error
        return
    futures = _read(f"{prefix}/futures.pb")
    outputs = _read(f"{prefix}/outputs.pb")
    if futures is not None:
        report.futures = futures
    elif outputs is None:
        if code:
            message = f"the command ended with exit code {code} and left no outputs.pb, error.pb or futures.pb; its log says more"
            report.error = _document("NonZeroExitCode", message, is_recoverable=True)
        else:
            message = f"the command left no outputs.pb, error.pb or futures.pb under {prefix}"
            report.error = _document("OutputsNotFound", message, is_recoverable=True)
    elif len(outputs) > attempt.inline_limit_bytes:
        report.outputs_uri = f"{prefix}/outputs.pb"
    else:
        report.outputs, report.has_outputs = outputs, True
    deck = f"{prefix}/deck.html"
    if store.exists(deck):
        report.deck_uri = deck


def _read(uri: str) -> bytes | None:
    try:
        return store.get_bytes(uri)
    except NotFound:
        return None


def _document(code: str, message: str, *, is_recoverable: bool = False, is_system: bool = False) -> bytes:
    kind = core.ContainerError.RECOVERABLE if is_recoverable else core.ContainerError.NON_RECOVERABLE
    origin = core.ExecutionError.SYSTEM if is_system else core.ExecutionError.USER
    return core.ErrorDocument(error=core.ContainerError(code=code, message=message, kind=kind, origin=origin)).SerializeToString()
