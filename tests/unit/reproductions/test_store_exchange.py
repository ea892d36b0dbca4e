"""Outcomes leave a store as plain data and enter another one unchanged; what is there already stays."""

import json

import pytest

from reproductions.recipe_data import as_data
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.store.exchange import Received, outgoing, receive
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3, 100.0), 32, 10, 2)
CODE = "a" * 64
FIRST, SECOND, THIRD = (Trial(RECIPE, seed) for seed in range(3))
OUTCOME = Outcome("budget", {"mse": 0.1, "level": None}, {"updates": (5, 10)}, 10, None, 1.25, {"git": {"commit": None}})
DIVERGED = Outcome("diverged", {}, {"updates": (5,)}, 7, 7)


def code(recipe):
    return CODE


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "one", code)
    store.put(FIRST, OUTCOME)
    store.put(SECOND, DIVERGED)
    return store


def test_what_goes_out_is_json_with_recipe_seed_fingerprint_and_outcome(store):
    first, second = outgoing(store, [FIRST, FIRST, SECOND, THIRD])  # asked twice, and one that is not there
    assert first["recipe"] == as_data(RECIPE)
    assert (first["seed"], first["fingerprint"], second["seed"], second["outcome"]["status"]) == (0, CODE, 1, "diverged")
    assert json.loads(json.dumps(first)) == first


def test_only_outcomes_of_the_present_code_go_out(store):
    assert outgoing(Store(store.folder, lambda recipe: "b" * 64), [FIRST, SECOND]) == []


def test_what_comes_in_is_what_went_out(store, tmp_path):
    other = Store(tmp_path / "two", code)
    carried = json.loads(json.dumps(outgoing(store, [FIRST, SECOND])))
    assert receive(
        other, [(trial, item["outcome"], item["fingerprint"]) for trial, item in zip((FIRST, SECOND), carried, strict=True)]
    ) == Received(2, 0, 0)
    assert (other.get(FIRST), other.get(SECOND)) == (OUTCOME, DIVERGED)
    assert other.path(FIRST).read_bytes() == store.path(FIRST).read_bytes()


def test_what_is_there_stays_and_is_counted_with_what_differs_beside_its_cost(store, tmp_path):
    (carried,) = (item["outcome"] for item in outgoing(store, [FIRST]))
    slower = {**carried, "seconds": 99.0}
    assert receive(store, [(FIRST, slower, CODE), (SECOND, carried, CODE), (THIRD, carried, CODE)]) == Received(1, 2, 1)
    assert (store.get(FIRST), store.get(SECOND), store.get(THIRD)) == (OUTCOME, DIVERGED, OUTCOME)


def test_a_value_that_json_cannot_hold_is_refused(store):
    with pytest.raises(StoreError, match="holds a complex"):
        receive(store, [(THIRD, {"status": "budget", "metrics": {"a": 1j}, "curves": {}}, CODE)])
