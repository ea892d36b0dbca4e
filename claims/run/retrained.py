"""Evidence that retrained draws are not told apart from recorded ones: the grade ``equivalent`` of the ledger.

Where a change moves a rounding, no draw comes out bit by bit. Then some recipes of a pair of fingerprints are trained anew, with seeds that
were not recorded, and compared with all their recorded draws in every metric as a claim reads it, and in how often runs diverge. Two
things are asked for. No metric is told apart by exact rank tests, Holm over the metrics. And no metric may lie further than MARGIN apart.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from claims.measurements.curve_readings import every_reading
from claims.model import Prediction
from claims.run.equivalence import Pair, machine, made, row
from claims.statistics.intervals import ALPHA
from claims.statistics.rankings import holm
from claims.statistics.two_samples import TwoSamples, largest_shift, p_told_apart
from claims.text import enumeration, plural
from reference_results import Draw
from reference_results.equivalent_code import EQUIVALENT, Equivalence
from reproductions.recipes import Recipe
from reproductions.running.process import cores
from reproductions.store.outcomes import outcome_from_data
from reproductions.trials import Trial

RECIPES, TRAININGS = 3, 15  # of a pair: at most three recipes; five seeds of each, or more seeds where there are fewer recipes
FEWEST = 5  # recorded seeds of a recipe, below which ranks say too little
# In standard deviations of a recorded sample. A healthy change could not keep to a much smaller one: 15 trainings of an only recipe against
# its five recorded seeds seem shifted by 1.4 in one of fifty cases, and their error adds 0.9. The tests simulate what both rules refuse.
MARGIN = 2.5

Outcomes = Sequence[Mapping[str, Any]]  # as data
Make = Callable[[Iterable[Trial]], Iterator[dict[str, Any]]]


@dataclass(frozen=True)
class Retrained:
    """The outcomes of a recipe that were ``recorded``, and its ``new`` ones."""

    recorded: Outcomes
    new: Outcomes

    def samples(self, metric: str) -> TwoSamples:
        """Return one metric of both, None where a run has none."""
        return TwoSamples(*([_value(outcome, metric) for outcome in outcomes] for outcomes in (self.recorded, self.new)))


@contextlib.contextmanager
def trainers() -> Iterator[Make]:
    """Yield a function that makes trials on all cores and returns their outcomes in order."""
    if cores() == 1:
        yield lambda trials: map(made, trials)
        return
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        yield lambda trials: pool.map(made, trials)


def compare_sample(pair: Pair, metrics: Mapping[str, Prediction], make: Make) -> tuple[Equivalence | None, str]:
    """Train a sample of the pair's recipes anew, and return the row of the ledger with a line.

    The row is None where the sample is told apart or may lie too far apart, and the line says in which of ``metrics``. They are numbers
    that stand for a run, by name, each with a prediction that reads it.
    """
    recorded = _chosen(pair)
    if not recorded:
        return None, f"{pair.what}: no recipe has {FEWEST} recorded seeds to compare with"
    fresh = {recipe: _fresh(recipe, draws, TRAININGS // len(recorded)) for recipe, draws in recorded.items()}
    outcomes = make([trial for trials in fresh.values() for trial in trials])
    retrained = [
        Retrained(
            [as_read(draw.outcome, metrics) for draw in recorded[recipe]],
            [as_read(outcome, metrics) for outcome in itertools.islice(outcomes, len(trials))],
        )
        for recipe, trials in fresh.items()
    ]
    differing, found = judged(retrained, metrics)
    if differing:
        return None, f"{pair.what}: {differing}"
    sampled = ", ".join(
        f"{trials[0].address.rpartition('-')[0]} seeds {trials[0].seed} to {trials[-1].seed} against {len(recorded[recipe])} recorded"
        for recipe, trials in fresh.items()
    )
    evidence = f"{plural(len(fresh), 'recipe')} trained anew ({sampled}): {found}"
    return row(pair, EQUIVALENT, f"{evidence}; on {machine(retrained[0].new[0])}")


def as_read(outcome: Mapping[str, Any], metrics: Mapping[str, Prediction]) -> Mapping[str, Any]:
    """Return the outcome with every number of ``metrics`` among its metrics, under its name."""
    found: dict[str, float | None] = {}
    for prediction in metrics.values():
        found |= every_reading(outcome_from_data(outcome), prediction, "a retrained run")
    return {**outcome, "metrics": {**found, **outcome["metrics"]}}


def judged(retrained: Sequence[Retrained], metrics: Collection[str]) -> tuple[str, str]:
    """Return what is told apart or may lie too far apart, "" if nothing is, and what was found."""
    samples = {name: [one.samples(name) for one in retrained] for name in (*sorted(metrics), "diverged") if _told(retrained, name)}
    if not samples:
        return "no metric that a claim looks at differs between runs, so nothing can be compared", ""
    adjusted = dict(zip(samples, holm([p_told_apart(own) for own in samples.values()]), strict=True))
    shifts = {name: largest_shift(own) for name, own in samples.items()}
    apart = [f"{name} is told apart (p {p:.2g}, Holm over {len(samples)})" for name, p in adjusted.items() if p <= ALPHA]
    apart += [f"{name} may have shifted by {shift:.2g} sd, margin {MARGIN}" for name, shift in shifts.items() if shift > MARGIN]
    smallest, largest = min(adjusted.values()), max(shifts.values())
    found = f"not told apart in {enumeration(list(samples))}, smallest p {smallest:.2g} (exact rank sums, Holm)"
    return "; ".join(apart), f"{found}, shift at most {largest:.2g} sd (95 %, margin {MARGIN})"


def _chosen(pair: Pair) -> dict[Recipe, list[Draw]]:
    """Choose recipes of a pair, with their recorded draws: the dearest, the cheapest, and what lies between.

    A recipe of which every run diverged says little, and is taken only where there is no other. One with few draws is not taken.
    """
    found: dict[Recipe, list[Draw]] = {}
    for trial, draw in pair.draws:
        found.setdefault(trial.recipe, []).append(draw)
    enough = [recipe for recipe, draws in found.items() if len(draws) >= FEWEST]
    telling = [recipe for recipe in enough if any(draw.outcome["status"] != "diverged" for draw in found[recipe])] or enough
    ordered = sorted(telling, key=lambda recipe: statistics.median(draw.outcome["seconds"] for draw in found[recipe]), reverse=True)
    most = min(RECIPES, len(ordered))
    places = [number * (len(ordered) - 1) // max(1, most - 1) for number in range(most)]
    return {ordered[place]: found[ordered[place]] for place in places}


def _fresh(recipe: Recipe, recorded: Iterable[Draw], count: int) -> list[Trial]:
    """Return ``count`` trials of the first seeds that were not recorded."""
    taken = {draw.seed for draw in recorded}
    return [Trial(recipe, seed) for seed in itertools.islice((seed for seed in itertools.count() if seed not in taken), count)]


def _value(outcome: Mapping[str, Any], metric: str) -> float | None:
    return float(outcome["status"] == "diverged") if metric == "diverged" else outcome["metrics"].get(metric)


def _told(retrained: Sequence[Retrained], metric: str) -> bool:
    """Say whether every recipe has ``metric`` on record, and in some recipe it is not the same in all runs."""
    on_record = all(metric == "diverged" or any(metric in outcome["metrics"] for outcome in one.recorded) for one in retrained)
    return on_record and any(len({_value(outcome, metric) for outcome in (*one.recorded, *one.new)}) > 1 for one in retrained)
