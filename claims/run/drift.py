"""Is this run what was recorded? Three comparisons with recorded draws, from sharp to broad.

Bits: a trial that the same kernels trained on the same kind of processor with the same torch equals its recorded draw to the last bit.
Start: elsewhere the first losses of a seed lie within the tolerance that its recipe's kernel paths were seen to need (`starts`). Cloud:
the seeds of this run and the other recorded seeds are not told apart, by exact rank tests, Holm over the run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.measurements.curve_readings import every_reading
from claims.model import Prediction
from claims.report.drift import WORDS, Drift, Word
from claims.run.equivalence import differing
from claims.run.starts import apart, start
from claims.statistics.intervals import ALPHA
from claims.statistics.rankings import holm
from claims.statistics.two_samples import TwoSamples, largest_shift, p_told_apart
from claims.text import enumeration, number, plural
from reference_results.start_tolerances import StartTolerance
from reproductions.trials import Outcome

# In standard deviations of one sample. Five seeds against 24 bound a shift by 0.8 plus what they seem shifted by, so that four of five
# healthy metrics are called equivalent; the tests simulate it.
MARGIN = 1.5
FEWEST = 3  # seeds of a sample below which ranks say nothing
Seeds = Mapping[int, Outcome]


@dataclass(frozen=True)
class Pairs:
    """The seeds of a recipe that both have, compared seed by seed.

    ``seeds`` is how many; ``differing`` names the first one that should have equalled its record and did not, "" for none. ``starts`` has
    the difference of the two starts of each seed that has them, in units of the tolerance and the largest first, each with what differs.
    """

    seeds: int
    same: int
    differing: str
    starts: tuple[tuple[float, str], ...]

    @property
    def apart(self) -> tuple[float, str]:
        """The difference of starts that more than half of the seeds reach, and what differs so.

        (nan, "") where no starts are compared. One ReLU that rounding opens moves the start of a seed. Another computation moves them all.
        """
        return self.starts[len(self.starts) // 2] if self.starts else (math.nan, "")

    @property
    def within(self) -> str:
        """Say how many starts lie within the tolerance, or how far within it all of them lie."""
        inside = sum(by <= 1 for by, _ in self.starts)
        if inside < len(self.starts):
            return f"{inside} of {len(self.starts)} starts within the tolerance"
        return f"starts within {number(round(self.starts[0][0], 3))} of the tolerance"

    @property
    def moved(self) -> str:
        """Say what moved that should not have, "" for nothing."""
        if self.differing:
            return self.differing
        by, where = self.apart
        return f"the start differs: {where}" if by > 1 else ""


@dataclass(frozen=True)
class Compared:
    """A recipe with the metrics that claims read, its outcomes here and on record, and its seeds that both have.

    ``claims`` has, by metric, the ids of the claims that read it.
    """

    recipe: str
    label: str
    metrics: Mapping[str, Prediction]
    now: Seeds
    record: Seeds
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def others(self) -> Seeds:
        """The recorded seeds that this run did not train; all of them where those are too few to be compared."""
        others = {seed: outcome for seed, outcome in self.record.items() if seed not in self.now}
        return others if len(others) >= FEWEST else self.record

    def samples(self, metric: str) -> TwoSamples:
        """Return one metric of the others on record and of the run's seeds, None where a run has none."""
        now, record = ([_value(outcome, metric, self.metrics) for outcome in seeds.values()] for seeds in (self.others, self.now))
        return TwoSamples(now, record)

    def pairs(self, allowed: StartTolerance | None) -> Pairs:
        """Compare the seeds that both have."""
        same, unequal, starts = 0, "", []
        for seed in sorted(self.now.keys() & self.record.keys()):
            now, record = self.now[seed], self.record[seed]
            unlike = differing(vars(now), vars(record))
            same += not unlike
            if unlike and not unequal and made_alike(now, record):
                unequal = (
                    f"seed {seed} differs from its record in {enumeration(unlike)}, though the same kernels, processor and torch made both"
                )
            if allowed is not None:
                by, what = apart(start(now), start(record), allowed)
                if by >= 0:
                    where = f"{what}, seed {seed}, by {number(by)} of its value (allowed {number(allowed.tolerance)})"
                    starts.append((by / allowed.tolerance, where))
        starts.sort(key=lambda one: -one[0])
        return Pairs(len(self.now.keys() & self.record.keys()), same, unequal, tuple(starts))


