"""The store gives back what was put, trusts nothing that is damaged, and loses nothing."""

import errno
import hashlib
import json
import math
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproductions import user_folders
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.store import outcomes as store_module
from reproductions.store.files import StoreError, write_atomically
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3, 100.0), 32, 10, 2)
TRIAL = Trial(RECIPE, 3)
OUTCOME = Outcome(
    "budget",
    {"mse": 0.1, "updates_to_level": None},
    {"updates": (5, 10), "test_mse": (0.2, None)},
    updates=10,
    seconds=1.25,
    provenance={"git": {"commit": None, "dirty": True}, "threads": 1},
)


def code_of_today(recipe):
    return "a" * 64


def code_of_tomorrow(recipe):
    return "b" * 64


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", code_of_today)


def one_line(text):
    return "\n" not in text and len(text) > 20


# --- What is put comes back ---


def test_an_outcome_comes_back_equal_from_another_process_view(store):
    assert store.get(TRIAL) is None
    assert store.put(TRIAL, OUTCOME) == OUTCOME
    assert Store(store.folder, code_of_today).get(TRIAL) == OUTCOME
    assert not store.reports


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    metrics=st.dictionaries(st.text(max_size=5), st.one_of(st.none(), finite)),
    curve=st.lists(st.one_of(st.none(), finite), max_size=5).map(tuple),
    seconds=st.floats(0, allow_infinity=False),
    status=st.sampled_from(["converged", "budget", "diverged"]),
    diverged_at=st.one_of(st.none(), st.integers(0, 2**63 - 1)),
)
def test_every_finite_outcome_survives_the_round_trip(tmp_path_factory, metrics, curve, seconds, status, diverged_at):
    outcome = Outcome(status, metrics, {"curve": curve}, 7, diverged_at, seconds)
    with tempfile.TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        store = Store(folder, code_of_today)
        store.put(TRIAL, outcome)
        assert store.get(TRIAL) == outcome


