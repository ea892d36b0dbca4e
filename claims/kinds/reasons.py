"""The one line beside a verdict: what was seen, in the metric's own unit, and what would decide an open case."""

from __future__ import annotations

import math

from claims.kinds.planning import fewest_seeds
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
)
from claims.results import Evidence, VerdictName
from claims.statistics.published import p_not_one_more_run
from claims.text import enumeration, rounded


def quantity(value: float | None, unit: str) -> str:
    """``rounded`` with its unit; decimal logarithms also as the factor they stand for."""
    text = rounded(value)
    if value is None or math.isinf(value):
        return text
    if unit == "%":
        return f"{text} %"
    factor = f" (a factor of {rounded(10 ** abs(value))})" if unit.startswith("log10") and value and abs(value) < 300 else ""
    return f"{text} {unit}{factor}".strip()


def _interval(evidence: Evidence) -> str:
    if evidence.lower is None and evidence.upper is None:
        return "no bound"
    if evidence.upper is None:
        return f"at least {rounded(evidence.lower)}, unbounded above"
    return f"between {rounded(evidence.lower)} and {rounded(evidence.upper)}"


def _bound(evidence: Evidence, name: VerdictName, positive: bool = True) -> str:
    """The bound that carries the verdict, or both where it is open. ``positive``: a large effect reproduces the claim."""
    if name == "inconclusive":
        return _interval(evidence)
    if (name == "reproduced") == positive:
        return f"at least {rounded(evidence.lower)}"
    return f"at most {rounded(evidence.upper)}"


def _seeds_won(evidence: Evidence) -> str:
    won = sum(value > 0 for value in evidence.values)
    if evidence.n == 1:
        return "in the only seed" if won else "in none of 1 seeds"
    return f"in all {evidence.n} seeds" if won == evidence.n else f"in {won or 'none'} of {evidence.n} seeds"


def _diverged(prediction: Prediction, evidence: Evidence) -> str:
    """In how many seeds runs diverged and what they count as: the worst rank, or in a grid the value the prediction names."""
    if not evidence.n_diverged:
        return ""
    each = ", ".join(f"{name} {sum(v is None for v in column)}" for name, column in evidence.arms.items() if None in column)
    text = f"; diverged runs count as the worst: {each}" if each else ""
    valued = evidence.n_diverged - sum(None in seed for seed in zip(*evidence.arms.values(), strict=True))
    if not valued:
        return text
    value = "" if prediction.diverged_value is None else f", counted as {quantity(prediction.diverged_value, prediction.unit)}"
    return f"{text}; a run diverged in {valued} of {evidence.n} seeds{value}"


def _open(prediction: Prediction, evidence: Evidence) -> str:
    """What an undecided verdict adds: the smallest effect these seeds could have shown and the seeds that would decide the one observed."""
    fewest = fewest_seeds(prediction)
    if evidence.n < fewest:
        return f"; {evidence.n} seed{'s' * (evidence.n != 1)} cannot decide, at least {fewest} are needed"
    parts = []
    if evidence.detectable is not None:
        what = "margin" if isinstance(prediction, Similar) else "departure" if isinstance(prediction, MatchesPublished) else "effect"
        what = "share" if isinstance(prediction, FailsToConverge) else what
        parts.append(f"{evidence.n} seeds can show {'an' if what == 'effect' else 'a'} {what} of {rounded(evidence.detectable)}")
    if evidence.seeds_needed is not None:
        parts.append(f"about {max(evidence.seeds_needed, evidence.n + 1)} would decide what was seen")
    return "; " + ", ".join(parts) if parts else "; no larger number of seeds can be named that would decide it"


def reason(prediction: Prediction, name: VerdictName, evidence: Evidence) -> str:
    """One line for ``name``, the verdict on ``prediction`` from ``evidence``."""
    text = _finding(prediction, name, evidence)
    if isinstance(prediction, (Identity, Arithmetic)) or (isinstance(prediction, MatchesPublished) and -math.inf in evidence.values):
        return text
    return text + _diverged(prediction, evidence) + (_open(prediction, evidence) if name == "inconclusive" else "")


