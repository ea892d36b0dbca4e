"""Upkeep names and sets aside what is damaged, removes what nobody needs, and touches nothing that is in use."""

import os

import pytest

from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.store import upkeep
from reproductions.store.outcomes import Store, StoreError
from reproductions.store.upkeep import CHECKPOINT, LEASE, OTHER_CODE, SET_ASIDE, UNFINISHED, removable, remove, verify
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3, 100.0), 32, 10, 2)
STORED, MISSING = Trial(RECIPE, 0), Trial(RECIPE, 1)
KNOWN = [RECIPE]
OUTCOME = Outcome("budget", {"mse": 0.1}, {"updates": (5, 10)}, updates=10)


@pytest.fixture
def store(tmp_path):
    """A store with an outcome of each code, a lease file and nothing damaged."""
    Store(tmp_path / "store", lambda recipe: "b" * 64).put(STORED, OUTCOME)
    store = Store(tmp_path / "store", lambda recipe: "a" * 64)
    store.put(STORED, OUTCOME)
    with store.lease(STORED):
        pass
    return store


def checkpoint(store, trial):
    path = store.checkpoint_path(trial)
    CheckpointFile(path).path.write_bytes(b"state")
    return path


def part(path):
    unfinished = path.with_name(f"{path.name}.0123abcd.part")
    unfinished.write_bytes(b"half")
    return unfinished


def found(store, **options):
    return {item.path: item.what for item in removable(store, KNOWN, **options)}


def files(store):
    return {path for path in store.folder.rglob("*") if path.is_file()}


def test_a_store_in_order_has_only_its_lease_files_to_give(store):
    assert set(found(store).values()) == {LEASE}
    before = files(store)
    remove(store, removable(store, KNOWN))
    assert {path.parent.name for path in before - files(store)} == {"leases"}
    assert store.get(STORED) == OUTCOME


def test_what_killed_writes_left_goes_and_what_resumes_a_trial_stays(store):
    litter = {part(store.path(STORED)): UNFINISHED, part(store.checkpoint_path(MISSING)): UNFINISHED, checkpoint(store, STORED): CHECKPOINT}
    gone_code = store.folder / "checkpoints" / f"{MISSING.address}-{'c' * 16}.pt"
    gone_code.write_bytes(b"state")
    needed = checkpoint(store, MISSING)
    hits = {path: what for path, what in found(store).items() if what != LEASE}
    assert hits == {**litter, gone_code: CHECKPOINT}
    before = files(store)
    remove(store, removable(store, KNOWN))
    assert not [path for path in hits if path.exists()]
    assert needed.exists()
    assert {path.name for path in files(store)} >= {store.path(STORED).name, needed.name}
    assert before - files(store) >= set(hits)


def test_a_checkpoint_beside_a_damaged_outcome_is_needed(store):
    saved = checkpoint(store, STORED)
    store.path(STORED).write_text("{")
    assert saved not in found(store)


def test_what_a_running_process_uses_is_left_alone(store):
    saved, writing = checkpoint(store, STORED), part(store.checkpoint_path(STORED))
    other = Store(store.folder, lambda recipe: "a" * 64)
    with other.lease(STORED) as claimed:
        assert claimed
        assert not {saved, writing} & set(found(store))
        assert LEASE not in found(store).values()
    assert {saved, writing} <= set(found(store))
    items = removable(store, KNOWN)
    with other.lease(STORED):  # taken between the look and the removal
        remove(store, items)
        assert saved.exists()
        with store.lease(STORED) as second:
            assert not second


def test_a_lease_file_that_goes_while_another_process_asks_for_it_still_excludes(store):
    with store.lease(MISSING):
        pass
    remove(store, removable(store, KNOWN))
    second = Store(store.folder, lambda recipe: "a" * 64)
    with store.lease(MISSING) as mine, second.lease(MISSING) as theirs:
        assert (mine, theirs) == (True, False)


def test_outcomes_of_other_code_and_set_aside_files_go_only_when_asked_for(store):
    (store.folder / "outcomes" / "damaged.json").write_text("{")
    assert len(verify(store)) == 1
    assert {OTHER_CODE, SET_ASIDE}.isdisjoint(found(store).values())
    asked = [*found(store, other_code=True).values(), *found(store, aside=True).values()]
    assert (asked.count(OTHER_CODE), asked.count(SET_ASIDE)) == (1, 2)  # the damaged file, and the one that says why
    remove(store, removable(store, KNOWN, other_code=True))
    assert [entry.fingerprint[0] for entry in store.entries()] == ["a"]
    assert len(list((store.folder / "set-aside").iterdir())) == 2
    remove(store, removable(store, KNOWN, aside=True))
    assert list((store.folder / "set-aside").iterdir()) == []


def test_files_that_are_not_the_store_s_own_are_never_removed(store):
    foreign = [store.folder / "notes.txt", store.folder / "outcomes" / "notes.txt", store.folder / "checkpoints" / ".nfs0001"]
    for path in foreign:
        path.write_text("mine")
    (store.folder / "leases" / "folder.lock").mkdir()
    remove(store, removable(store, KNOWN, other_code=True, aside=True))
    assert all(path.read_text() == "mine" for path in foreign)


def test_a_folder_that_refuses_is_named_and_the_rest_stays(store, monkeypatch):
    saved = checkpoint(store, STORED)

    def refuse(path, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(saved), "unlink", refuse)
    with pytest.raises(StoreError, match=r"cannot be removed \(Permission denied\); mend the permissions"):
        remove(store, removable(store, KNOWN))
    assert saved.exists()


# --- verify ---


def test_verify_finds_nothing_in_a_sound_store(store):
    pytest.importorskip("torch")
    CheckpointFile(store.checkpoint_path(MISSING)).save({"update": 3})
    assert verify(store) == []


DAMAGES = {
    "a truncated outcome": lambda store: os.truncate(store.path(STORED), 40),
    "an outcome of the future": lambda store: store.path(STORED).write_text(
        store.path(STORED).read_text().replace('"schema":1', '"schema":2')
    ),
    "a folder for an outcome": lambda store: (store.folder / "outcomes" / "x-0-y.json").mkdir(),
    "a foreign file among the outcomes": lambda store: (store.folder / "outcomes" / "photo.jpg").write_bytes(b"\xff\xd8"),
    "a foreign object": lambda store: (store.folder / "outcomes" / "x-0-y.json").write_text('{"hello": 1}'),
    "a checkpoint of something else": lambda store: checkpoint(store, MISSING),
    "a foreign file among the checkpoints": lambda store: (store.folder / "checkpoints" / "model.onnx").write_bytes(b"x"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_verify_names_what_is_damaged_or_foreign_once_and_sets_it_aside_whole(store, damage):
    before = {path.read_bytes() for path in files(store)}
    damage(store)
    damaged = {path.read_bytes() for path in files(store)} - before
    (line,) = verify(store)
    assert "\n" not in line
    assert "it was set aside as" in line
    kept = {path.read_bytes() for path in (store.folder / "set-aside").iterdir() if path.is_file()}
    assert damaged <= kept
    assert verify(store) == []


def test_a_checkpoint_that_is_being_written_is_not_judged(store):
    path = checkpoint(store, MISSING)
    with store.lease(MISSING):
        assert verify(store) == []
    assert path.exists()
    assert upkeep.verify(store)
