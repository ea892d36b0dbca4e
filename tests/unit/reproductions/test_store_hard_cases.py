"""A store on bad ground gives a clear line, and nothing is lost.

The ground is a full disk, a read-only store, a lost lock file, a clock that jumps, two machines on one folder.
"""

import errno
import multiprocessing
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reproductions.recipes import Probe
from reproductions.running.deadline import Deadline
from reproductions.running.executor import LocalExecutor
from reproductions.store import outcomes as store_module
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.store.upkeep import removable, remove, verify
from reproductions.trials import Outcome, Trial

DEADLINE = 60  # seconds until a test that hangs fails
TRIALS = [Trial(Probe("smoke", "fake", (("index", index),)), 0) for index in range(12)]


def code(recipe):
    return "a" * 64


def outcome_of(trial):
    return Outcome("converged", {"index": float(trial.recipe.arguments[0][1])})


def run(trial, checkpoint):
    return outcome_of(trial)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store", code)
    store.put(TRIALS[0], outcome_of(TRIALS[0]))
    return store


def sound(store):
    """What the store holds, once it is seen that nothing in it is damaged."""
    assert verify(store) == []
    return {trial for trial in TRIALS if store.get(trial) == outcome_of(trial)}


# --- A full disk ---

FULL_DISK = """
import resource, signal, sys
from reproductions.recipes import Probe
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial
store = Store(sys.argv[1], lambda recipe: "a" * 64)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write over the limit is an error, as on a full disk, and not the end
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # bytes: the beginning of an outcome is written, and no more
try:
    store.put(Trial(Probe("smoke", "fake", (("index", 1),)), 0), Outcome("converged", {"index": 1.0}))
except StoreError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on the size of files, which POSIX has")
def test_a_disk_that_is_full_in_the_middle_of_a_write_is_one_line_and_leaves_no_part(store):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(store.folder)], capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{store.path(TRIALS[1])} cannot be written (File too large); make room or name another folder" in done.stderr
    assert not list(store.folder.rglob("*.part"))
    assert sound(store) == {TRIALS[0]}


def test_a_run_on_a_full_disk_ends_with_its_line_and_goes_on_when_there_is_room(store, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def leaves_a_checkpoint(trial, checkpoint):
        checkpoint.path.write_text("state")
        return outcome_of(trial)

    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "fsync", full)
        with pytest.raises(StoreError, match=r"No space left on device\); make room"):
            LocalExecutor(store, leaves_a_checkpoint).ensure(TRIALS[:3])
    assert store.checkpoint_path(TRIALS[1]).read_text() == "state"
    remove(store, removable(store, [trial.recipe for trial in TRIALS]))  # who cleans up to make room loses nothing that resumes a trial
    assert store.checkpoint_path(TRIALS[1]).exists()
    assert len(LocalExecutor(store, run).ensure(TRIALS[:3])) == 3
    assert sound(store) == set(TRIALS[:3])


# --- A store that cannot be written ---


def open_as_a_guest(folder, results):
    if os.geteuid() == 0:
        os.seteuid(65534)  # nobody: to root no folder is read-only
    try:
        Store(folder, code)
        results.put("opened")
    except StoreError as error:
        results.put(str(error))


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_a_read_only_store_is_one_line_with_the_remedy_and_stays_as_it_is():
    with tempfile.TemporaryDirectory() as parent:  # not tmp_path, which another user cannot enter
        store = Store(Path(parent) / "store", code)
        store.put(TRIALS[0], outcome_of(TRIALS[0]))
        for folder in (store.folder, *(path for path in store.folder.iterdir() if path.is_dir())):
            folder.chmod(0o555)
        Path(parent).chmod(0o755)
        context = multiprocessing.get_context("spawn")
        results = context.Queue()
        process = context.Process(target=open_as_a_guest, args=(store.folder, results), daemon=True)
        process.start()
        try:
            said = results.get(timeout=DEADLINE)
            assert said.startswith(
                f"the store {store.folder} cannot be written (Permission denied); name another folder with --claims-store"
            )
            process.join(DEADLINE)
        finally:
            for folder in (store.folder, *(path for path in store.folder.iterdir() if path.is_dir())):
                folder.chmod(0o755)
        assert sound(store) == {TRIALS[0]}


# --- A lost lock file ---


def test_a_lease_file_that_is_lost_while_it_is_held_costs_a_second_run_and_no_outcome(store):
    other = Store(store.folder, code)

    def overtaken(trial, checkpoint):
        for path in (store.folder / "leases").iterdir():
            path.unlink()
        LocalExecutor(other, lambda trial, checkpoint: Outcome("converged", {"index": -1.0})).ensure([trial])
        return outcome_of(trial)

    found = LocalExecutor(store, overtaken).ensure([TRIALS[1]])
    assert found[TRIALS[1]].metrics == {"index": -1.0}  # both end with the outcome that was stored first
    assert store.get(TRIALS[1]) == other.get(TRIALS[1]) == found[TRIALS[1]]
    assert verify(store) == []


def test_the_store_s_own_lock_file_may_be_lost_at_any_time(store):
    (store.folder / "store.lock").unlink()
    with store.locked():
        (store.folder / "store.lock").unlink()
    store.put(TRIALS[1], outcome_of(TRIALS[1]))
    assert sound(store) == set(TRIALS[:2])


# --- A clock that jumps ---


@pytest.mark.parametrize("years", [-30, 30])
def test_neither_leases_nor_deadlines_nor_upkeep_heed_the_time_of_day(store, monkeypatch, years):
    jump = years * 365 * 86_400
    real = time.time
    second = Store(store.folder, code)
    ends = Deadline(time.monotonic() + 1000.0, 1000.0, {})
    checkpoint = store.checkpoint_path(TRIALS[1])
    checkpoint.write_text("state")
    with store.lease(TRIALS[1]) as mine:
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        for path in store.folder.rglob("*"):
            os.utime(path, (max(0.0, real() - jump),) * 2)
        with second.lease(TRIALS[1]) as theirs, second.lease(TRIALS[2]) as free:
            assert (mine, theirs, free) == (True, False, True)
        assert checkpoint not in {item.path for item in removable(second, ())}
    checkpoint.unlink()
    with second.lease(TRIALS[1]) as now_free:
        assert now_free
    assert not ends.passed()
    assert sound(store) == {TRIALS[0]}


# --- Two machines on one folder ---


def work_on_a_machine(name, folder, log, barrier):
    for module, function in ((socket, "gethostname"), (platform, "node")):
        setattr(module, function, lambda: name)

    def logging(trial, checkpoint):
        with Path(log).open("a") as stream:
            stream.write(f"{trial.recipe.arguments[0][1]} {socket.gethostname()}\n")
        time.sleep(0.03)
        return outcome_of(trial)

    executor = LocalExecutor(Store(folder, code), logging)
    barrier.wait(DEADLINE)
    executor.ensure(TRIALS)


def test_two_machines_on_one_folder_share_the_trials_and_run_none_twice(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, log = context.Barrier(2), tmp_path / "log"
    machines = [
        context.Process(target=work_on_a_machine, args=(name, store.folder, log, barrier), daemon=True) for name in ("north", "south")
    ]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join(DEADLINE)
        assert machine.exitcode == 0
    lines = [line.split() for line in log.read_text().splitlines()]
    assert sorted(int(index) for index, _ in lines) == list(range(1, 12))  # the first was stored before
    assert {name for _, name in lines} == {"north", "south"}
    assert sound(store) == set(TRIALS)
