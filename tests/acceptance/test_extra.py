"""Decks, checkpoints, secrets, commands that are not Python, images, and orchestration in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest


def test_deck_is_read_through_a_signed_link(run: Any, raw: Any) -> None:
    execution = run.succeed("programs.extras.decks", {"n": 3})
    node = execution.node_executions["n0"]
    assert node.closure.deck_uri
    link = _deck_link(raw, node)
    with urlopen(link) as page:
        assert b"a picture of the number" in page.read()


def _deck_link(raw: Any, node: Any) -> str:
    from flyteidl.service import dataproxy_pb2

    request = dataproxy_pb2.CreateDownloadLinkRequest(
        artifact_type=dataproxy_pb2.ARTIFACT_TYPE_DECK, node_execution_id=node.id.to_flyte_idl()
    )
    return str(raw._dataproxy_stub.CreateDownloadLink(request).pre_signed_urls.signed_url[0])


def test_checkpoint_reaches_the_next_attempt(run: Any) -> None:
    assert run.succeed("programs.extras.checkpoints").outputs["o0"] == 42


def test_secrets_from_the_servers_environment_and_from_its_files(run: Any) -> None:
    found = run.succeed("programs.extras.secrets").outputs
    assert (found["o0"], found["o1"]) == ("open-sesame", "from a file")


def test_shell_task(run: Any, tmp_path: Path) -> None:
    from flytekit.types.file import FlyteFile

    source = tmp_path / "in.txt"
    source.write_text("from the file")
    execution = run.succeed(
        "programs.extras.shelling", {"word": "hello", "file": FlyteFile(str(source))}, type_hints={"word": str, "file": FlyteFile}
    )
    text = Path(execution.outputs.get("o0", FlyteFile).download()).read_text()
    assert text.split("\n") == ["hello", "from the file"]


def test_raw_command_runs_as_a_process(run: Any) -> None:
    run.succeed("programs.extras.raw_command", {"word": "plainly"})


def test_raw_command_with_files_for_inputs_and_outputs(run: Any) -> None:
    assert run.succeed("programs.extras.raw_command_with_files", {"word": "copied"}).outputs["o0"] == "copied"


@pytest.mark.slow
def test_eager(run: Any) -> None:
    task = run.remote.fetch_task(name="programs.extras.orchestrate", version=run.version)
    execution = run.finish(run.remote.execute(task, inputs={"x": 3}))
    assert execution.outputs["o0"] == 14, execution.error


def test_task_knows_where_it_runs(run: Any) -> None:
    execution = run.succeed("programs.extras.contexts")
    facts = execution.outputs["o0"]
    assert facts["execution"] == execution.id.name
    assert facts["project"] == "default"
    assert facts["task"] == "programs.extras.context_facts"
    assert execution.id.name in facts["raw"]


def test_resources(run: Any) -> None:
    assert run.succeed("programs.extras.resources", {"x": 3}).outputs["o0"] == 4


def test_unknown_image_runs_in_the_default_environment_and_says_so(run: Any, server: Any) -> None:
    task = run.remote.fetch_task(name="programs.graphs.in_image", version=run.version)
    execution = run.finish(run.remote.execute(task, inputs={"x": 3}))
    assert execution.outputs["o0"] == 4
    (attempt,) = next(n for k, n in execution.node_executions.items() if k not in ("start-node", "end-node")).task_executions
    assert attempt.closure.logs
    with urlopen(attempt.closure.logs[0].uri) as page:
        assert b'image "example.org/somewhere:1" is not mapped' in page.read()


def test_imports_under_an_image_spec_are_there(run: Any) -> None:
    task = run.remote.fetch_task(name="programs.guarded.root", version=run.version)
    execution = run.finish(run.remote.execute(task, inputs={"x": 9.0}))
    assert execution.outputs["o0"] == 3.0, execution.error
