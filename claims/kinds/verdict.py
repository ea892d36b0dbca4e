"""Evidence and a region make a verdict.

``assess`` is the whole way: outcomes -> one number per arm and seed (``claims.measurements``) -> Evidence (``claims.statistics``)
-> set against the prediction's region (``decide``) -> Verdict with a reason (``claims.kinds.reasons``) and, where undecided, a plan
(``claims.statistics.power``). Nothing here is random: the same outcomes give the same verdict.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence

from claims.kinds.planning import plan
from claims.kinds.predictions import (
    Above,
    Arithmetic,
    Below,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Prediction,
    Ranking,
    Similar,
    arm_names,
    kind,
)
from claims.kinds.reasons import reason
from claims.measurements.grids import differences
from claims.measurements.traces import deaths, divergence, levels
from claims.measurements.values import (
    Lookup,
    arm_means,
    arm_sensitivities,
    arm_suprema,
    arm_updates,
    count_test_items,
    in_log10,
    recipe_values,
)
from claims.model import Arm, Claim, ClaimError
from claims.results import Evidence, Verdict, VerdictName
from claims.statistics.censored import UpdatesToLevel, all_learn_faster
from claims.statistics.comparisons import advantage, advantage_in_all, similarity
from claims.statistics.curves import near_zero
from claims.statistics.effects import Values
from claims.statistics.intervals import ALPHA, StatisticsError
from claims.statistics.levels import level_above, level_below
from claims.statistics.published import matches_published
from claims.statistics.rankings import ranking
from claims.statistics.shares import failing_share
from reproductions.recipes import Recipe

Check = Callable[..., Evidence]
Runs = Mapping[str, Sequence[Values]]  # arm -> (recipes, seeds)


def evidence(prediction: Prediction, arms: Mapping[str, Values], *, our_items: int | None = None, alpha: float = ALPHA) -> Evidence:
    """Evidence for ``prediction`` from ``arms[name]``: one value per seed (n,), None where the run diverged, in the metric's own unit.

    For NearZero the values are suprema over steps and for LessSensitive sensitivities, of the metric's logarithm if ``log10`` is set;
    LearnsFaster has ``updates_evidence`` and Greater with ``in_all`` has ``evidence_in_all``. With ``log10`` set, differences, margins,
    smallest effects and useful widths are in decimal logarithms, while a threshold, a baseline and a printed number stay in the
    metric's unit (an order statistic does not care for logarithms). ``our_items`` is the size of our test set, for
    MatchesPublished. Raises ClaimError.
    """
    p = prediction
    logged = p.log10 and isinstance(p, (Greater, Similar, Ranking, MoreStable, MatchesPublished))
    if logged:
        arms = {name: in_log10(values, p.metric) for name, values in arms.items()}
    unit = _unit(p) if logged or isinstance(p, LessSensitive) else p.unit
    better = p.higher_is_better
    match p:
        case Identity():
            return _largest_error(p, arms)
        case Below(threshold=float() | int() as threshold):
            return level_below(arms[p.arm], threshold, unit=unit, higher_is_better=better, alpha=alpha)
        case Above(threshold=float() | int() as threshold):
            return level_above(arms[p.arm], threshold, unit=unit, higher_is_better=better, alpha=alpha)
        case Greater(smallest_effect=float() | int() as smallest, in_all=False):
            return advantage(arms[p.better], arms[p.worse], unit=unit, higher_is_better=better, smallest_effect=smallest, alpha=alpha)
        case MoreStable() | LessSensitive():  # a roughness or a spread: lower is better, whatever the metric itself says
            return advantage(arms[p.steadier], arms[p.rougher], unit=unit, higher_is_better=False, alpha=alpha)
        case Similar(margin=float() | int() as margin):
            return similarity(arms[p.first], arms[p.second], margin, unit=unit, higher_is_better=better, alpha=alpha)
        case Ranking():
            return ranking(arms, p.order, unit=unit, higher_is_better=better, alpha=alpha)
        case FailsToConverge(baseline=float() | int() as baseline):
            return failing_share(arms[p.arm], baseline, p.share, higher_is_better=better, alpha=alpha)
        case NearZero(tolerance=float() | int() as tolerance):
            return near_zero(arms[p.arm], tolerance, unit=_scale(p) or unit, alpha=alpha)
        case MatchesPublished(published=float() | int() as published):
            items = None if logged else p.test_items
            return matches_published(arms[p.arm], _on_scale(p, published), unit=unit, our_items=our_items, test_items=items, alpha=alpha)
        case _:
            raise ClaimError(f"{kind(p)} has no evidence from one number per seed, or lacks its threshold")


def updates_evidence(prediction: LearnsFaster, arms: Mapping[str, Sequence[UpdatesToLevel]], *, alpha: float = ALPHA) -> Evidence:
    """Evidence for LearnsFaster from ``arms[name]``: one censored count of updates per seed (n,)."""
    faster = {name: arms[name] for name in prediction.faster_arms}
    return all_learn_faster(faster, arms[prediction.slower], allowance=prediction.allowance, alpha=alpha)


def evidence_in_all(prediction: Greater, arms: Runs, names: Sequence[str], *, alpha: float = ALPHA) -> Evidence:
    """Evidence for Greater with ``in_all`` from ``arms[name]``: (pairs, n), one row per recipe; ``names`` (pairs,) are for the reader."""
    p = prediction
    if p.log10:
        arms = {name: [in_log10(row, p.metric) for row in rows] for name, rows in arms.items()}
    return advantage_in_all(
        arms[p.better],
        arms[p.worse],
        names,
        unit=_unit(p),
        higher_is_better=p.higher_is_better,
        smallest_effect=p.smallest_effect or 0.0,
        alpha=alpha,
    )


def _unit(prediction: Prediction) -> str:
    logged = prediction.log10 and not prediction.unit.startswith("log10")
    return f"log10 {prediction.unit}" if logged else prediction.unit


def _scale(prediction: NearZero) -> str:
    """The unit of a supremum in words; "" where the curves are in raw units."""
    if not prediction.scale:
        return ""
    return "of each curve's own scale" if prediction.also else f"of {prediction.scale}"


def _largest_error(prediction: Identity, arms: Mapping[str, Values]) -> Evidence:
    """The largest |error| over all arms and seeds, infinite for a diverged probe. No sampling: both bounds are the estimate."""
    errors = [float("inf") if value is None else abs(value) for values in arms.values() for value in values]
    if not errors:
        raise ClaimError("no seeds; an identity needs at least one measurement")
    worst = max(errors)
    return Evidence(
        estimate=worst,
        lower=worst,
        upper=worst,
        n=len(errors),
        n_diverged=sum(value is None for values in arms.values() for value in values),
        method="largest absolute error, exact computation, no sampling",
        unit=prediction.unit,
        confidence=1.0,
        values=tuple(errors),
    )


def decide(prediction: Prediction, evidence: Evidence, alpha: float = ALPHA) -> VerdictName:
    """The verdict alone: inside the region, inside its complement, or across (design section 4).

    Boundaries count against either verdict, except for NearZero and Identity, where a value on the tolerance is within it. An advantage
    shown to lie between 0 and the smallest effect of interest is reproduced: the paper says better, and better it is.
    """
    p, e = prediction, evidence
    lower = -float("inf") if e.lower is None else e.lower
    upper = float("inf") if e.upper is None else e.upper
    match p:
        case Identity(tolerance=tolerance):
            holds, fails = e.estimate is not None and e.estimate <= tolerance, True
        case Arithmetic():
            holds, fails = e.estimate == 0.0, True
        case Below(threshold=float() | int() as threshold):
            holds, fails = upper < threshold, lower > threshold
        case Above(threshold=float() | int() as threshold):
            holds, fails = lower > threshold, upper < threshold
        case Greater(smallest_effect=float() | int() as smallest):
            holds, fails = lower > 0, upper < smallest
        case Ranking() | LearnsFaster() | MoreStable() | LessSensitive():
            holds, fails = lower > 0, upper < 0
        case Similar(margin=float() | int() as margin):
            holds, fails = -margin < lower and upper < margin, e.p_contradicted is not None and e.p_contradicted <= alpha
        case FailsToConverge(share=share):
            holds, fails = lower > share, upper < share
        case NearZero(tolerance=float() | int() as tolerance):
            holds, fails = upper <= tolerance, lower > tolerance
        case MatchesPublished(published=float() | int() as published, useful_width=float() | int() as width):
            inside = e.lower is not None and e.lower <= _on_scale(p, published) <= upper
            holds, fails = inside and upper - lower <= width, e.p_contradicted is not None and e.p_contradicted <= alpha
        case _:
            raise ClaimError(f"{kind(p)} is no kind of prediction with a region, or lacks its threshold")
    return "reproduced" if holds else "contradicted" if fails else "inconclusive"


def _on_scale(prediction: MatchesPublished, published: float) -> float:
    return _log10(published) if prediction.log10 else published


def _log10(number: float) -> float:
    if not number > 0:
        raise ClaimError(f"the claim's own number {number!r} has no logarithm; set log10=False")
    return math.log10(number)


def judge(prediction: Prediction, evidence: Evidence, alpha: float = ALPHA) -> Verdict:
    """The verdict with its reason. An undecided one says what its seeds could have shown and how many would decide it."""
    name = decide(prediction, evidence, alpha)
    if name == "inconclusive":
        detectable, needed = plan(prediction, evidence, alpha)
        evidence = dataclasses.replace(evidence, detectable=detectable, seeds_needed=needed)
    return Verdict(name, reason(prediction, name, evidence), evidence)


def assess(
    claim: Claim,
    profile: str,
    seeds: Sequence[int],
    lookup: Lookup,
    checks: Mapping[str, Check] | None = None,
    alpha: float = ALPHA,
) -> Verdict:
    """Judge ``claim`` under ``profile`` from the outcomes ``lookup(recipe, seed)`` of ``seeds``, which all arms share.

    An Arithmetic claim calls ``checks[prediction.check](*prediction.arguments)``; the Evidence it returns has as estimate the
    largest disagreement beyond rounding, 0 where the numbers agree, and in its details the arithmetic. ``alpha`` is the error
    rate each way; a sequential design passes the level of its look. A claim the profile does not measure is "not run".
    Raises ClaimError, one line that names the claim, where outcomes do not hold what the prediction asks for.
    """
    prediction = claim.prediction
    try:
        if isinstance(prediction, Arithmetic):
            if checks is None or prediction.check not in checks:
                raise ClaimError(f"there is no check {prediction.check!r}; known: {', '.join(sorted(checks or {})) or 'none'}")
            found = checks[prediction.check](*prediction.arguments)
        elif profile not in claim.arms:
            return Verdict("not run", claim.not_run or f"the {profile} profile does not measure this claim")
        else:
            found = _measure(prediction, claim.arms[profile], seeds, lookup, alpha)
        return judge(prediction, found, alpha)
    except (ClaimError, StatisticsError) as error:
        raise ClaimError(f"claim {claim.id!r}: {error}") from None


def _measure(prediction: Prediction, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> Evidence:
    if not seeds:
        raise ClaimError("no seeds; a verdict needs at least one trial per arm")
    if len(set(seeds)) < len(seeds):
        raise ClaimError(f"seeds {', '.join(map(str, seeds))} repeat; a repeated seed is the same run, not another one")
    named = arm_names(prediction)
    arms = [arm for arm in arms if not named or arm.name in named]  # an identity names no arm: it speaks of all of them
    lookup = functools.cache(lookup)  # an outcome is read from the store once
    diverged = {arm.name: [[lookup(recipe, seed).diverged for seed in seeds] for recipe in arm.recipes] for arm in arms}
    columns: dict[str, Values]
    match prediction:
        case LearnsFaster():
            counts = {arm.name: arm_updates(arm, seeds, lookup, prediction.metric) for arm in arms}
            found = updates_evidence(prediction, counts, alpha=alpha)
            columns = {name: tuple(None if c.diverged else c.most for c in column) for name, column in counts.items()}
        case NearZero():
            columns = {arm.name: arm_suprema(arm, seeds, lookup, prediction.curves) for arm in arms}
            found = evidence(prediction, columns, alpha=alpha)
        case _:
            runs = {arm.name: recipe_values(arm, seeds, lookup, prediction.metric) for arm in arms}
            items = count_test_items(arms[0]) if isinstance(prediction, MatchesPublished) else None  # it names one arm
            found, columns = _weigh(prediction, arms, runs, items, alpha)
    lines = [*divergence(prediction, arms, seeds, diverged), *(died := list(deaths(seeds, columns, diverged)))]
    if died or prediction.diverged_value is not None:  # a dead layer is no divergence; a run that counts as some value still diverged
        flags = zip(*(row for rows in diverged.values() for row in rows), strict=True)
        found = dataclasses.replace(found, n_diverged=sum(any(seed) for seed in flags))
    shown = {name: tuple(column) for name, column in columns.items()}
    return dataclasses.replace(found, arms=shown, seeds=tuple(seeds), details=(*found.details, *lines))


def _weigh(
    prediction: Prediction, arms: Sequence[Arm], runs: Runs, our_items: int | None, alpha: float
) -> tuple[Evidence, dict[str, Values]]:
    """The evidence from the metric of every run, and the numbers it rests on: columns (seeds,) by the name a reader is shown."""
    p = prediction
    match p:
        case Identity():  # not the mean: errors of opposite sign would cancel
            each = {_column(arm.name, text): row for arm in arms for text, row in _rows(arm.recipes, runs[arm.name])}
            return evidence(p, each), each
        case Greater(in_all=True):
            pairs = [text for text, _ in _rows(next(arm.recipes for arm in arms if arm.name == p.better), runs[p.better])]
            found = evidence_in_all(p, runs, pairs, alpha=alpha)
            return found, {_column(name, text): row for name, rows in runs.items() for text, row in zip(pairs, rows, strict=True)}
        case LessSensitive(diverged_value=float() | int() as lost):
            value = _log10(lost) if p.log10 else lost
            logged = {name: [in_log10(row, p.metric) if p.log10 else row for row in rows] for name, rows in runs.items()}
            spreads = {name: arm_sensitivities(rows, value, p.higher_is_better) for name, rows in logged.items()}
            found = evidence(p, spreads, alpha=alpha)
            lines = (levels(p, name, rows) for name, rows in runs.items())
            columns: dict[str, Values] = {_column(name, "sensitivity"): column for name, column in spreads.items()}
            return dataclasses.replace(found, details=(*found.details, *lines)), columns
        case _:
            means: dict[str, Values] = {name: arm_means(rows, p.diverged_value) for name, rows in runs.items()}
            return evidence(p, means, our_items=our_items, alpha=alpha), means


def _rows(recipes: Sequence[Recipe], rows: Sequence[Values]) -> list[tuple[str, Values]]:
    """Each recipe's row with what tells it apart; recipes that read alike are numbered, so that every row keeps a name of its own."""
    texts = differences(recipes)
    return [
        (f"{text} {number}".strip() if texts.count(text) > 1 else text, row)
        for number, (text, row) in enumerate(zip(texts, rows, strict=True), start=1)
    ]


def _column(arm: str, text: str) -> str:
    return f"{arm}, {text}" if text else arm
