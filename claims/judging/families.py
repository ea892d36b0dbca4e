"""Many claims at once: Holm-adjusted verdicts inside a family, and expected false verdicts outside one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.results import Verdict, VerdictName
from claims.statistics.intervals import ALPHA
from claims.statistics.rankings import holm


@dataclass(frozen=True)
class FamilyVerdict:
    """A verdict after Holm's adjustment over its family, with the adjusted p values.

    A p value is None where the verdict rests on no test.
    """

    verdict: VerdictName
    p_reproduced: float | None
    p_contradicted: float | None


def _is_tested(verdict: Verdict) -> bool:
    """Return whether a test decides the verdict, as it does that of every measured claim that was run."""
    found = verdict.evidence
    # identities and arithmetic are exact, and a claim that was not run has no verdict that could be false
    return found is not None and (found.p_reproduced is not None or found.p_contradicted is not None)


def _adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    known = iter(holm(tuple(p for p in p_values if p is not None)))
    return [None if p is None else next(known) for p in p_values]


def holm_verdicts(family: Sequence[Verdict], alpha: float = ALPHA) -> tuple[FamilyVerdict, ...]:
    """Compute the family's verdicts after Holm's step-down procedure, in order.

    The chance of any false "reproduced" is then at most ``alpha``, and so is the chance of any false "contradicted". The procedure runs
    over the p values of reproducing and, apart, over the p values of contradicting, because a verdict has error ``alpha`` each way. A
    verdict whose adjusted p value exceeds ``alpha`` becomes inconclusive; none is turned round. Verdicts without a test (exact kinds,
    claims not run, a printed number inside its prediction interval) stand as they are.
    """
    found = [verdict.evidence for verdict in family]
    reproduced = _adjusted([None if e is None else e.p_reproduced for e in found])
    contradicted = _adjusted([None if e is None else e.p_contradicted for e in found])
    result = []
    for verdict, p_reproduced, p_contradicted in zip(family, reproduced, contradicted, strict=True):
        p = {"reproduced": p_reproduced, "contradicted": p_contradicted}.get(verdict.verdict)
        name: VerdictName = "inconclusive" if p is not None and p > alpha else verdict.verdict
        result.append(FamilyVerdict(name, p_reproduced, p_contradicted))
    return tuple(result)


def expected_false_verdicts(verdicts: Iterable[Verdict], alpha: float = ALPHA) -> float:
    """Bound the number of false verdicts of one kind, say "reproduced", to expect among ``verdicts``.

    The bound is for claims that all lie at their null. It is ``alpha`` for every verdict of a measured claim: expectations add
    whether or not claims share trials. Exact kinds and claims not run add nothing. The discrete tests here attain less than ``alpha`` (1/32
    at five seeds), so the number is an upper limit.
    """
    return alpha * sum(_is_tested(verdict) for verdict in verdicts)