def _finding(prediction: Prediction, name: VerdictName, e: Evidence) -> str:
    p = prediction
    match p:
        case Identity():
            comparison = "within" if name == "reproduced" else "beyond"
            return f"the largest absolute error is {rounded(e.estimate)}, {comparison} the tolerance {rounded(p.tolerance)}"
        case Arithmetic():
            shown = f": {e.details[0]}" if e.details else ""
            if name == "reproduced":
                return f"the computation agrees with the printed numbers{shown}"
            return f"the computation disagrees with the printed numbers by {quantity(e.estimate, e.unit)} beyond rounding{shown}"
        case Below() | Above():
            side = "below" if isinstance(p, Below) else "above"
            beyond = (
                sum(value < p.threshold if side == "below" else value > p.threshold for value in e.values) if p.threshold is not None else 0
            )
            return (
                f"{p.arm} lies {side} {quantity(p.threshold, e.unit)} in {beyond} of {e.n} seeds: "
                f"the median is {rounded(e.estimate)} ({_bound(e, name, positive=side == 'above')})"
            )
        case Greater(in_all=True):
            pairs = f"all {len(e.arms) // 2} pairs" if e.arms else "all pairs"
            text = f"{p.better} is better than {p.worse} in {pairs} of recipes at once {_seeds_won(e)}: "
            if name == "contradicted":
                return f"{text}in some pair the advantage is at most {rounded(e.upper)}, below {_smallest(p)}"
            return f"{text}the median of the smallest advantages is {quantity(e.estimate, e.unit)} ({_bound(e, name)})"
        case Greater():
            return _advantage(f"{p.better} is better than {p.worse}", name, e, p.smallest_effect or 0.0)
        case MoreStable():
            return _advantage(f"{p.steadier} is smoother than {p.rougher}", name, e)
        case LessSensitive():
            return _advantage(f"{p.steadier} is less sensitive than {p.rougher}", name, e)
        case Similar():
            inside = "within" if name == "reproduced" else "against"
            return (
                f"the median difference of {p.first} and {p.second} over {e.n} seeds is {quantity(e.estimate, e.unit)} ({_interval(e)}), "
                f"{inside} a margin of {rounded(p.margin)}"
            )
        case Ranking():
            order = " > ".join(", ".join(tier) for tier in p.order)
            outcome = {"reproduced": "every step holds", "contradicted": "a step is reversed"}.get(name, "not every step is decided")
            return f"{order}: {outcome}; the smallest median step is {quantity(e.estimate, e.unit)} ({_bound(e, name)})"
        case LearnsFaster():
            return _learning(p, name, e)
        case FailsToConverge():
            count = round(sum(e.values))
            return (
                f"{count} of {e.n} runs of {p.arm} fail: the share is {rounded(e.estimate)} "
                f"({_bound(e, name)}), against a stated {rounded(p.share)}"
            )
        case NearZero():
            scale = f" times {'its own scale' if p.also else p.scale}" if p.scale else ""
            curves = " and ".join(f"|{curve}|" for curve, _ in p.curves) if len(p.curves) < 3 else f"of {len(p.curves)} curves"
            return (
                f"the largest {curves} over all steps is {rounded(e.estimate)}{scale} in the median of {e.n} seeds "
                f"({_bound(e, name, positive=False)}), against a tolerance of {rounded(p.tolerance)}"
            )
        case MatchesPublished():
            return _published(p, name, e)
        case _:
            raise TypeError(f"no reason is written for {type(p).__name__}")


def _smallest(prediction: Greater) -> str:
    return f"the smallest effect of interest, {rounded(prediction.smallest_effect)}" if prediction.smallest_effect else "0"


def _advantage(claimed: str, name: VerdictName, e: Evidence, smallest_effect: float = 0.0) -> str:
    text = f"{claimed} {_seeds_won(e)}: the median advantage is {quantity(e.estimate, e.unit)} ({_bound(e, name)})"
    if name == "contradicted" and smallest_effect:
        return f"{text}, below the smallest effect of interest, {rounded(smallest_effect)}"
    if name == "reproduced" and e.upper is not None and e.upper < smallest_effect:
        return f"{text}, though less than the smallest effect of interest, {rounded(smallest_effect)}"
    return text


