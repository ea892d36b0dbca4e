"""A file of the store whose checksum is right is still damaged where it holds what no trial measures."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reproductions.recipes import Probe
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store, outcome_as_data
from reproductions.store.possible import impossible
from reproductions.trials import Outcome, Trial

TRIALS = [Trial(Probe("smoke", "fake", (("index", index),)), 0) for index in range(3)]
PROVENANCE = {"packages": {"torch": "2.13.0"}, "git": {"commit": "abc", "dirty": False}, "torch_threads": 1, "own": [1, {"a": None}]}
OUTCOME = Outcome("diverged", {"loss": 0.5, "level": None, "steps": 3}, {"updates": (1, 2), "loss": (0.5, None)}, 2, 2, 1.5, PROVENANCE)
DATA = json.loads(json.dumps(outcome_as_data(OUTCOME, "it")))

IMPOSSIBLE = [
    (("status",), "done"),
    (("status",), []),
    (("metrics", "loss"), "0.5"),
    (("metrics", "loss"), True),
    (("metrics", "steps"), 10**400),
    (("metrics", "loss"), [0.5]),
    (("curves", "loss"), "12"),
    (("curves", "loss"), 0.5),
    (("curves", "loss", 0), "0.5"),
    (("curves", "updates", 1), -(10**400)),
    (("updates",), 10**400),
    (("updates",), -1),
    (("updates",), 2.0),
    (("updates",), None),
    (("diverged_at",), "2"),
    (("seconds",), -1e308),
    (("seconds",), None),
    (("seconds",), "1.5"),
    (("seconds",), 10**400),
    (("provenance", "git"), ["abc"]),
    (("provenance", "packages"), "torch"),
]


def code(recipe: Any) -> str:
    return "a" * 64


def damage(store: Store, trial: Trial, way: tuple[str | int, ...], value: Any) -> Path:
    """Put ``value`` into a stored file, with the checksum of what is then in it."""
    path = store.path(trial)
    document = json.loads(path.read_text())
    *through, last = way
    functools.reduce(lambda data, key: data[key], through, document["payload"])[last] = value
    canonical = json.dumps(document["payload"], sort_keys=True, separators=(",", ":"))
    document["checksum"] = hashlib.sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, code)
    for trial in TRIALS:
        store.put(trial, OUTCOME)
    return store


def test_what_trials_measure_is_stored_and_comes_back(store: Store) -> None:
    assert [store.get(trial) for trial in TRIALS] == [OUTCOME] * len(TRIALS)
    assert store.verify() == []


@pytest.mark.parametrize(("way", "value"), IMPOSSIBLE)
def test_verify_names_the_field_sets_the_file_aside_and_reads_the_others(store: Store, way: tuple[str | int, ...], value: Any) -> None:
    path = damage(store, TRIALS[1], ("outcome", *way), value)
    (line,) = store.verify()
    field = ".".join(map(str, way[:2] if way[0] in ("curves", "provenance") else way[:1]))
    assert line.startswith(f"{path} holds a value in {field} that no trial has; it was set aside as ")
    assert len(store.entries()) == 2
    assert not path.exists()


@pytest.mark.parametrize("change", [("recipe", []), ("recipe", "x"), ("seed", -1), ("seed", "0"), ("seed", None), ("fingerprint", ["a"])])
def test_verify_sets_aside_what_names_no_trial(store: Store, change: tuple[str, Any]) -> None:
    path = damage(store, TRIALS[1], change[:1], change[1])
    (line,) = store.verify()
    assert line.startswith(f"{path} ")
    assert len(store.entries()) == 2


def test_the_trial_of_such_a_file_counts_as_missing_and_is_measured_anew(store: Store) -> None:
    damage(store, TRIALS[1], ("outcome", "seconds"), -1)
    assert store.get(TRIALS[1]) is None
    assert store.put(TRIALS[1], OUTCOME) == store.get(TRIALS[1]) == OUTCOME
    (line,) = store.reports
    assert "its trial counts as missing, so run it again" in line


@pytest.mark.parametrize(
    "wrong",
    [
        Outcome("converged", {"loss": "0.5"}),  # type: ignore[dict-item]
        Outcome("converged", {"loss": True}),
        Outcome("converged", {"loss": 10**400}),
        Outcome("converged", {}, {"loss": ("0.5",)}),  # type: ignore[dict-item]
        Outcome("converged", {}, seconds=-1.0),
        Outcome("finished", {}),  # type: ignore[arg-type]
    ],
)
def test_what_no_trial_measures_is_refused_before_it_is_stored(store: Store, wrong: Outcome) -> None:
    trial = Trial(Probe("smoke", "fake", (("index", 9),)), 0)
    with pytest.raises(StoreError, match=r"^the outcome of .* that no trial has; return numbers by name"):
        store.put(trial, wrong)
    assert not store.has(trial)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3) | st.just(10**400),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
)
WAYS = [("status",), ("metrics",), ("curves",), ("updates",), ("diverged_at",), ("seconds",), ("metrics", "loss"), ("curves", "loss")]


@given(way=st.sampled_from(WAYS), value=JSON)
@example(way=("curves",), value={"loss": [10**400]})
@settings(deadline=None)
def test_only_numbers_in_range_are_possible(way: tuple[str, ...], value: Any) -> None:
    """Checked against the rule by hand."""

    def number(found: Any) -> bool:
        return found is None or (type(found) in (int, float) and abs(found) <= 1.7976931348623157e308 and not math.isnan(found))

    data = json.loads(json.dumps(DATA))
    functools.reduce(lambda inside, key: inside[key], way[:-1], data)[way[-1]] = value
    try:
        refused = bool(impossible(data))
    except (KeyError, TypeError, AttributeError):
        refused = True
    right = (
        data["status"] in ("converged", "budget", "diverged")
        and isinstance(data["metrics"], dict)
        and all(map(number, data["metrics"].values()))
        and isinstance(data["curves"], dict)
        and all(isinstance(curve, list) and all(map(number, curve)) for curve in data["curves"].values())
        and type(data["updates"]) is int
        and 0 <= data["updates"] < 2**63
        and (data["diverged_at"] is None or (type(data["diverged_at"]) is int and 0 <= data["diverged_at"] < 2**63))
        and data["seconds"] is not None
        and number(data["seconds"])
        and data["seconds"] >= 0
    )
    assert refused == (not right)
