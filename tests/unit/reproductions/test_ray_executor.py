"""The driver of a Ray cluster, with nodes made up: what it refuses, starts again and keeps."""

import dataclasses
import importlib.metadata
import pickle
import sys
import time
import types

import pytest

from reproductions.checkpoint import CheckpointFile
from reproductions.data_files import DataError
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.running import ray_cluster, ray_executor
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import LocalExecutor, TrialError
from reproductions.running.ray_cluster import Cluster, ClusterError, Result, check_installed, difference
from reproductions.running.ray_executor import RayExecutor
from reproductions.running.sent_states import Keeper, SentCheckpoint
from reproductions.store.files import StoreError
from reproductions.store.fingerprint import recipe_fingerprint
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(10, 64, 16), Network("rin", 1, 8), Optimizer("adam", 1e-3), 16, 40, 2)
STATE = {"recipe": digest(RECIPE), "seed": 0, "update": 7}


def trial(index):
    return Trial(Probe("smoke", "fake", (("index", index),)), 0)


def outcome_of(a_trial):
    return Outcome("converged", {"index": float(a_trial.recipe.arguments[0][1])})


# --- Ray and its address ---


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "Ray is not installed; run pip install 'rin-claims[ray]'"),
        ("2.9.3", "Ray 2.9.3 is too old; run pip install 'ray>=2.60'"),
        ("1.13.0", "Ray 1.13.0 is too old; run pip install 'ray>=2.60'"),
    ],
)
def test_a_ray_that_is_missing_or_too_old_is_one_line_with_the_remedy(monkeypatch, version, said):
    def installed(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    with pytest.raises(ClusterError) as raised:
        check_installed()
    assert str(raised.value) == said


def test_a_newer_ray_is_taken(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.0.0.dev0")
    check_installed()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1", "RAY_ADDRESS=127.0.0.1:1 names no Ray cluster (ConnectionRefusedError: "),
        ("nonsense", "RAY_ADDRESS=nonsense names no Ray cluster (an address is HOST:PORT or auto); start one with `ray start --head`, "),
        (
            "ray://127.0.0.1:1",
            "RAY_ADDRESS=ray://127.0.0.1:1 is Ray's client; start pytest on a machine of the cluster, with RAY_ADDRESS=auto",
        ),
    ],
)
def test_an_address_without_a_cluster_is_one_line_with_the_remedy(monkeypatch, address, said):
    monkeypatch.setattr(ray_cluster, "check_installed", lambda: None)
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ClusterError) as raised:
        Cluster()
    assert str(raised.value).startswith(said)


# --- A node ---


def test_a_node_is_like_the_driver_if_versions_kernels_and_code_are(monkeypatch):
    here = {"torch": "2.13.0+cpu", "kernels": "avx512"}
    monkeypatch.setattr(ray_cluster, "here", lambda: here)
    codes = {RECIPE: recipe_fingerprint(RECIPE)}
    assert difference(here, codes) == ""
    assert difference(here | {"kernels": "avx2"}, codes) == "kernels avx512 instead of avx2"
    assert difference(here, {RECIPE: "0" * 64}) == f"other code of {RECIPE.label}"
    assert "there is no package 'nowhere' here" in difference(here, {Probe("smoke", "nowhere.measure:score"): "0" * 64})


def test_what_the_driver_expects_of_a_node_is_what_numbers_depend_on():
    found = ray_cluster.numerics()
    assert found.keys() == {"python", "torch", "numpy", "scipy", "mlxtend", "kernels", "update", "torch's vectors", "code of GPU kernels"}
    assert all(found.values())


def test_a_state_that_a_node_saves_is_in_the_store_and_is_what_the_next_node_begins_with(tmp_path):
    store = Store(tmp_path / "store")
    keeper, name = Keeper(str(store.folder / "checkpoints"), time.monotonic() + 60), "state.pt"
    (content, none), left = keeper.begin([name, ""])
    assert (content, none) == (None, None)
    assert 0 < left <= 60
    first = SentCheckpoint(tmp_path / "one", Trial(RECIPE, 0), lambda content: keeper.keep(name, content), content)
    assert first.load() is None
    first.save(STATE)
    (content,), _ = keeper.begin([name])
    assert SentCheckpoint(tmp_path / "two", Trial(RECIPE, 0), lambda content: None, content).load() == STATE
    assert CheckpointFile(store.folder / "checkpoints" / name).load() == STATE


