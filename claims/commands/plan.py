"""``rin-claims plan``: what a run would reuse, resume and train, and why.

It says how long that takes here and how much disk it needs.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, counting, print_json, print_table
from claims.commands.stores import add_store_option, opened, tell
from claims.commands.terminal import say, say_filled
from claims.protocol import MARKERS
from claims.text import about, duration, one_line, plural, size
from reproductions.outside import is_outside
from reproductions.recipes import Probe, Recipe, Training

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.commands.repository import Repository
    from claims.run.plan import Plan, Planned
    from reproductions.running.cost import Calibration
    from reproductions.store.outcomes import Store

KEYS = "profile, store, counts, seconds, sections, further, bytes, calibration, cluster, trials"
TRIAL_KEYS = "trial, label, seed, section, state, why, seconds"
EXAMPLES = (
    "rin-claims plan --profile smoke",
    "rin-claims plan --claim '{pattern}' -n 4",
    "rin-claims plan --claim '{claim}' --json",
)
NOT_PYTEST = "pytest's options go to `rin-claims run -- ...`; here --claim PATTERN chooses claims, * stands for anything"
BUSY = 1.3  # a second of a core that takes longer than this is worth a word


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "plan",
        help="what a run would train, why, how long and how much disk",
        description=show_plan.__doc__,
        examples=EXAMPLES,
        elsewhere=NOT_PYTEST,
    )
    selection = parser.add_argument("-m", dest="selection", metavar="{smoke,full}", help="as for pytest (default: smoke)")
    profile = parser.add_argument(
        "--profile", help="default: the smallest; with -m full the largest on CUDA, else the smallest that is full"
    )
    pattern = parser.add_argument("--claim", metavar="PATTERN", help="only these claims; * stands for anything")
    completed_by(selection, lambda: MARKERS)
    completed_by(profile, completion.profiles)
    completed_by(pattern, completion.claim_patterns)
    parser.add_argument(
        "-n", dest="workers", type=counting("workers", 1024), metavar="N", help="for this many workers (default: a worker a core)"
    )
    executor = parser.add_argument("--executor", default="local", help="local (the default), or ray: on the Ray cluster of RAY_ADDRESS")
    completed_by(executor, _executors)
    add_store_option(parser)
    add_json_option(parser, f"an object with {KEYS}; each of trials has {TRIAL_KEYS}")
    parser.set_defaults(command=show_plan)


def show_plan(arguments: argparse.Namespace) -> int:
    """Show every trial that the claims of a profile demand: reused, resumed or to train, and why.

    What it takes is estimated from a few seconds of training here: the time of each section and of the whole with one worker and with
    several, what further looks of undecided claims may add at most, and the disk. No outcome is stored. The timings are kept in the store's
    folder, and the next plan of the same code on this machine takes them for a week.
    """
    from claims.run.plan import plan
    from claims.run.signatures import check_measurements
    from reproductions.running.cost import Calibration
    from reproductions.running.process import cores
    from reproductions.running.timings import calibrated

    project = repository.here()
    profile = _profile(arguments, project)
    known("executor", arguments.executor, _executors())
    registry = project.claims
    chosen = matching(arguments.claim, registry)
    check_measurements(chosen)
    store = opened(arguments)
    recipes = (recipe for claim in registry for arms in claim.arms.values() for arm in arms for recipe in arm.recipes)
    made = plan(chosen, profile, store, recipes)
    wanted = [planned.trial for planned in made.missing] + list(made.further)
    cluster = _cluster(made, store) if arguments.executor == "ray" else None
    calibration = calibrated(wanted, store.folder) if wanted else Calibration()
    workers = arguments.workers or (cluster["cpus"] if cluster else cores())
    facts = _facts(made, calibration, store, workers, cluster["cpus"] if cluster else cores()) | {"cluster": cluster}
    tell(store)
    if arguments.json:
        print_json(facts | {"trials": _rows(made, calibration)})
    else:
        _print(made, calibration, facts)
    return 0


def _profile(arguments: argparse.Namespace, project: Repository) -> str:
    selection = known("selection", arguments.selection, MARKERS) or "smoke"
    profile = known("profile", arguments.profile, project.profiles)
    return profile or project.registry.default_profile(selection, _on_cuda)


def _on_cuda() -> bool:
    from reproductions.store.environment import cuda_available  # here, because it brings in torch

    return cuda_available()


def _executors() -> Sequence[str]:
    from claims.run.usage import EXECUTORS

    return EXECUTORS


def _cluster(plan: Plan, store: Store) -> dict[str, Any]:
    """Ask the Ray cluster at hand what it has for a plan. Raises ClusterError."""
    from reproductions.running.gpu import PROFILE, GpuPacks
    from reproductions.running.ray_cluster import Cluster

    trials = [planned.trial for planned in plan.missing]
    with contextlib.closing(Cluster()) as cluster:
        cluster.ask_nodes({trial.recipe: store.fingerprint(trial.recipe) for trial in trials})
        found = {"nodes": list(cluster.describe()), "cpus": int(cluster.cpus()), "gpus": int(cluster.gpus())}
    packing = GpuPacks("cuda:0") if found["gpus"] and plan.profile == PROFILE else None
    return {**found, "in packs": sum(packing is not None and packing.takes(trial) for trial in trials)}


def _facts(plan: Plan, calibration: Calibration, store: Store, workers: int, cores: int) -> dict[str, Any]:
    """Compute the plan in numbers; seconds and bytes are estimates for this machine."""
    from claims.run.plan import outcome_bytes
    from reproductions.running.cost import checkpoint_bytes, makespan

    seconds = plan.seconds(calibration)
    largest = max((checkpoint_bytes(planned.trial) for planned in plan.missing), default=0)
    return {
        "profile": plan.profile,
        "store": str(store.folder),
        "counts": plan.counts(),
        "seconds": {"one worker": sum(seconds), "workers": workers, "with workers": makespan(seconds, workers, cores)},
        "sections": [
            {"section": section, "missing": count, "seconds": total} for section, (count, total) in plan.by_section(calibration).items()
        ],
        "further": {"trials": len(plan.further), "seconds": sum(map(calibration.seconds, plan.further))},
        "bytes": {
            "outcomes": outcome_bytes(plan, store),
            "checkpoints": workers * largest,
            "free": shutil.disk_usage(store.folder).free,
        },
        "calibration": {
            "seconds": calibration.took,
            "shapes": len(calibration.update_seconds),
            "busy": calibration.busy,
            "age": calibration.age,
            "untimed": sum(_untimed(planned.trial.recipe) for planned in plan.missing),
        },
    }


def _rows(plan: Plan, calibration: Calibration) -> list[dict[str, Any]]:
    """Build one object for each trial."""
    return [
        {
            "trial": planned.trial.address,
            "label": planned.trial.recipe.label,
            "seed": planned.trial.seed,
            "section": planned.section,
            "state": planned.state,
            "why": planned.why,
            "seconds": 0.0 if planned.state == "reused" else calibration.seconds(planned.trial, planned.done),
        }
        for planned in plan.trials
    ]


def _print(plan: Plan, calibration: Calibration, facts: dict[str, Any]) -> None:
    from reproductions.running.cost import PROBE_SECONDS

    print_table(("trial", "seeds", "what", "why", "each"), list(_lines(plan, calibration)), wrap=("why", "trial"))
    seconds, further, disk, counts = facts["seconds"], facts["further"], facts["bytes"], facts["counts"]
    cluster = facts["cluster"]
    say()
    print_table(
        ("section", "missing", "on one core"), [(row["section"], row["missing"], duration(row["seconds"])) for row in facts["sections"]]
    )
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    say()
    say_filled(f"profile {plan.profile}: {plural(len(plan.trials), 'trial')}, {states}")
    if plan.missing:
        shapes = plural(facts["calibration"]["shapes"], "shape of network and data", "shapes of network and data")
        busy = facts["calibration"]["busy"]
        slower = f"; now {busy:.1f} times that, because other programs keep the cores busy" if busy >= BUSY else ""
        several = f"-n {seconds['workers']}" if cluster is None else f"{seconds['workers']} at a time on the cluster"
        say_filled(
            f"time: {about(seconds['one worker'])} with one worker, {duration(seconds['with workers'])} with {several} "
            f"(from {shapes}, {_timed(calibration)}){slower}"
        )
    for line in cluster["nodes"] if cluster else ():
        say_filled(line)
    if cluster and cluster["in packs"]:
        say_filled(f"packs: {plural(cluster['in packs'], 'trial')} train on {plural(cluster['gpus'], 'GPU')}; the time is that of CPUs")
    if untimed := facts["calibration"]["untimed"]:
        say_filled(f"not timed: {plural(untimed, 'measurement')} of this repository's own, counted as {PROBE_SECONDS} s each")
    if plan.further:
        say_filled(
            f"further looks: at most {plural(further['trials'], 'trial')} and {duration(further['seconds'])} of one worker more, "
            "where claims stay undecided"
        )
    outcomes, checkpoints, free = (size(disk[name]) for name in ("outcomes", "checkpoints", "free"))
    say_filled(f"disk: about {outcomes} of outcomes, at most {checkpoints} of checkpoints on the way; {free} free")


def _timed(calibration: Calibration) -> str:
    """Say how long the timing took, and how old timings are that were kept."""
    kept = f"timed up to {duration(calibration.age)} ago" if calibration.age else ""
    return ", ".join(filter(None, (f"timed in {duration(calibration.took)}" if calibration.took or not kept else "", kept)))


def _lines(plan: Plan, calibration: Calibration) -> Iterator[tuple[str, ...]]:
    """Yield one line for the trials of one recipe that have the same section, state, reason and time."""

    def alike(planned: Planned) -> tuple[str, int, str, str, str]:
        each = ""
        if planned.state != "reused":
            each = "not timed" if _untimed(planned.trial.recipe) else duration(calibration.seconds(planned.trial, planned.done))
        return planned.section, order[planned.trial.recipe], planned.state, planned.why, each

    order = {recipe: place for place, recipe in enumerate(dict.fromkeys(planned.trial.recipe for planned in plan.trials))}
    places = {section: place for place, section in enumerate(dict.fromkeys(planned.section for planned in plan.trials))}
    rows = sorted(plan.trials, key=lambda planned: (places[planned.section], *alike(planned)[1:], planned.trial.seed))
    for (_, _, state, why, each), group in groupby(rows, key=alike):
        trials = [planned.trial for planned in group]
        yield _name(trials[0].recipe), ranges([trial.seed for trial in trials]), state, one_line(why), each


def _untimed(recipe: Recipe) -> bool:
    """Return whether nothing is known of how long a trial takes."""
    # only a measurement that another repository brings has no time
    return isinstance(recipe, Probe) and is_outside(recipe.name)


def _name(recipe: Any) -> str:
    if not isinstance(recipe, Training):
        return str(recipe.label)
    optimizer = f"{recipe.optimizer.name} {recipe.optimizer.learning_rate:g}"
    return f"{recipe.label}, {optimizer}, batch {recipe.batch_size}{', gradient norms' if recipe.gradient_norms else ''}"


def ranges(numbers: Sequence[int]) -> str:
    """Write increasing whole numbers in short: ``0-4, 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
