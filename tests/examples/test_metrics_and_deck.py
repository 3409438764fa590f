from __future__ import annotations

from pathlib import Path

import pytest
from tests.examples.conftest import EXAMPLES, Alula

from alula.client.sync import Client
from alula.errors import NotFound


def test_what_it_logs_is_on_record_and_its_page_can_be_fetched(
    alula: Alula, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = alula("run", EXAMPLES / "metrics_and_deck.py", "fit", "--epochs", 120, "--name", "fitted")
    assert done.code == 0, done.err
    assert '"slope": 3' in done.out or '"slope": 2.9' in done.out
    shown = alula("get", "execution", "fitted", "--metrics").out
    assert next(line.split() for line in shown.splitlines() if "loss" in line)[-1] == "120"
    assert "samples" in shown
    assert alula("get", "deck", "fitted", "n0").out == "fitted-n0.html\n"
    page = (tmp_path / "fitted-n0.html").read_text()
    assert "A line through 100 points" in page
    assert "data:image/svg+xml;base64," in page
    assert "epoch done epoch=99 loss=" in alula("logs", "fitted", "n0").out
    execution = client.execution("fitted")
    (train,) = [view for view in execution.nodes if view.id == "n0"]
    assert train.deck.endswith("/n0/data/0/deck.html")
    assert execution.deck("n0") == page
    (said,) = execution.metrics()
    assert (said.place, said.parameters["samples"], said.metrics["loss"].points, said.progress) == ("n0", 100, 120, (120, 120, "fitting"))
    with pytest.raises(NotFound, match="end-node wrote no deck; those that did: n0"):
        execution.deck("end-node")
    losses = client.execution("fitted").series("n0", "loss")
    assert [point.step for point in losses] == list(range(120))
    assert losses[0].value > losses[-1].value