def test_a_full_object_store_and_a_full_disk_are_one_line_with_the_remedy(monkeypatch):
    class FullError(Exception):
        pass

    class TaskError(Exception):
        cause = StoreError("the file cannot be written (No space left on device); make room")

    errors = types.SimpleNamespace(ObjectStoreFullError=FullError, OutOfDiskError=FullError, RayTaskError=TaskError)
    for raised, said in ((FullError("pages\nof it"), "a larger --object-store-memory"), (TaskError(), "cannot be written (No space left")):

        def get(reference, raised=raised):
            raise raised

        monkeypatch.setitem(sys.modules, "ray", types.SimpleNamespace(get=get, exceptions=errors))
        keeper = types.SimpleNamespace(keep=types.SimpleNamespace(remote=lambda name, content: None))
        with pytest.raises(StoreError) as found:
            ray_cluster._send(keeper, "state.pt", b"state")
        assert said in str(found.value)
        assert "\n" not in str(found.value)


def test_the_state_of_another_trial_is_set_aside_and_its_trial_starts_from_the_beginning(tmp_path):
    store = Store(tmp_path / "store")
    wanted = Trial(RECIPE, 1)
    CheckpointFile(store.checkpoint_path(wanted)).save(STATE)
    LocalExecutor(store, lambda a_trial, checkpoint: Outcome("budget", {"resumed": float(checkpoint.load() is not None)})).ensure([wanted])
    assert store.get(wanted).metrics == {"resumed": 0.0}
    (line,) = store.reports
    assert "holds the state of another trial; it was set aside as " in line
    assert len(list((store.folder / "set-aside").glob("*.pt.0"))) == 1


# --- The driver ---


class FakeCluster:
    """Nodes "a" and "b" with a CPU each; ``answers`` has, by the index of a trial, what its tasks return one after the other."""

    name = "the cluster"

    def __init__(self, answers=None, cpus=2.0):
        self.answers, self.all_cpus, self.all_gpus, self.sizes = answers or {}, cpus, 0.0, []
        self.started, self.most, self.closed, self.cancelled, self.left_out, self.open = [], 0, False, [], {}, {}

    def keep(self, folder, deadline):
        pass

    def ask_nodes(self, codes):
        self.codes = codes

    def describe(self):
        return ["two nodes"]

    def require_cpu(self):
        if self.cpus() < 1:
            raise ClusterError("no CPU left")

    def cpus(self, without=()):
        return self.all_cpus - len({*without, *self.left_out})

    def gpus(self):
        return self.all_gpus

    def node_name(self, node):
        return f"node {node}"

    def leave_out(self, node, why):
        self.left_out[node] = why
        return [f"node {node}: {why}"]

    def start(self, work, without):
        pickle.dumps(work.trials)
        self.started.append((work.trials[0], set(without)))
        self.sizes.append(len(work.trials))
        reference = object()
        self.open[reference] = work.trials
        self.most = max(self.most, len(self.open))
        return reference

    def ended(self, references, seconds):
        assert seconds == ray_executor.LOOK_SECONDS
        return references[:1] if self.all_cpus else []

    def result(self, reference):
        trials = self.open.pop(reference)
        if isinstance(trials[0].recipe, Training):
            return Result("a", tuple(Outcome("budget", {}) for _ in trials))
        answers = self.answers.get(trials[0].recipe.arguments[0][1], [])
        answer = answers.pop(0) if answers else Result("a", tuple(map(outcome_of, trials)))
        if callable(answer):
            answer()
            raise ClusterError("its worker crashed")
        return answer

    def cancel(self, references):
        self.cancelled += references

    def close(self):
        self.closed = True


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", lambda recipe: "a" * 64)


@pytest.fixture
def driver(store, monkeypatch):
    """``driver(answers)``: an executor with a fake cluster, as ``executor.fake``; what it was told is in ``executor.told``."""

    def make(answers=None, **options):
        fake, told, refused = FakeCluster(answers), [], {}
        monkeypatch.setattr(ray_executor, "Cluster", lambda: fake)
        made = RayExecutor(store, tell=told.append, **options)
        made._refused = lambda trials, error: refused.update(dict.fromkeys(trials, str(error)))
        made.fake, made.told, made.refused = fake, told, refused
        return made

    return make


TRIALS = [trial(index) for index in range(10)]


def test_outcomes_are_stored_and_no_more_tasks_wait_than_run(driver, store):
    executor = driver()
    assert executor.ensure(TRIALS) == {a_trial: outcome_of(a_trial) for a_trial in TRIALS}
    assert [a_trial for a_trial, _ in executor.fake.started] == TRIALS
    assert executor.fake.most == 4
    executor.close()
    assert executor.fake.closed
    assert executor.ensure(TRIALS[:2])  # what is stored needs no cluster
    for a_trial in TRIALS:
        with store.lease(a_trial) as free:
            assert free