def test_a_file_carries_schema_checksum_recipe_seed_fingerprint_and_outcome(store):
    store.put(TRIAL, OUTCOME)
    document = json.loads(store.path(TRIAL).read_text())
    payload = document["payload"]
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    assert document["schema"] == 1
    assert document["checksum"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert payload["recipe"]["task"] == {"kind": "Adding", "length": 50, "train_size": 100, "test_size": 10}
    assert (payload["seed"], payload["fingerprint"]) == (3, "a" * 64)
    assert payload["outcome"]["provenance"]["git"] == {"commit": None, "dirty": True}


def test_nan_and_infinity_are_written_as_none(store):
    outcome = Outcome("diverged", {"loss": math.nan, "worst": -math.inf}, {"loss": (1.0, math.inf)}, 2, 2)
    written = store.put(TRIAL, outcome)
    assert written.metrics == {"loss": None, "worst": None}
    assert written.curves == {"loss": (1.0, None)}
    assert store.get(TRIAL) == written
    assert not {"NaN", "Infinity"} & set(store.path(TRIAL).read_text().replace("-", ",").replace(":", ",").split(","))


def test_numbers_of_numpy_are_written_as_plain_numbers(store):
    written = store.put(TRIAL, Outcome("budget", {"a": np.float32(0.5), "b": np.float64(0.1)}, {"updates": (np.int64(4),)}))
    assert written.metrics == {"a": 0.5, "b": 0.1}
    assert store.get(TRIAL) == written


def test_a_value_that_json_cannot_hold_is_refused_by_name(store):
    with pytest.raises(StoreError, match=r"adding T=50 rin 1-100 seed 3 holds a complex") as caught:
        store.put(TRIAL, Outcome("budget", {"a": 1j}))
    assert one_line(str(caught.value))
    assert store.get(TRIAL) is None


def test_the_first_outcome_of_a_trial_is_kept(store):
    store.put(TRIAL, OUTCOME)
    before = store.path(TRIAL).read_bytes()
    assert store.put(TRIAL, Outcome("converged", {"mse": 0.0})) == OUTCOME
    assert store.path(TRIAL).read_bytes() == before


def test_an_outcome_of_equivalent_code_counts_and_keeps_its_fingerprint(store):
    store.put(TRIAL, OUTCOME)
    later = Store(store.folder, code_of_tomorrow, {"b" * 64: ("c" * 64, "a" * 64)})
    assert (later.get(TRIAL), later.has(TRIAL), later.of_other_code(TRIAL)) == (OUTCOME, True, [])
    assert later.entry(TRIAL).fingerprint == "a" * 64
    assert later.put(TRIAL, Outcome("converged", {"mse": 0.0})) == OUTCOME  # the first one is kept
    assert [entry.fingerprint for entry in later.entries()] == ["a" * 64]
    assert not later.is_of_other_code(later.entry(TRIAL))
    assert Store(store.folder, code_of_tomorrow).get(TRIAL) is None
    assert Store(store.folder, code_of_tomorrow).is_of_other_code(later.entry(TRIAL))
    assert Store(store.folder, lambda recipe: "a" * 64, {"b" * 64: ("a" * 64,)}).get(Trial(RECIPE, 4)) is None


def test_the_present_code_s_outcome_comes_before_one_of_equivalent_code_and_a_damaged_one_gives_way(store):
    store.put(TRIAL, OUTCOME)
    Store(store.folder, code_of_tomorrow).put(TRIAL, Outcome("budget", {"mse": 0.2}))
    later = Store(store.folder, code_of_tomorrow, {"b" * 64: ("a" * 64,)})
    assert later.get(TRIAL).metrics == {"mse": 0.2}
    later.path(TRIAL).write_text("{")
    assert later.get(TRIAL) == OUTCOME
    assert len(later.reports) == 1


def test_an_outcome_may_be_put_under_the_equivalent_code_that_made_it(store):
    later = Store(store.folder, code_of_tomorrow, {"b" * 64: ("a" * 64,)})
    later.put(TRIAL, OUTCOME, "a" * 64)
    assert not later.path(TRIAL).exists()
    assert (later.get(TRIAL), store.get(TRIAL)) == (OUTCOME, OUTCOME)


def test_seeds_recipes_and_code_have_their_own_entries(store):
    probe = Trial(Probe("smoke", "identity", (("cell", "rin"),)), 3)
    tomorrow = Store(store.folder, code_of_tomorrow)
    store.put(TRIAL, OUTCOME)
    assert [store.get(Trial(RECIPE, 4)), store.get(probe), tomorrow.get(TRIAL)] == [None, None, None]
    store.put(probe, Outcome("converged", {"error": 1e-16}))
    tomorrow.put(TRIAL, Outcome("budget", {"mse": 0.2}))
    assert store.get(TRIAL) == OUTCOME
    entries = store.entries()
    assert {(entry.seed, entry.fingerprint[0], entry.recipe["kind"]) for entry in entries} == {
        (3, "a", "Training"),
        (3, "b", "Training"),
        (3, "a", "Probe"),
    }
    assert not store.reports
    assert store.status()["entries"] == 3


# --- What is damaged ---


def rewrite(path, **changes):
    """Changes the payload and makes the checksum right again, as a foreign program would."""
    document = json.loads(path.read_text())
    document["payload"] |= changes
    canonical = json.dumps(document["payload"], sort_keys=True, separators=(",", ":"))
    document["checksum"] = hashlib.sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(document))


def another_schema(path):
    path.write_text(path.read_text().replace('"schema":1', '"schema":2'))


DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "deeply nested": lambda path: path.write_bytes(b"[" * 100_000),
    "foreign object": lambda path: path.write_text('{"hello": "world"}'),
    "foreign list": lambda path: path.write_text("[1, 2]"),
    "NaN": lambda path: path.write_text(path.read_text().replace("1.25", "NaN")),
    "edited number": lambda path: path.write_text(path.read_text().replace("1.25", "1.26")),
    "payload of another shape": lambda path: rewrite(path, outcome={"status": "budget"}),
    "unknown field": lambda path: rewrite(path, outcome={"status": "budget", "metrics": {}, "curves": {}, "colour": "red"}),
    "payload gone": lambda path: path.write_text('{"schema": 1, "checksum": "", "payload": null}'),
    "another seed": lambda path: rewrite(path, seed=4),
    "another code": lambda path: rewrite(path, fingerprint="b" * 64),
    "another code with the same first digits": lambda path: rewrite(path, fingerprint="a" * 63 + "b"),
    "another recipe": lambda path: rewrite(path, recipe={"kind": "Training"}),
    "future schema": another_schema,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_entry_is_set_aside_reported_and_made_anew(store, damage):
    path = store.path(TRIAL)
    store.put(TRIAL, OUTCOME)
    damage(path)
    damaged = path.read_bytes()
    assert store.get(TRIAL) is None
    assert not path.exists()
    aside = store.folder / "set-aside" / f"{path.name}.0"
    assert aside.read_bytes() == damaged
    assert path.name in aside.with_name(aside.name + ".reason").read_text()
    assert len(store.reports) == 1
    assert one_line(store.reports[0])
    assert str(path) in store.reports[0]
    assert store.put(TRIAL, OUTCOME) == store.get(TRIAL) == OUTCOME


