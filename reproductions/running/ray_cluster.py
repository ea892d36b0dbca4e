"""A Ray cluster: its connection, its nodes, and what a task does on one of them.

This is the only module that imports ray, and only once a cluster is asked for. A node takes trials only if code, versions and kernels are
what they are on the driver's machine. The driver asks each node that is there, and each task looks again, because nodes join later.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import pickle
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reproductions.checkpoint import CheckpointFile, now
from reproductions.data_files import DataError
from reproductions.recipes import Recipe, RecipeError
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import FORESEEN, contained, with_provenance
from reproductions.running.process import cores
from reproductions.running.sent_states import Keeper, SentCheckpoint
from reproductions.store.definitions import ProvenanceError
from reproductions.store.files import StoreError
from reproductions.store.fingerprint import gpu_fingerprint, recipe_fingerprint
from reproductions.trials import Outcome, Trial

ADDRESS = "RAY_ADDRESS"
LOWEST = "2.60"  # of Ray: the lowest version that was tested
RETRIES = 3  # of a task whose worker or node was lost; after that its trial fails, unless its state has moved on
CONNECT_SECONDS = 5.0
ASK_SECONDS = 180.0  # for a node to load torch and the kernels, on a machine that is busy
NODES_SECONDS = 1.0  # how long what Ray says of the nodes is kept
PACKAGES = ("torch", "numpy", "scipy", "mlxtend")
REMEDY = "give it the versions and the code of this machine, and the same RIN_CLAIMS_KERNELS"
DEFAULTS = {  # of the environment, unless it says otherwise: no reports to Ray's makers, no warning of theirs, no retries without end
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_task_oom_retries": str(RETRIES),
}


class ClusterError(ValueError):
    """A cluster that cannot be used, in one line with the remedy."""


@dataclass(frozen=True)
class Work:
    """What a task gets.

    ``codes`` are the fingerprints of the driver's code for the recipes of the trials, ``states`` the names of their states ("": it has
    none). The trials are a pack where there is a ``device``.
    """

    run: Callable[..., Outcome]
    trials: tuple[Trial, ...]
    codes: tuple[str, ...]
    states: tuple[str, ...]
    device: str = ""


@dataclass(frozen=True)
class Result:
    """What a task returns: outcomes, or an error and who is ``blamed``, or why its ``node`` cannot take it.

    The node is ``unlike`` the driver's machine, or it has ``no_data``.
    """

    node: str
    outcomes: tuple[Outcome, ...] = ()
    error: Exception | None = None
    blamed: tuple[Trial, ...] = ()
    unlike: str = ""
    no_data: DataError | None = None
    reports: tuple[str, ...] = ()


# --- On a node ---


def numerics() -> dict[str, str]:
    """Return what a number depends on beside code and data, where the driver and a node may differ."""
    from reproductions.store.environment import environment  # here, because it brings in torch

    found = environment()
    versions = {name: str(found["packages"][name]) for name in PACKAGES}
    kernels = {"kernels": found["recurrence"], "update": found["update"], "torch's vectors": found["precision"]["cpu_capability"]}
    return {"python": found["python"], **versions, **kernels, "code of GPU kernels": gpu_fingerprint()[:8]}


here = functools.cache(numerics)


def difference(expected: Mapping[str, str], codes: Mapping[Recipe, str]) -> str:
    """Say how this node differs from the driver's machine; "" if it trains ``codes`` to the same numbers."""
    wrong = [f"{what} {here()[what]} instead of {value}" for what, value in expected.items() if here()[what] != value]
    try:
        other = [recipe.label for recipe, code in codes.items() if recipe_fingerprint(recipe) != code]
    except (RecipeError, ProvenanceError) as error:
        return str(error)
    if other:
        wrong.append(f"other code of {other[0]}{f' and {len(other) - 1} more' if other[1:] else ''}")
    return ", ".join(wrong)


