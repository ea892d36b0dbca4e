"""What drift says of runs with a planted fault: how they differ from healthy runs of the same seeds.

Healthy runs of the same machine have the same bits, so whatever changes a number shows there. On another processor the same bits are not
expected: there a fault shows by the start of a run, or by its cloud of seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from claims.faults.known_faults import smallest_profile
from claims.model import Claim
from claims.run.demands import demands
from claims.run.drift import FEWEST, Compared, made_alike
from claims.run.drift_sources import Runs, runs_of
from claims.run.equivalence import differing
from claims.run.starts import FACTOR, LIMIT
from claims.statistics.intervals import ALPHA
from claims.statistics.two_samples import p_told_apart
from claims.text import number
from reference_results.start_tolerances import StartTolerance
from reproductions.recipe_data import digest
from reproductions.recipes import Training
from reproductions.summary import loss_curve
from reproductions.training import FIRST_UPDATES
from reproductions.trials import Outcome, Trial


@dataclass(frozen=True)
class Healthy:
    """Runs without a fault, as the record that runs with one are held against.

    ``outcomes`` are of the same trials, ``recorded`` of further seeds. ``numbers`` is how many a whole run compares with its record, over
    which a p value is adjusted.
    """

    outcomes: Mapping[Trial, Outcome]
    recorded: Runs = field(default_factory=dict)
    tolerances: Mapping[str, StartTolerance] = field(default_factory=dict)
    numbers: int = 1


@dataclass(frozen=True)
class Drifted:
    """How runs differ from healthy ones.

    Of ``alike``, the runs that should have the bits of a healthy one, ``other`` do not. ``start`` is the difference of two starts, in units
    of what is allowed, that most seeds of a training reach; the largest over the trainings, None where no start is compared. ``p`` is the
    smallest p value of "one cloud", adjusted over the numbers of a whole run, None where no clouds are compared.
    """

    alike: int = 0
    other: int = 0
    start: float | None = None
    p: float | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether the fault would be noticed on another processor too: by a start or a cloud."""
        return (self.start is not None and self.start > 1) or (self.p is not None and self.p <= ALPHA)

    @property
    def noticed(self) -> bool:
        return self.other > 0 or self.elsewhere

    @property
    def words(self) -> str:
        """Say what shows that the runs drifted, "" for nothing."""
        bits, start, cloud = self.cells
        said = [f"{bits} runs have other bits"] if self.other else []
        if self.start is not None and self.start > 1:
            said.append(f"a start lies {start} times as far off as allowed")
        if self.p is not None and self.p <= ALPHA:
            said.append(f"p {cloud} for one cloud")
        return ", ".join(said)

    @property
    def cells(self) -> tuple[str, str, str]:
        """The bits, the start and the cloud in a table; "" for what was not compared."""
        bits = f"{self.other} of {self.alike}" if self.alike else ""
        start, p = ("" if value is None else number(value) for value in (self.start, self.p))
        return bits, start, p


def drifted_of_claim(claim: Claim, now: Mapping[Trial, Outcome], healthy: Healthy) -> Drifted:
    """Compare the trained runs behind a claim with healthy ones."""
    return drifted(_compared(claim, now, healthy), healthy.tolerances, healthy.numbers)


def drifted_of_runs(now: Mapping[Trial, Outcome], healthy: Mapping[Trial, Outcome]) -> Drifted:
    """Compare runs with healthy ones to the bit and by their starts.

    Every first loss counts, and the losses of the first evaluation. They may differ by the largest tolerance that there is.
    """
    own, record = runs_of(now), runs_of(healthy)
    recipes = {digest(trial.recipe): trial.recipe for trial in healthy}
    trained = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Training)}
    allowed = {
        name: StartTolerance(name, "", max(FIRST_UPDATES), ("train_loss", loss_curve(recipe)), LIMIT, FACTOR * LIMIT, (), 1, "", "")
        for name, recipe in trained.items()
    }
    return drifted([Compared(name, recipe.label, {}, own[name], record[name]) for name, recipe in trained.items()], allowed)


def drifted(compared: Iterable[Compared], tolerances: Mapping[str, StartTolerance], numbers: int = 1) -> Drifted:
    """Compare runs with healthy ones: to the bit, by their starts, and as clouds of seeds."""
    alike = other = 0
    starts: list[float] = []
    p_values: list[float] = []
    for one in compared:
        pairs = [(one.now[seed], one.record[seed]) for seed in one.now.keys() & one.record.keys()]
        unlike = [bool(differing(vars(now), vars(record))) for now, record in pairs if made_alike(now, record)]
        alike, other = alike + len(unlike), other + sum(unlike)
        by, _ = one.pairs(tolerances.get(one.recipe)).apart
        starts += [] if math.isnan(by) else [by]
        if any(unlike) or len(unlike) < len(one.now):  # clouds of runs that equal their record would test it against itself
            p_values += _p_values(one)
    return Drifted(alike, other, max(starts, default=None), min(1.0, numbers * min(p_values)) if p_values else None)


def _p_values(one: Compared) -> Iterator[float]:
    if min(len(one.now), len(one.others)) >= FEWEST:
        yield from (p_told_apart([one.samples(metric)]) for metric in one.metrics)


def _compared(claim: Claim, now: Mapping[Trial, Outcome], healthy: Healthy) -> Iterator[Compared]:
    own, record = runs_of(now), runs_of(healthy.outcomes)
    for name, demand in demands([claim]).items():
        if isinstance(demand.recipe, Training) and demand.recipe.profile == smallest_profile(claim) and name in own:
            seeds = {**healthy.recorded.get(name, {}), **record.get(name, {})}
            yield Compared(name, demand.recipe.label, demand.metrics, own[name], seeds)