def made_alike(now: Outcome, record: Outcome) -> bool:
    """Say whether both were made where the same bits are expected.

    Kernels, kind of processor, versions and threads are the same there.
    An outcome that does not say on what kind of processor it was made is taken to be of another.
    """
    one, other = _made_by(now.provenance), _made_by(record.provenance)
    return one == other and None not in one


def drifts(compared: Sequence[Compared], tolerances: Mapping[str, StartTolerance]) -> tuple[Drift, ...]:
    """Compare every metric of every recipe with its record, the worst words first.

    A recipe whose runs here equal their record to the bit is not tested as a cloud: it would test the record against itself.
    """
    paired = {one.recipe: one.pairs(tolerances.get(one.recipe)) for one in compared}
    identical = {one.recipe for one in compared if 0 < len(one.now) == paired[one.recipe].same}
    samples = {
        (one.recipe, metric): one.samples(metric)
        for one in compared
        if one.recipe not in identical
        for metric in one.metrics
        if min(len(one.now), len(one.others)) >= FEWEST
    }
    adjusted = dict(zip(samples, holm([p_told_apart([both]) for both in samples.values()]), strict=True))
    found = []
    for one in compared:
        pairs = paired[one.recipe]
        for metric in one.metrics:
            key = (one.recipe, metric)
            p = adjusted.get(key)
            shift = largest_shift([samples[key]]) if key in samples else None
            word, why = _word(pairs, len(one.now), p, shift)
            both = samples.get(key) or one.samples(metric)
            found.append(
                Drift(
                    one.recipe,
                    one.label,
                    metric,
                    word,
                    why,
                    n=len(one.now),
                    n_recorded=len(one.others),
                    diverged=_lost(one.now),
                    recorded_diverged=_lost(one.others),
                    p=p,
                    shift=shift,
                    values=tuple(both.second),
                    recorded=tuple(both.first),
                    claims=one.claims.get(metric, ()),
                )
            )
    return tuple(sorted(found, key=lambda drift: WORDS.index(drift.word)))


def _word(pairs: Pairs, seeds: int, p: float | None, shift: float | None) -> tuple[Word, str]:
    if pairs.moved:
        return "drifted", pairs.moved
    if 0 < seeds == pairs.same:
        return "same bits", f"{plural(seeds, 'seed')} equal their record"
    if p is not None and p <= ALPHA:
        return "drifted", f"told apart from the recorded seeds, p {number(p)} (exact rank sums, Holm over the run)"
    cloud = "" if shift is None else f"a shift of up to {number(round(shift, 2))} sd is not excluded"
    if seeds == pairs.seeds and pairs.starts:
        return "same start", "; ".join(filter(None, (pairs.within, cloud)))
    if shift is not None and shift <= MARGIN:
        return "equivalent", f"{cloud}, margin {MARGIN} sd"
    return "not told apart", cloud or f"fewer than {FEWEST} seeds on one side"


def _value(outcome: Outcome, metric: str, metrics: Mapping[str, Prediction]) -> float | None:
    if outcome.diverged:
        return None
    if metric in outcome.metrics:
        return outcome.metrics[metric]
    return every_reading(outcome, metrics[metric], "a run").get(metric)


def _lost(seeds: Seeds) -> int:
    return sum(outcome.diverged for outcome in seeds.values())


def _made_by(provenance: Mapping[str, Any]) -> tuple[object, ...]:
    packages, precision = provenance.get("packages", {}), provenance.get("precision", {})
    own = (provenance.get(name) for name in ("device", "recurrence", "cpu_kind", "torch_threads"))
    elsewhere = json.dumps(provenance.get("earlier"))  # a trial that several machines trained has the bits of none
    return (*own, elsewhere, precision.get("cpu_capability"), packages.get("torch"), packages.get("numpy"))