def do(work: bytes, expected: Mapping[str, str], keeper: Any) -> Result:
    """Run the trials of a task on the node that Ray has chosen for it."""
    import ray

    node = ray.get_runtime_context().get_node_id()
    try:
        found: Work = pickle.loads(work)
    except (ImportError, AttributeError) as error:  # code of another repository that is not here, or older code of this one
        return Result(node, unlike=f"the trial cannot be read there ({error})")
    if unlike := difference(expected, {trial.recipe: code for trial, code in zip(found.trials, found.codes, strict=True)}):
        return Result(node, unlike=unlike)
    contents, left = ray.get(keeper.begin.remote(found.states)) if any(found.states) else ([None], None)
    deadline = None if left is None else Deadline(time.monotonic() + left, left, {})
    with tempfile.TemporaryDirectory(prefix="rin-claims-states-") as folder:
        files = [
            SentCheckpoint(Path(folder) / (name or "none"), trial, functools.partial(_send, keeper, name), content, found.device or "cpu")
            for trial, name, content in zip(found.trials, found.states, contents, strict=True)
        ]
        blamed: list[Trial] = []
        try:
            with contained(found.trials, lambda trials, error: blamed.extend(trials)):
                outcomes = _outcomes(found, files, deadline)
        except DataError as error:
            return Result(node, no_data=error)
        except (*FORESEEN, OutOfTime) as error:
            return Result(node, error=error, blamed=tuple(blamed))
        return Result(node, outcomes, reports=tuple(line for file in files for line in file.reports))


def _outcomes(work: Work, files: Sequence[CheckpointFile], deadline: Deadline | None) -> tuple[Outcome, ...]:
    if not work.device:
        options = {} if deadline is None else {"deadline": deadline}
        return (work.run(work.trials[0], files[0], **options),)
    from reproductions.running.gpu import GpuPacks

    started = now()
    made = zip(work.trials, GpuPacks(work.device, deadline).run(work.trials, files), files, strict=True)
    return tuple(with_provenance(trial, outcome, started, work.device, file.made_by) for trial, outcome, file in made)


def _send(keeper: Any, name: str, content: bytes) -> None:
    import ray

    try:
        ray.get(keeper.keep.remote(name, content))
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
        remedy = "make room on its disk, or start it with a larger --object-store-memory"
        raise StoreError(f"the object store of {socket.gethostname()} is full, so a state cannot be saved; {remedy}") from error
    except ray.exceptions.RayTaskError as error:
        raise StoreError(" ".join(str(error.cause).split())) from error


# --- On the driver ---


def check_installed() -> None:
    """Raise ClusterError if Ray is not installed, or too old."""
    try:
        found = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError:
        raise ClusterError("Ray is not installed; run pip install 'rin-claims[ray]'") from None
    if _release(found) < _release(LOWEST):
        raise ClusterError(f"Ray {found} is too old; run pip install 'ray>={LOWEST}'")


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


