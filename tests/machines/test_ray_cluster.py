"""A Ray cluster reports what this machine alone reports, whatever happens to nodes and driver."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'rin-claims[ray]'")

from reproductions.checkpoint import CheckpointFile
from reproductions.openings import opening_of
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.running import ray_cluster, ray_executor
from reproductions.running.deadline import Deadline
from reproductions.running.executor import LocalExecutor, TrialError
from reproductions.running.ray_executor import RayExecutor
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial
from tests.machines.ray_runs import LSTM, POOR, RIN, SLOW, measure, probe, run, stopped
from tests.runs.repositories import TESTS, environment, run_module, run_pytest, write
from tests.runs.test_failure_stays_with_its_claim import MEASURE, repository
from tests.runs.test_interrupted_run import WAITING, interrupted

CONFTEST = """
from claims.run import guards
from reproductions.running import executor
from tests.machines import ray_runs
executor.default_run = ray_runs.run  # before the plugin is imported, and in every worker
guards.static_findings = lambda trials: ()  # they look at no outcome, and take their time
pytest_plugins = ["claims.pytest_plugin"]
CLAIMS = ray_runs.CLAIMS
def pytest_claims_registry():
    return CLAIMS
"""
FULL = ("-m", "full", "--claims-profile", "compact")
RAY = (*FULL, "--claims-executor", "ray")
CPU = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
DEADLINE = 100  # seconds until a test that hangs fails


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes with a CPU each, of which one is slow, and a fourth with other kernels."""
    from ray.cluster_utils import Cluster as RayCluster

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)  # where nodes find these tests
        yield from _cluster(RayCluster)


def _cluster(kind: Any) -> Iterator[Any]:
    made = kind(initialize_head=True, head_node_args=CPU | {"include_dashboard": False})
    made.add_node(**CPU)
    made.add_node(**CPU, env_vars={SLOW: "0.1"})
    made.unlike = made.add_node(**CPU, env_vars={"RIN_CLAIMS_KERNELS": "torch"}).node_id
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def address(cluster: Any) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", cluster.address)
        yield cluster.address


@contextlib.contextmanager
def another_node(cluster: Any, **options: Any) -> Iterator[Any]:
    node = cluster.add_node(**CPU | options)
    yield node
    if node in cluster.worker_nodes:
        cluster.remove_node(node, allow_graceful=False)


# --- Whole runs ---