def test_a_flipped_bit_is_never_trusted(store):
    path = store.path(TRIAL)
    store.put(TRIAL, OUTCOME)
    content = path.read_bytes()
    for position in range(0, len(content), 11):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        assert store.get(TRIAL) is None, position
        path.write_bytes(content)
    assert store.get(TRIAL) == OUTCOME


def test_damage_twice_keeps_both_files(store):
    for _ in range(2):
        store.put(TRIAL, OUTCOME)
        store.path(TRIAL).write_text("{}")
        assert store.get(TRIAL) is None
    assert store.status()["set_aside"] == 2


def test_verify_names_each_damaged_entry_and_leaves_the_sound_ones(store):
    for seed in range(3):
        store.put(Trial(RECIPE, seed), OUTCOME)
    store.path(Trial(RECIPE, 1)).write_text("{}")
    (store.folder / "outcomes" / "holiday.json").write_text('{"photo": 1}')
    assert len(store.verify()) == 2
    assert store.verify() == []
    assert [entry.seed for entry in store.entries()] == [0, 2]


def test_putting_over_a_damaged_entry_sets_it_aside(store):
    store.put(TRIAL, OUTCOME)
    store.path(TRIAL).write_text("{}")
    assert store.put(TRIAL, Outcome("converged", {"mse": 0.0})).status == "converged"
    assert len(store.reports) == 1


# --- Folders and disks that refuse ---


def test_a_store_that_is_a_file_or_lies_under_one_is_refused_with_a_remedy(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for folder in (file, file / "store"):
        with pytest.raises(StoreError, match=r"--claims-store=DIR or RIN_CLAIMS_STORE") as caught:
            Store(folder, code_of_today)
        assert str(folder) in str(caught.value)
        assert one_line(str(caught.value))


def test_a_read_only_store_is_refused_with_a_remedy(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(StoreError, match=r"Permission denied.*--claims-store=DIR"):
        Store(tmp_path, code_of_today)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_is_named_and_nothing_is_lost(store, monkeypatch, step):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store.put(TRIAL, OUTCOME)
    other = Trial(RECIPE, 4)
    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, step, full)
        with pytest.raises(StoreError, match=r"No space left on device.*make room") as caught:
            store.put(other, OUTCOME)
    assert one_line(str(caught.value))
    assert [path.name for path in (store.folder / "outcomes").iterdir()] == [store.path(TRIAL).name]
    assert store.get(TRIAL) == OUTCOME
    assert store.put(other, OUTCOME) == store.get(other)


def test_a_crash_during_a_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def crash(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_the_default_folder_is_the_environment_s_or_the_user_s(monkeypatch, tmp_path):
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path))
    assert Store.default_folder() == tmp_path
    monkeypatch.setenv("RIN_CLAIMS_STORE", "")
    monkeypatch.setattr(user_folders.platformdirs, "user_data_path", lambda name: tmp_path / name)
    assert Store.default_folder() == tmp_path / "rin-claims" / "store"


@pytest.mark.parametrize("older", [True, False])
def test_without_a_home_folder_the_default_folder_is_refused_in_one_line_with_the_options(monkeypatch, older):
    def homeless(name):
        if older:  # what platformdirs made of it before it raised the error itself
            return Path("~/.local/share") / name
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(user_folders.platformdirs, "user_data_path", homeless)
    monkeypatch.delenv("RIN_CLAIMS_STORE", raising=False)
    said = "there is no home folder for the store; set HOME or XDG_DATA_HOME, or name another folder with --claims-store=DIR or "
    with pytest.raises(StoreError, match=f"^{said}RIN_CLAIMS_STORE$"):
        Store.default_folder()


# --- Leases ---


def test_a_lease_excludes_everyone_else_until_it_ends(store):
    second = Store(store.folder, code_of_today)
    with store.lease(TRIAL) as mine:
        with second.lease(TRIAL) as theirs, second.lease(Trial(RECIPE, 4)) as another:
            assert (mine, theirs, another) == (True, False, True)
        with second.lease(TRIAL) as still:
            assert not still
    with second.lease(TRIAL) as now:
        assert now


def test_a_lease_ends_when_the_run_raises(store):
    with pytest.raises(ZeroDivisionError), store.lease(TRIAL):
        raise ZeroDivisionError
    with store.lease(TRIAL) as claimed:
        assert claimed


def test_a_lost_lock_file_does_no_harm(store):
    with store.lease(TRIAL):
        pass
    for path in (store.folder / "leases").iterdir():
        path.unlink()
    with store.lease(TRIAL) as claimed:
        assert claimed
