"""Where our runs of a printed number end, and how much of the printed order they keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from claims.judging.result import Result
from claims.kinds.sampled import Sampled
from claims.paper import InOrder
from claims.report.papers import Level
from claims.statistics.effects import Effects, level_effects


class Levels:
    """The levels that the results of a report, by claim, have for the numbers of printed tables."""

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results
        self._orders: dict[str, Mapping[str, Level]] = {}  # of claims about an order, by arm

    def of(self, claim: str, place: InOrder | None) -> Level | None:
        """Return our level for the printed number that ``claim`` is about; None where no run of it was made.

        A claim about the order of the whole table has the number's runs too, at ``place``. The number's own claim goes first. Where neither
        was judged, any claim that reads the same runs in the same way has the level, and no order.
        """
        if place is None:
            return self._against_printed(claim)
        own = self._order(claim).get(place.arm) or self._against_printed(claim)
        among = self._order(place.claim).get(place.arm)
        if own is None or among is None or own.pairs:
            return own or among or self._elsewhere(place)
        return dataclasses.replace(own, kept=among.kept, pairs=among.pairs)

    def _against_printed(self, claim: str) -> Level | None:
        """Return the level that a claim holds against a printed number."""
        result = self.results.get(claim)
        if result is None or (evidence := result.verdict.evidence) is None or (prediction := result.claim.prediction).printed is None:
            return None
        values = evidence.arms.get(prediction.arm_names[0])
        return None if values is None else _level(level_effects(values, prediction.higher_is_better), values, evidence.confidence)

    def _elsewhere(self, place: InOrder) -> Level | None:
        """Return the level of the runs at ``place`` from the judged claim with the most seeds of them."""
        if (whole := self.results.get(place.claim)) is None:
            return None
        wanted = next((arm.recipes for arm in whole.claim.arms.get(whole.profile, ()) if arm.name == place.arm), None)
        found = [
            _level(level_effects(values, prediction.higher_is_better), values, evidence.confidence)
            for result in self.results.values()
            if (evidence := result.verdict.evidence) is not None
            and (prediction := result.claim.prediction).metric_as_read == whole.claim.prediction.metric_as_read
            for arm in result.claim.arms.get(result.profile, ())
            if arm.recipes == wanted and (values := evidence.arms.get(arm.name)) is not None
        ]
        return max(found, key=lambda level: level.n, default=None)

    def _order(self, claim: str) -> Mapping[str, Level]:
        if claim not in self._orders:
            self._orders[claim] = _of_order(self.results.get(claim))
        return self._orders[claim]


def _of_order(result: Result | None) -> Mapping[str, Level]:
    """Return the levels of the arms that a claim about the order of a table was judged with.

    An arm that is near all others in print is in no pair, so that the evidence lacks it. Its level is that of the claim's trials.
    """
    evidence = result.verdict.evidence if result is not None else None
    if result is None or evidence is None or not isinstance(prediction := result.claim.prediction, Sampled):
        return {}
    if not (beside := prediction.beside(evidence)):
        return {}
    pairs = {one.cell.arm: (one.kept, one.pairs) for one in beside}
    levels = {
        arm: _level(level_effects(values, prediction.higher_is_better), values, evidence.confidence)
        for arm, values in {**_runs(result), **evidence.arms}.items()
    }
    return {arm: dataclasses.replace(level, kept=kept, pairs=of) for arm, level in levels.items() for kept, of in [pairs.get(arm, (0, 0))]}


def _runs(result: Result) -> dict[str, tuple[float | None, ...]]:
    """Return the number that stands for each trial of a result, by arm and in the order of the seeds.

    It is None for a run that diverged.
    """
    name = result.claim.prediction.metric_as_read
    by_arm: dict[str, list[float | None]] = {}
    for row in sorted(result.trials, key=lambda row: int(row["seed"])):
        by_arm.setdefault(str(row["arm"]), []).append(row.get(name))
    return {arm: tuple(values) for arm, values in by_arm.items()}


def _level(effects: Effects, values: Sequence[float | None], confidence: float) -> Level:
    lower, upper = effects.bounds(1 - confidence)
    lost = sum(one is None for one in values)
    return Level(median=effects.median, lower=lower, upper=upper, confidence=confidence, n=len(values), n_diverged=lost)
