"""`alula-execute`: one attempt over files, as Flyte's container contract wants it.

Reads `inputs.pb`, writes `outputs.pb` or `error.pb` below the output prefix, and exits 0 either way: the file is the
verdict, an exit code other than 0 means the attempt could not even say what went wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from alula.idl import core
from alula.idl.v1 import worker_pb2
from alula.objectstore import store
from alula.worker.call import run
from alula.worker.failure import error_document


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alula-execute", description="Run one attempt of an Alula task over files.")
    parser.add_argument("--inputs", required=True, help="URI of inputs.pb")
    parser.add_argument("--output-prefix", required=True, help="URI of the folder for outputs.pb or error.pb")
    parser.add_argument("--raw-output-data-prefix", default="", help="URI of the folder for offloaded data")
    parser.add_argument("--checkpoint-path", default="", help="URI of the folder for this attempt's checkpoint")
    parser.add_argument("--prev-checkpoint", default="", help="URI of the previous attempt's checkpoint")
    parser.add_argument("--bundle", default="", help="URI of the code bundle, empty if the code is installed")
    parser.add_argument("--task", required=True, help="module:qualified.name")
    return parser


def _item() -> int:
    """Index in an array node, -1 for an ordinary task."""
    return int(os.environ.get(os.environ.get("BATCH_JOB_ARRAY_INDEX_VAR_NAME", "") or "FLYTE_K8S_ARRAY_INDEX", "-1"))


def _optional(uri: str) -> str:
    # Flyte's engine renders a placeholder it has no value for as two quotes.
    return "" if uri == '""' else uri


def attempt_of(arguments: argparse.Namespace, inputs: bytes) -> worker_pb2.Attempt:
    """The attempt that the command line and Flyte's environment variables describe."""
    env = os.environ
    return worker_pb2.Attempt(
        task=arguments.task,
        inputs=inputs,
        output_prefix=arguments.output_prefix,
        raw_output_prefix=_optional(arguments.raw_output_data_prefix),
        checkpoint=_optional(arguments.checkpoint_path),
        prev_checkpoint=_optional(arguments.prev_checkpoint),
        project=env.get("FLYTE_INTERNAL_EXECUTION_PROJECT", ""),
        domain=env.get("FLYTE_INTERNAL_EXECUTION_DOMAIN", ""),
        execution=env.get("FLYTE_INTERNAL_EXECUTION_ID", ""),
        node=env.get("FLYTE_INTERNAL_NODE_ID", ""),
        retry_attempt=int(env.get("FLYTE_ATTEMPT_NUMBER", "0") or 0),
        item=_item(),
        is_item_sliced=True,  # the array node of our tasks says INDIVIDUAL_INPUT_FILES
        bundle=_optional(arguments.bundle),
        task_name=env.get("FLYTE_INTERNAL_TASK_NAME", ""),
        task_version=env.get("FLYTE_INTERNAL_TASK_VERSION", ""),
        inline_limit_bytes=2**31,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The console script; always returns 0 once the verdict is written."""
    arguments = _parser().parse_args(argv)
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # an installed image runs in the folder of its code
    prefix = arguments.output_prefix.rstrip("/")
    try:
        inputs = store.get_bytes(arguments.inputs)
        core.LiteralMap.FromString(inputs)
    except Exception as error:  # noqa: BLE001 - the boundary of the attempt: the engine learns of it by error.pb
        store.put_bytes(error_document(error).SerializeToString(), f"{prefix}/error.pb")
        return 0
    report = run(attempt_of(arguments, inputs))
    if report.HasField("update"):
        sys.stderr.write("alula: this environment has no channel to a server; metrics, parameters and progress are not recorded\n")
    if report.error:
        document = core.ErrorDocument.FromString(report.error)
        sys.stderr.write(document.error.message + "\n")
        store.put_bytes(report.error, f"{prefix}/error.pb")
    elif not report.outputs_uri:
        store.put_bytes(report.outputs, f"{prefix}/outputs.pb")
    return 0