def _learning(p: LearnsFaster, name: VerdictName, e: Evidence) -> str:
    several = len(p.faster_arms) > 1
    arms = enumeration(p.faster_arms)
    if p.allowance != 1:
        within = f"fewer than {rounded(p.allowance)} times the updates of {p.slower}"
        seen = _against_allowance(p, name, e)
    else:
        within, seen = "", _times(p, name, e)
    if not several:
        return f"{arms} {f'needs {within}' if within else 'reaches the level first'} {_seeds_won(e)}: {seen}"
    outcome = {"reproduced": "each of them does", "contradicted": "one of them does not"}.get(name, "not each of them is decided")
    claimed = f"need {within}" if within else f"reach the level before {p.slower}"
    return f"{arms} {claimed}: {outcome}, the least sure {_seeds_won(e)}; in the closest comparison {seen}"


def _times(p: LearnsFaster, name: VerdictName, e: Evidence) -> str:
    """The ratio of updates in words; where a side never gets there in the typical seed, that instead of an infinite ratio."""
    ratio, least, most = (None if value is None else 2.0**value for value in (e.estimate, e.lower, e.upper))
    bound = {"reproduced": f"at least {rounded(least)}", "contradicted": f"at most {rounded(most)}"}.get(
        name, f"between {rounded(least)} and {rounded(most)}"
    )
    if ratio is None:
        return "each side wins half of the seeds"
    if not any(e.values):
        return "no seed tells which side is first"
    if ratio in (0.0, math.inf):
        typical = f"in the typical seed {p.slower if ratio else ' or '.join(p.faster_arms)} does not get there"
    else:
        typical = f"{p.slower} takes {rounded(ratio)} times the updates"
    return f"{typical} ({bound})" if least is not None and most is not None else f"{typical} (no bound)"


def _against_allowance(p: LearnsFaster, name: VerdictName, e: Evidence) -> str:
    """The updates as a multiple of the slower arm's, which the allowance bounds: the evidence's ratio turned round."""

    def multiple(effect: float | None) -> float | None:
        return None if effect is None else p.allowance / 2.0**effect if effect > -math.inf else math.inf

    typical, most, least = (multiple(value) for value in (e.estimate, e.lower, e.upper))
    if typical is None:
        return "half of the seeds lie on each side of it"
    if not any(e.values):
        return "no seed tells"
    bound = {"reproduced": f"at most {rounded(most)}", "contradicted": f"at least {rounded(least)}"}.get(
        name, f"between {rounded(least)} and {rounded(most)}"
    )
    if typical in (0.0, math.inf):
        text = f"in the typical seed {' or '.join(p.faster_arms) if typical else p.slower} does not get there"
    else:
        text = f"it takes {rounded(typical)} times as many"
    return f"{text} ({bound})" if least is not None and most is not None else f"{text} (no bound)"


def _published(p: MatchesPublished, name: VerdictName, e: Evidence) -> str:
    printed = f"the printed {rounded(p.published)}"
    lost = sum(not math.isfinite(value) for value in e.values)
    if lost == e.n:
        return f"all {e.n} runs of {p.arm} diverged, so none resembles {printed}"
    if lost:
        return f"{lost} of {e.n} runs of {p.arm} diverged, so there is no interval to hold {printed} against"
    if e.lower is None or e.upper is None:
        return f"one run of {p.arm} gives no interval to hold {printed} against"
    printed_value = p.published or 0.0
    inside = e.lower <= (math.log10(printed_value) if p.log10 else printed_value) <= e.upper
    side = "inside" if inside else "outside"
    text = f"{printed} lies {side} the interval for one more run of {p.arm}, {rounded(e.lower)} to {rounded(e.upper)}"
    if name == "inconclusive" and inside:
        return f"{text}, which is {rounded(e.upper - e.lower)} wide and useful up to {rounded(p.useful_width)}"
    if name == "inconclusive":
        why = "so few seeds cannot" if p_not_one_more_run(0.0, e.n) > 2 * (1 - e.confidence) else "not far enough to"
        return f"{text}, but {why} rule out that the printed run was an odd one"
    return text