def test_whoever_wants_further_trials_is_asked_as_soon_as_a_cpu_is_idle(driver, store):
    executor = driver()
    executor.run_unclaimed(TRIALS)
    assert sum(map(store.has, TRIALS)) == 9  # one is under way on one of the two
    executor.run_unclaimed([*TRIALS, trial(10), trial(11)])
    assert all(map(store.has, TRIALS))


def test_a_trial_that_fails_is_noted_and_what_is_under_way_goes_on(driver, store):
    executor = driver({1: [Result("a", error=TrialError("it failed"), blamed=(trial(1),))]})
    with pytest.raises(TrialError, match="it failed"):
        executor.ensure(TRIALS[:4])
    assert executor.refused == {trial(1): "it failed"}
    executor.ensure([trial(0), trial(2), trial(3)])
    assert [a_trial for a_trial, _ in executor.fake.started].count(trial(2)) == 1


def test_a_node_that_is_unlike_is_left_out_and_its_trial_runs_elsewhere(driver):
    executor = driver({0: [Result("b", unlike="kernels torch")]})
    executor.ensure(TRIALS[:1])
    assert executor.told == ["two nodes", "node b: kernels torch"]
    executor = driver({1: [Result("b", unlike="kernels torch"), Result("a", unlike="kernels plain")]})
    with pytest.raises(ClusterError, match="no CPU left"):
        executor.ensure([trial(1)])


def test_a_node_without_data_gets_no_trial_that_needs_it_and_without_any_the_trial_fails(driver):
    missing = DataError("MNIST is missing")
    executor = driver({0: [Result("b", no_data=missing)]})
    executor.ensure(TRIALS[:2])
    assert executor.fake.started[-1] == (trial(0), {"b"})
    assert executor.told[1] == "node b gets no trial that needs probe fake index=0: MNIST is missing"
    executor = driver({2: [Result("b", no_data=missing), Result("a", no_data=missing)]})
    with pytest.raises(DataError):
        executor.ensure([trial(2)])
    assert executor.refused == {trial(2): "MNIST is missing"}


def test_a_task_that_ray_gives_up_is_started_again_only_if_its_state_has_moved_on(driver, store):
    a_trial = trial(0)

    def moved_on():
        store.checkpoint_path(a_trial).write_bytes(b"state")

    executor = driver({0: [moved_on, lambda: None]})
    with pytest.raises(TrialError) as raised:
        executor.ensure([a_trial])
    assert str(raised.value) == f"{a_trial.label} failed: its worker crashed"
    assert [started for started, _ in executor.fake.started] == [a_trial, a_trial]


@pytest.mark.parametrize(
    ("gpus", "trials", "sizes"),
    [(1.0, 70, [64, 6]), (4.0, 40, [10, 10, 10, 10]), (4.0, 20, [8, 8, 4]), (0.0, 3, [1, 1, 1])],
    ids=["as large as may be", "as many as GPUs", "none too small", "no GPU"],
)
def test_trials_of_one_shape_are_divided_among_gpus_that_would_be_idle(driver, gpus, trials, sizes):
    executor = driver(packs=True)
    executor.fake.all_gpus = gpus
    executor.ensure([Trial(dataclasses.replace(RECIPE, profile="paper"), seed) for seed in range(trials)])
    assert executor.fake.sizes == sizes


def test_a_deadline_starts_nothing_and_a_trial_that_it_stops_is_not_stored(driver, store):
    executor = driver(deadline=Deadline(time.monotonic() - 1.0, 60.0, {}))
    with pytest.raises(OutOfTime):
        executor.ensure(TRIALS)
    assert executor.fake.started == []
    executor = driver({0: [Result("a", error=OutOfTime())]}, deadline=Deadline(time.monotonic() + 3600.0, 3600.0, {}))
    executor.run_unclaimed(TRIALS[:2])
    assert [store.has(a_trial) for a_trial in TRIALS[:2]] == [False, True]
    with store.lease(trial(0)) as free:
        assert free


def test_a_cluster_that_has_lost_its_nodes_is_waited_for_and_then_is_one_line(driver, monkeypatch):
    executor = driver()
    times = iter(range(0, 1000, 10))
    monkeypatch.setattr(ray_executor, "time", types.SimpleNamespace(monotonic=lambda: float(next(times))))

    def lose():
        executor.fake.all_cpus = 0.0

    monkeypatch.setattr(executor.fake, "ask_nodes", lambda codes: None)
    start = executor.fake.start
    monkeypatch.setattr(executor.fake, "start", lambda work, without: (start(work, without), lose())[0])
    with pytest.raises(ClusterError) as raised:
        executor.ensure(TRIALS[:1])
    assert str(raised.value).startswith("the cluster has lost all nodes that could take a trial; outcomes and states are kept")
    assert next(times) > ray_executor.PATIENCE_SECONDS
    executor.close()
    assert len(executor.fake.cancelled) == 1
