"""The start of a run: its first losses and gradient norms, and its first evaluation.

Training amplifies rounding. So the start of a run is where two computations that should be the same can be told from two that are not:
between kernel paths it moves by rounding alone, and whatever changes the network, the data or the update moves it much further.
"""

from __future__ import annotations

import datetime
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from claims.run.equivalence import made
from claims.run.recording import end_at_ctrl_c
from reference_results.start_tolerances import StartTolerance
from reproductions.kernel_choice import VARIABLE
from reproductions.openings import opening_of
from reproductions.recipe_data import digest
from reproductions.recipes import Training
from reproductions.running.cost import relative_cost
from reproductions.store.outcomes import outcome_from_data
from reproductions.trials import Outcome, Trial

# A number counts where the kernel paths agree in it to LIMIT. FACTOR allows for processors and versions of torch that were not at hand; so
# the tolerance is at most FACTOR * LIMIT = 1e-4. FLOOR is some eight roundings of float32, below which nothing is a difference.
LIMIT, FACTOR, FLOOR = 1e-5, 10.0, 1e-6
LOSSES = ("train_loss", "gradient_norm")
LAST_LOSS = 64  # the last update whose loss a run keeps

Start = Mapping[tuple[str, int], float]  # by name and, of the first losses, update; 0 is the first evaluation


def start(outcome: Outcome) -> Start:
    """Collect the numbers of a run's start; {} for a probe, or where the run kept none."""
    losses = {
        (name, int(update)): value
        for name in LOSSES
        for update, value in zip(outcome.first_losses.get("updates", ()), outcome.first_losses.get(name, ()), strict=False)
    }
    if not losses:  # what older code made, or a probe
        return {}
    # An accuracy jumps where rounding turns one answer over, and what is measured of each layer and step is measured at the end.
    first = {name: curve[0] for name, curve in outcome.curves.items() if curve and not _is_no_start(name)}
    return losses | {(name, 0): value for name, value in first.items() if value is not None}


def _is_no_start(name: str) -> bool:
    return name == "updates" or "/" in name or name.endswith(("accuracy", "error_rate"))


def opening(trial: Trial) -> Trial:
    """Return the trial stopped at its first evaluation after the last of its first losses.

    Returns the trial itself where that evaluation is its end.
    """
    assert isinstance(trial.recipe, Training)
    ends = min((update for update in trial.recipe.checkpoints if update >= LAST_LOSS), default=trial.recipe.updates)
    return trial if ends >= trial.recipe.last_update else Trial(opening_of(trial.recipe, ends), trial.seed)


def starts_under(choice: str, trials: Iterable[Trial], workers: int) -> dict[Trial, Start]:
    """Train the openings of ``trials`` with the kernels of a choice of RIN_CLAIMS_KERNELS, and return the start of each.

    Probes are left out. Nothing is stored. Raises what a training raises.
    """
    ordered = sorted((trial for trial in trials if isinstance(trial.recipe, Training)), key=relative_cost, reverse=True)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_take, initargs=(choice,)) as pool:
        outcomes = pool.map(made, map(opening, ordered))
        return {trial: start(outcome_from_data(outcome)) for trial, outcome in zip(ordered, outcomes, strict=True)}


def _take(choice: str) -> None:
    os.environ[VARIABLE] = choice
    end_at_ctrl_c()


def difference(one: float, other: float) -> float:
    """Compute the relative difference of two numbers: their distance over the larger of the two absolute values."""
    return 0.0 if one == other else abs(one - other) / max(abs(one), abs(other))


def apart(one: Start, other: Start, allowed: StartTolerance) -> tuple[float, str]:
    """Return the largest difference of two starts in the numbers that ``allowed`` counts, and which number it is.

    Returns (nan, "") where the two have no such number in common.
    """
    common = [key for key in one if key in other and counts(key, allowed)]
    if not common:
        return math.nan, ""
    worst = max(common, key=lambda key: difference(one[key], other[key]))
    return difference(one[worst], other[worst]), f"{worst[0]} of {f'update {worst[1]}' if worst[1] else 'the first evaluation'}"


def counts(key: tuple[str, int], allowed: StartTolerance) -> bool:
    """Say whether a number of a start is compared."""
    name, update = key
    return update <= allowed.through if update else name in allowed.curves


def measured_tolerances(starts: Mapping[str, Mapping[Trial, Start]], machine: str) -> Iterator[StartTolerance]:
    """Yield the tolerance of each recipe whose trials have starts under every path of ``starts``.

    First losses count until the last update before which no two paths differ by more than LIMIT.
    """
    paths = tuple(starts)
    common = set.intersection(*(set(of_path) for of_path in starts.values())) if starts else set()
    by_recipe: dict[str, list[Trial]] = {}
    for trial in sorted(common, key=lambda trial: (digest(trial.recipe), trial.seed)):
        if isinstance(trial.recipe, Training) and all(of_path[trial] for of_path in starts.values()):
            by_recipe.setdefault(digest(trial.recipe), []).append(trial)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for recipe, trials in by_recipe.items():
        largest = _largest([[starts[path][trial] for path in paths] for trial in trials])
        updates = sorted({update for _, update in largest if update})
        through = 0
        for update in updates:
            if max(value for key, value in largest.items() if key[1] == update) > LIMIT:
                break
            through = update
        curves = tuple(sorted(name for (name, update), value in largest.items() if not update and value <= LIMIT))
        kept = [value for (name, update), value in largest.items() if (update <= through if update else name in curves)]
        worst = max(kept, default=0.0)
        yield StartTolerance(
            recipe, trials[0].recipe.label, through, curves, worst, max(FLOOR, FACTOR * worst), paths, len(trials), machine, today
        )


def _largest(trials: Iterable[Sequence[Start]]) -> dict[tuple[str, int], float]:
    """Return the largest difference of any two paths in any trial, of each number.

    It is infinite where a path lacks the number.
    """
    found: dict[tuple[str, int], float] = {}
    for paths in trials:
        for key in dict.fromkeys(key for one in paths for key in one):
            values = [one.get(key) for one in paths]
            worst = max((_difference(one, other) for one, other in itertools.combinations(values, 2)), default=0.0)
            found[key] = max(worst, found.get(key, 0.0))
    return found


def _difference(one: float | None, other: float | None) -> float:
    return math.inf if one is None or other is None else difference(one, other)
