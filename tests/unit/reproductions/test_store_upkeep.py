"""Upkeep names and sets aside what is damaged, removes what nobody needs, and touches nothing that is in use."""

import os

import pytest

from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.store import outcomes as store_module
from reproductions.store import upkeep
from reproductions.store.outcomes import Store
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


def test_what_cannot_be_removed_is_named_and_the_rest_goes(store, monkeypatch):
    saved, litter = checkpoint(store, STORED), part(store.path(STORED))
    real = type(saved).unlink

    def refuse(path, missing_ok=False):
        if path == litter:  # the first of them
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(type(saved), "unlink", refuse)
    gone = remove(store, removable(store, KNOWN))
    assert store.reports == [f"{litter} cannot be removed (Permission denied); mend the permissions of its folder"]
    assert litter.exists()
    assert not saved.exists()
    assert {item.what for item in gone} == {CHECKPOINT, LEASE}


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
    "a link to nowhere for an outcome": lambda store: (store.folder / "outcomes" / "x-0-y.json").symlink_to("nowhere"),
    "a pipe for an outcome": lambda store: os.mkfifo(store.folder / "outcomes" / "x-0-y.json"),
    "a link to nowhere for a checkpoint": lambda store: (store.folder / "checkpoints" / "x-0-y.pt").symlink_to("nowhere"),
    "a folder for a checkpoint": lambda store: (store.folder / "checkpoints" / "x-0-y.pt").mkdir(),
    "an outcome nested without end": lambda store: (store.folder / "outcomes" / "x-0-y.json").write_text("[" * 100_000),
    "a foreign object": lambda store: (store.folder / "outcomes" / "x-0-y.json").write_text('{"hello": 1}'),
    "a checkpoint of something else": lambda store: checkpoint(store, MISSING),
    "a foreign file among the checkpoints": lambda store: (store.folder / "checkpoints" / "model.onnx").write_bytes(b"x"),
}


def in_a_loop(path):
    """A link that leads to itself: no user can read it, root neither."""
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def test_what_cannot_be_read_or_set_aside_has_a_line_each_and_the_others_are_still_checked(store, monkeypatch):
    outcomes, checkpoints = store.folder / "outcomes", store.folder / "checkpoints"
    unreadable = [outcomes / "a-0-a.json", outcomes / "z-0-z.json", checkpoints / "a-0-a.pt", checkpoints / "z-0-z.pt"]
    for path in unreadable:
        in_a_loop(path)
    damaged, foreign = outcomes / "m-0-m.json", outcomes / "m.txt"
    for path in (damaged, foreign):
        path.write_text("{")
    lines = verify(store)
    assert sorted(line.split(" ")[0] for line in lines) == sorted(map(str, [*unreadable, damaged, foreign]))
    assert sum("cannot be read (" in line and "; mend its permissions or name another folder" in line for line in lines) == 4
    assert sorted(path for path in (*outcomes.iterdir(), *checkpoints.iterdir()) if path.is_symlink()) == sorted(unreadable)

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    for path in (damaged, foreign):
        path.write_text("{")
    monkeypatch.setattr(store_module.os, "replace", refuse)
    lines = verify(store)
    assert len(lines) == 6
    assert sum("cannot be set aside in" in line and "(Permission denied)" in line for line in lines) == 2


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