class Cluster:
    """The cluster that RAY_ADDRESS names, or without it one of this machine's own cores.

    Raises ClusterError if it cannot be reached.
    """

    def __init__(self) -> None:
        check_installed()
        os.environ.update({name: value for name, value in DEFAULTS.items() if name not in os.environ})
        self._held = ExitStack()
        self._left_out: dict[str, str] = {}  # by node, why
        self._cpu_models: dict[str, str] = {}
        self._seen: tuple[float, list[dict[str, Any]]] = (-NODES_SECONDS, [])
        self._keeper: Any = None
        self._functions: dict[tuple[bool, int, str], Any] = {}  # remote, by what they ask of a node
        address = os.environ.get(ADDRESS) or "local"
        self.name = "the Ray cluster of this machine" if address == "local" else f"the Ray cluster at {address}"
        try:
            self._connect(address)
        except BaseException:
            self._held.close()
            raise
        self._expected = here()

    def _connect(self, address: str) -> None:
        remedy = f"start one with `ray start --head`, correct {ADDRESS}, or unset it for this machine alone"
        if address.startswith("ray://"):
            raise ClusterError(f"{ADDRESS}={address} is Ray's client; start pytest on a machine of the cluster, with {ADDRESS}=auto")
        if address != "local" and (problem := _unreachable(address)):
            raise ClusterError(f"{ADDRESS}={address} names no Ray cluster ({problem}); {remedy}")
        import ray

        self._ray = ray
        own: dict[str, Any] = {"num_cpus": cores(), "include_dashboard": False} if address == "local" else {}
        # Ray prints what it notices, pages of it, and takes SIGTERM for itself
        self._held.enter_context(_silence())
        with _own_signals():
            try:
                ray.init(address, log_to_driver=False, logging_level="ERROR", **own)
            except (Exception, SystemExit) as error:
                raise ClusterError(f"{self.name} cannot be used ({_said(error)}); {remedy}") from error
        self._held.callback(ray.shutdown)

    def close(self) -> None:
        """Leave the cluster; the cluster of this machine ends."""
        self._held.close()

    def keep(self, folder: Path, deadline: Deadline | None) -> None:
        """Start the keeper of the store in ``folder``."""
        self._keeper = self._on(self._ray.get_runtime_context().get_node_id(), Keeper, max_restarts=-1, max_task_retries=-1).remote(
            str(folder / "checkpoints"), deadline and deadline.at
        )

    def _on(self, node: str, what: Any, **options: Any) -> Any:
        """Return a remote function or class for one node, which takes no CPU there."""
        strategy = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        return self._ray.remote(what).options(num_cpus=0, scheduling_strategy=strategy, **options)

    # --- Nodes ---

    def ask_nodes(self, codes: Mapping[Recipe, str]) -> None:
        """Leave out the nodes that are unlike this machine. Raises ClusterError if no CPU is left."""
        asked, expected = pickle.dumps(codes), self._expected

        def ask() -> tuple[str, str]:  # Ray sends it by value, to nodes that may lack this module
            try:
                from reproductions.running import ray_cluster
                from reproductions.store.environment import cpu_model

                return ray_cluster.difference(expected, pickle.loads(asked)), str(cpu_model())
            except (ImportError, AttributeError) as error:
                return f"no rin-claims of this version there ({error})", ""

        answers = {node["NodeID"]: self._on(node["NodeID"], ask).remote() for node in self._nodes() if _has(node, "CPU") >= 1}
        self._ray.wait(list(answers.values()), num_returns=max(1, len(answers)), timeout=ASK_SECONDS) if answers else None
        for node, answer in answers.items():
            try:
                unlike, self._cpu_models[node] = self._ray.get(answer, timeout=0)
            except self._ray.exceptions.RayError as error:
                unlike = f"it does not answer ({_said(error)})"
            if unlike:
                self.leave_out(node, unlike)
        self.require_cpu()

    def require_cpu(self) -> None:
        """Raise ClusterError if no node that can train has a CPU."""
        if self.cpus() < 1:
            found = "".join(f"; {self.node_name(node)}: {why}" for node, why in self._left_out.items())
            raise ClusterError(f"{self.name} has no CPU for a trial{found}; add nodes that are like this machine")

    def leave_out(self, node: str, why: str) -> list[str]:
        """Give a node no further trial; return the line that says so, nothing if it was said before."""
        new = node not in self._left_out
        self._left_out.setdefault(node, why)
        return [f"{self.node_name(node)} gets no trial: {why}; {REMEDY}"] if new else []

    def describe(self) -> Iterator[str]:
        """Say in a line each what the cluster has, which nodes are left out, and that CPUs differ."""
        able, usable = ([node for node in nodes if _has(node, "CPU") >= 1] for nodes in (self._nodes(), self._usable(())))
        yield f"{self.name}: {len(usable)} of {len(able)} nodes can train, with {int(self.cpus())} CPUs and {int(self.gpus())} GPUs"
        for node, why in self._left_out.items():
            yield f"{self.node_name(node)} gets no trial: {why}; {REMEDY}"
        models = {model for node, model in self._cpu_models.items() if node not in self._left_out}
        if len(models) > 1:
            yield f"CPUs differ ({'; '.join(sorted(models))}): last bits may too, and each outcome names its CPU"

    def node_name(self, node: str) -> str:
        """Name a node by its host and the first digits of its id."""
        host = next((found["NodeManagerHostname"] for found in self._ray.nodes() if found["NodeID"] == node), "?")
        return f"node {host} ({node[:8]})"

    def cpus(self, without: Collection[str] = ()) -> float:
        """Count the CPUs of the nodes that can train, ``without`` some of them."""
        return sum(_has(node, "CPU") for node in self._usable(without))

    def gpus(self) -> float:
        """Count the GPUs of the nodes that can train."""
        return sum(_has(node, "GPU") for node in self._usable(()))

    def _usable(self, without: Collection[str]) -> list[dict[str, Any]]:
        return [node for node in self._nodes() if node["NodeID"] not in self._left_out and node["NodeID"] not in without]

    def _nodes(self) -> list[dict[str, Any]]:
        """List the nodes that are alive, as Ray describes them."""
        asked, nodes = self._seen
        if time.monotonic() - asked > NODES_SECONDS:
            nodes = [node for node in self._ray.nodes() if node["Alive"]]
            self._seen = time.monotonic(), nodes
        return nodes

    # --- Tasks ---

    def start(self, work: Work, without: Collection[str]) -> Any:
        """Start a task on a node that is not left out and not in ``without``, and return its reference."""
        key = bool(work.device), RETRIES, ",".join(sorted({*self._left_out, *without}))
        if key not in self._functions:  # to make one takes longer than to call it, and some memory each
            in_pack, retries, avoided = key
            options: dict[str, Any] = {"num_cpus": 1, "num_gpus": int(in_pack), "max_retries": retries}
            if avoided:
                options["label_selector"] = {"ray.io/node-id": f"!in({avoided})"}
            self._functions[key] = self._ray.remote(do).options(**options, name="pack" if in_pack else "trial")
        return self._functions[key].remote(pickle.dumps(work), self._expected, self._keeper)

    def ended(self, references: list[Any], seconds: float) -> list[Any]:
        """Wait for one of the tasks to end, ``seconds`` at most, and return all that have.

        Raises ClusterError if the connection is lost.
        """
        if not references:
            time.sleep(seconds)
            return []
        try:
            found = self._ray.wait(references, timeout=seconds)[0]
            return list(found and self._ray.wait(references, num_returns=len(references), timeout=0)[0])
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise ClusterError(f"{self.name} is lost ({_said(error)}); outcomes and states are kept, so run again") from error

    def result(self, reference: Any) -> Result:
        """Return what a task returned. Raises ClusterError if Ray gave it up."""
        raised = self._ray.exceptions
        try:
            found: Result = self._ray.get(reference)
        except raised.OutOfMemoryError as error:
            remedy = "start it with fewer --num-cpus, so that fewer trials share its memory"
            raise ClusterError(f"its node ran out of memory each time; {remedy}") from error
        except raised.WorkerCrashedError as error:
            raise ClusterError(f"its worker crashed or was killed {1 + RETRIES} times; look into Ray's logs of the node") from error
        except raised.RayError as error:
            raise ClusterError(_said(error)) from error
        return found

    def cancel(self, references: Sequence[Any]) -> None:
        """Stop tasks at once, with their workers."""
        for reference in references:
            with contextlib.suppress(Exception):
                self._ray.cancel(reference, force=True)


def _has(node: Mapping[str, Any], resource: str) -> float:
    return float(node["Resources"].get(resource, 0.0))


def _unreachable(address: str) -> str:
    """Say why nothing listens at an address; Ray would try for minutes, and end the process."""
    try:
        if address == "auto":
            from ray._private.services import canonicalize_bootstrap_address

            address = canonicalize_bootstrap_address(address) or ""
            if not address:
                return "none runs on this machine"
        host, _, port = address.rpartition(":")
        if not (host and port.isdecimal()):
            return "an address is HOST:PORT or auto"
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError, ValueError) as error:
        return _said(error)
    return ""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Leave the handlers of Ctrl-C and SIGTERM as they are."""
    in_main = threading.current_thread() is threading.main_thread()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)} if in_main else {}
    try:
        yield
    finally:
        for each, did in before.items():
            signal.signal(each, did)


def _said(error: BaseException) -> str:
    """Return the beginning of what an error says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
