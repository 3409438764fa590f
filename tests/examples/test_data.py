"""The examples that work on data: frames, the cache, drift, SQL, PyTorch."""

from __future__ import annotations

import json

import pytest
from tests.examples.conftest import EXAMPLES, Alula

from alula.client.sync import Client


def test_sales_are_cleaned_aggregated_and_cached(alula: Alula, client: Client) -> None:
    first = alula("run", EXAMPLES / "sales.py", "sales", "--weeks", "3", "--json")
    assert first.code == 0, first.err
    document = json.loads(first.out)
    assert [part.split(":")[0] for part in document["outputs"]["o0"].split("; ")] == ["north", "online", "south"]
    assert "<table" in client.execution(document["execution"]).deck("report")
    again = json.loads(alula("run", EXAMPLES / "sales.py", "sales", "--weeks", "3", "--json").out)
    assert {each.name for each in client.execution(again["execution"]).reuse if each.computed} == {"report"}


def test_the_cache_looks_at_content(alula: Alula, client: Client) -> None:
    done = alula("run", EXAMPLES / "caching.py", "words", "--text", "a b a", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["outputs"] == {"o0": "a × 2", "o1": "a × 2"}
    counts = [each for each in client.execution(document["execution"]).reuse if each.name == "count"]
    assert sum(each.computed for each in counts) == 1 and sum(each.cached for each in counts) == 1


@pytest.mark.parametrize(("shift", "said", "ran"), [("0.0", "kept: index 0.0", "keep"), ("1.5", "retrained on 1000 values", "retrain")])
def test_a_drifted_model_is_trained_again(alula: Alula, client: Client, shift: str, said: str, ran: str) -> None:
    done = alula("run", EXAMPLES / "drift.py", "watch", "--shift", shift, "--name", f"drift-{ran}")
    assert done.code == 0 and said in done.out, done.err
    names = {view.name for view in client.execution(f"drift-{ran}").nodes}
    assert ran in names and len({"keep", "retrain"} & names) == 1


def test_a_query_is_a_task(alula: Alula) -> None:
    done = alula("run", EXAMPLES / "sql_report.py", "top_customers", "--least", "50")
    assert (done.code, done.out) == (0, '["Bea: 75.50 in 2 orders", "Ada: 75.00 in 3 orders"]\n'), done.err


def test_a_training_that_dies_goes_on_from_its_checkpoint(alula: Alula, client: Client) -> None:
    pytest.importorskip("torch")
    done = alula("run", EXAMPLES / "torch_training.py", "fit", "--epochs", "6", "--die-at", "3", "--name", "torch")
    assert (done.code, done.out) == (0, "y = 3.00 x + 1.00\n"), done.err
    assert "attempt 1 goes on with epoch 3" in "".join(client.execution("torch").logs("train"))