def reported(folder: Path) -> str:
    """All of report.json but for when and where it was made."""
    report = json.loads((folder / "report" / "report.json").read_text())
    return json.dumps({name: part for name, part in report.items() if name not in ("created", "provenance", "guards")})


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What two processes of this machine report."""
    folder = write(tmp_path_factory.mktemp("local"), {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(folder, *FULL, "-n", "2")
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr  # a verdict that is not on record fails
    return reported(folder)


def test_three_nodes_of_which_one_is_slow_report_what_two_processes_report(cluster: Any, address: str, local: str, tmp_path: Path) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(tmp_path, *RAY)
    assert f"the Ray cluster at {address}: 3 of 4 nodes can train, with 3 CPUs and 0 GPUs\n" in done.stdout, done.stdout + done.stderr
    assert f"({cluster.unlike[:8]}) gets no trial: kernels torch instead of " in done.stdout
    assert reported(tmp_path) == local


def test_a_node_and_then_the_driver_are_killed_and_the_next_run_reports_what_two_processes_report(
    cluster: Any, address: str, local: str, tmp_path: Path
) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *RAY]
    with another_node(cluster, env_vars={SLOW: "0.2"}) as victim, (tmp_path / "printed").open("w") as printed:
        driver = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), stdout=printed, stderr=printed)
        wait_for(driver, tmp_path, outcomes=3, states=1)
        cluster.remove_node(victim, allow_graceful=False)
        wait_for(driver, tmp_path, outcomes=6, states=1)
        driver.kill()
        driver.wait()
    store = Store(tmp_path / "store")
    made = {path: path.read_bytes() for path in (store.folder / "outcomes").glob("*.json")}
    done = run_pytest(tmp_path, *RAY)
    assert reported(tmp_path) == local, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in made} == made  # none was made again
    assert store.verify() == []


def wait_for(driver: subprocess.Popen[bytes], folder: Path, outcomes: int, states: int) -> None:
    ends = time.monotonic() + DEADLINE
    store = folder / "store"
    while len(list(store.glob("outcomes/*.json"))) < outcomes or len(list(store.glob("checkpoints/*.pt"))) < states:
        assert driver.poll() is None, (folder / "printed").read_text()
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_training_that_the_deadline_stops_has_its_state_in_the_store_and_a_later_run_goes_on(address: str, tmp_path: Path) -> None:
    trial = Trial(LSTM.recipes[0], 7)
    ends = Deadline(time.monotonic() + 3600.0, 3600.0, {})
    with contextlib.closing(RayExecutor(Store(tmp_path / "stopped"), stopped, deadline=ends)) as executor:
        executor.run_unclaimed([trial])
    store = executor.store
    assert not store.has(trial)
    assert CheckpointFile(store.checkpoint_path(trial)).position() == 1
    later, undisturbed = (LocalExecutor(each, run).ensure([trial])[trial] for each in (store, Store(tmp_path / "undisturbed")))
    assert (later.metrics, later.curves) == (undisturbed.metrics, undisturbed.curves)


def test_an_address_where_nothing_answers_ends_the_run_in_one_line_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(tmp_path, *RAY)
    assert done.returncode == 2
    assert "RAY_ADDRESS=127.0.0.1:1 names no Ray cluster (ConnectionRefusedError: " in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list((tmp_path / "store" / "outcomes").iterdir())


def test_the_plan_says_what_the_cluster_has_and_who_is_left_out(cluster: Any, address: str, tmp_path: Path) -> None:
    chosen = ("--profile", "smoke", "--claim", "rin-2018/formal/*", "--claims-store", str(tmp_path / "store"))
    done = run_module(Path.cwd(), "claims.cli", "plan", *chosen, "--executor", "ray", "--json")
    found = json.loads(done.stdout)
    first, second = found["cluster"]["nodes"]
    assert first == f"the Ray cluster at {address}: 3 of 4 nodes can train, with 3 CPUs and 0 GPUs"
    assert f"({cluster.unlike[:8]}) gets no trial: kernels torch instead of " in second
    assert (found["cluster"]["cpus"], found["cluster"]["gpus"], found["seconds"]["workers"]) == (3, 0, 3)


@pytest.mark.parametrize("alone", [True, False], ids=["Ctrl-C twice to a cluster of its own", "SIGTERM to the driver of another"])
def test_a_run_that_is_interrupted_keeps_its_trials_and_leaves_the_cluster(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    if alone:
        monkeypatch.delenv("RAY_ADDRESS")
    folder = repository(tmp_path, ("fine", "slow"))
    waiting = WAITING.replace('Path("', f'Path("{folder}/')  # the workers of a cluster are in a folder of their own
    write(folder / "own", {"measure.py": waiting + MEASURE + "def slow(seed):\n    seed == 1 and wait()\n    return {'score': 70.0}\n"})
    signals = (signal.SIGINT, signal.SIGINT) if alone else (signal.SIGTERM,)
    printed = interrupted(folder, "ray", *signals, together=alone)
    stored = len(list((folder / "store" / "outcomes").glob("*.json")))
    assert f"kept: {stored} of 16 trials, in the store {folder / 'store'}\n" in printed
    assert "continue with: pytest -p no:cacheprovider -m smoke -v --claims-executor=ray\n" in printed


# --- One executor ---


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def executor(address: str, said: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayExecutor]:
    made = RayExecutor(Store(tmp_path_factory.mktemp("store")), measure, tell=said.append)
    yield made
    made.close()


@pytest.fixture
def store(executor: RayExecutor) -> Store:
    return executor.store


def nodes(outcomes: dict[Trial, Outcome]) -> set[str]:
    return {outcome.provenance["node"] for outcome in outcomes.values()}


def test_a_node_of_other_kernels_is_named_and_gets_no_trial(cluster: Any, executor: RayExecutor, said: list[str]) -> None:
    made = executor.ensure([probe("waits", seed) for seed in range(6)])
    assert cluster.unlike not in nodes(made)
    assert said[0].endswith("3 of 4 nodes can train, with 3 CPUs and 0 GPUs")
    assert f"({cluster.unlike[:8]}) gets no trial: kernels torch instead of " in said[1]


def test_a_node_that_joins_later_and_is_unlike_gets_no_trial_either(cluster: Any, executor: RayExecutor, said: list[str]) -> None:
    with another_node(cluster, env_vars={"RIN_CLAIMS_UPDATE": "readable", POOR: "1"}, num_cpus=4) as other:
        assert other.node_id not in nodes(executor.ensure([probe("waits", seed) for seed in range(10, 20)]))
    assert f"({other.node_id[:8]}) gets no trial: update readable instead of compiled; " in said[-1]


def test_a_node_that_lacks_the_data_is_named_and_other_nodes_train(cluster: Any, executor: RayExecutor, said: list[str]) -> None:
    with another_node(cluster, env_vars={POOR: "1"}, num_cpus=4) as poor:
        assert poor.node_id not in nodes(executor.ensure([probe("data", seed) for seed in range(10)]))
    (line,) = [line for line in said if "gets no trial that needs probe dt-depth steps=data: the data set is missing" in line]
    assert poor.node_id[:8] in line


def test_a_lost_worker_costs_no_more_than_what_is_newer_than_its_last_state(executor: RayExecutor, store: Store) -> None:
    trial = Trial(RIN.recipes[0], 0)
    assert executor.ensure([trial])[trial].metrics == {"resumed": 5.0}
    assert not list((store.folder / "checkpoints").iterdir())


def test_the_state_of_another_trial_is_set_aside_in_one_line(executor: RayExecutor, store: Store) -> None:
    one, other = (Trial(RIN.recipes[0], seed) for seed in (1, 2))
    CheckpointFile(store.checkpoint_path(one)).save({"recipe": digest(other.recipe), "seed": 2, "update": 7})
    assert executor.ensure([one])[one].metrics == {"resumed": 5.0}  # of a state of its own, from the beginning
    assert len([line for line in store.reports if "holds the state of another trial; it was set aside as " in line]) == 1
    assert list((store.folder / "set-aside").glob("*.pt.0"))


def test_a_whole_training_goes_on_from_its_opening_wherever_that_trained(
    executor: RayExecutor, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "_run", run)
    whole = Trial(LSTM.recipes[0], 5)
    opening = Trial(opening_of(whole.recipe, 166), 5)
    first, alone = executor.ensure([opening])[opening], LocalExecutor(Store(tmp_path), run).ensure([whole])[whole]
    assert (first.updates, CheckpointFile(store.checkpoint_path(whole)).position()) == (166, 166)
    assert executor.ensure([whole])[whole].curves == alone.curves


def test_a_trial_that_fails_or_is_killed_again_and_again_fails_alone(
    executor: RayExecutor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_cluster, "RETRIES", 1)
    failed: dict[Trial, str] = {}
    monkeypatch.setattr(executor, "_refused", lambda trials, error: failed.update(dict.fromkeys(trials, str(error))))
    fine = [probe("fine", seed) for seed in range(4)]
    trials = [probe("broken"), probe("killed"), *fine]
    while left := [trial for trial in trials if trial not in failed and not store.has(trial)]:
        with contextlib.suppress(TrialError):
            executor.run_unclaimed(left)
    assert failed.keys() == {probe("broken"), probe("killed")}
    said = "probe dt-depth steps=broken seed 0 failed: RuntimeError: shapes (3,) and (4,) do not fit (ray_runs.py, line "
    assert failed[probe("broken")].startswith(said)
    said = "probe dt-depth steps=killed seed 0 failed: its worker crashed or was killed 2 times; look into Ray's logs of the node"
    assert failed[probe("killed")] == said
    with store.lease(probe("killed")) as free:
        assert free


def test_packs_train_what_trials_train_alone_a_gpu_each(
    cluster: Any, executor: RayExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The GPUs are said to be there, and the packs run on the CPU."""
    monkeypatch.setattr(ray_executor, "DEVICE", "cpu")
    recipe = Training("paper", Adding(6, 40, 20), Network("rin", 1, 8), Optimizer("adam", 1e-2), 16, 16, 4)
    trials = [Trial(dataclasses.replace(recipe, network=Network(cell, 1, 8)), seed) for cell in ("rin", "irnn") for seed in range(2)]
    alone = LocalExecutor(Store(tmp_path)).ensure(trials)
    executor._packs = True
    with another_node(cluster, num_gpus=2, num_cpus=2):
        time.sleep(2 * ray_cluster.NODES_SECONDS)
        together = executor.ensure(trials)
    assert {trial: (outcome.metrics, outcome.curves) for trial, outcome in together.items()} == {
        trial: (outcome.metrics, outcome.curves) for trial, outcome in alone.items()
    }
