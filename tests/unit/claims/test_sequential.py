"""Sequential designs: the error over all looks by enumerating every sequence of signs, and the trace."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from scipy import stats

from claims.model import Greater, Verdict
from claims.sequential import DesignError, SequentialDesign, Spending, decide_sequentially, spent
from claims.statistics.intervals import bound_rank
from claims.verdict import decide, evidence, judge

GREATER = Greater("m", "points", "a test", better="a", worse="b", smallest_effect=0.0)
DESIGNS = [
    SequentialDesign(looks, spending=spending)
    for looks in ((5,), (5, 9), (6, 10), (5, 8, 12), (6, 9, 12, 15))
    for spending in ("pocock", "obrien-fleming", "linear")
]


def fixed_sample_verdicts(design: SequentialDesign, signs: tuple[int, ...]) -> str:
    """The verdict through the code that judges real runs, look by look."""
    for seeds, alpha in design.schedule():
        found = evidence(GREATER, {"a": [sign - 0.5 for sign in signs[:seeds]], "b": [0.0] * seeds}, alpha=alpha)
        if (name := decide(GREATER, found, alpha)) != "inconclusive":
            return name
    return "inconclusive"


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_the_error_over_all_looks_is_at_most_five_percent_each_way(design: SequentialDesign) -> None:
    """All equally likely sequences of signs up to the cap, judged at each look by counting alone."""
    wrong = [0, 0]
    for signs in itertools.product((0, 1), repeat=design.looks[-1]):
        for seeds, limit in zip(design.looks, design.limits, strict=True):
            up = sum(signs[:seeds])
            if seeds - up <= limit or up <= limit:
                wrong[0 if seeds - up <= limit else 1] += 1
                break
    total = 2 ** design.looks[-1]
    assert wrong[0] == wrong[1]
    assert wrong[0] / total <= 0.05
    assert wrong[0] / total == pytest.approx(design.stopping(0.5)[:, 0].sum())
    assert wrong[0] / total <= design.error() <= 0.05


@pytest.mark.parametrize("looks", [(5, 9), (6, 8)])
def test_a_fixed_sample_verdict_at_the_nominal_level_follows_the_design(looks: tuple[int, ...]) -> None:
    design = SequentialDesign(looks)
    names = [fixed_sample_verdicts(design, signs) for signs in itertools.product((0, 1), repeat=looks[-1])]
    stopping = design.stopping(0.5).sum(axis=0)
    assert names.count("reproduced") / len(names) == pytest.approx(stopping[0])
    assert names.count("contradicted") / len(names) == pytest.approx(stopping[1])


def test_looking_twice_at_the_full_level_would_err_too_often() -> None:
    """Why the looks share the error."""
    naive = SequentialDesign((5, 8, 11, 14))
    limits = [bound_rank(n) - 1 for n in naive.looks]
    crossed = 0
    for signs in itertools.product((0, 1), repeat=14):
        crossed += any(seeds - sum(signs[:seeds]) <= limit for seeds, limit in zip(naive.looks, limits, strict=True))
    assert crossed / 2**14 > 0.05


def test_a_single_look_is_the_fixed_design() -> None:
    for n in range(3, 20):
        design = SequentialDesign((n,))
        assert design.limits == (bound_rank(n) - 1,)
        assert design.error() == pytest.approx(stats.binom.cdf(bound_rank(n) - 1, n, 0.5))


@pytest.mark.parametrize("spending", ["pocock", "obrien-fleming", "linear"])
def test_all_the_error_is_spent_at_the_cap_and_never_more_before(spending: Spending) -> None:
    used = [spent(t, 0.05, spending) for t in (0.1, 0.3, 0.5, 0.8, 1.0)]
    assert used[-1] == pytest.approx(0.05)
    assert used == sorted(used)


def test_spending_functions_are_those_of_lan_and_demets() -> None:
    """At half of the information: 0.05 ln(1 + (e-1)/2) = 0.0310 and 2 (1 - Phi(1.96 sqrt 2)) = 0.00557."""
    assert spent(0.5, 0.05, "pocock") == pytest.approx(0.05 * math.log(1 + (math.e - 1) / 2))
    assert spent(0.5, 0.05, "obrien-fleming") == pytest.approx(0.00557, abs=5e-5)


def test_levels_give_back_the_limits() -> None:
    for design in DESIGNS:
        for n, limit, level in zip(design.looks, design.limits, design.levels, strict=True):
            assert (bound_rank(n, level) if level else 0) == limit + 1


def test_a_clear_effect_costs_the_first_look_and_no_effect_the_cap() -> None:
    design = SequentialDesign((6, 9, 12, 15, 18, 21))
    assert design.expected_seeds(0.0) == 6
    assert design.expected_seeds(1.0) == 6
    assert design.expected_seeds(0.5) > 18
    assert design.stopping(0.0)[0].tolist() == [1.0, 0.0]


def test_expected_seeds_agree_with_enumeration() -> None:
    design, wrong = SequentialDesign((5, 9)), 0.2
    mean = 0.0
    for signs in itertools.product((0, 1), repeat=9):
        chance = math.prod(1 - wrong if sign else wrong for sign in signs)
        up = sum(signs[:5])
        mean += chance * (5 if up in (0, 5) else 9)
    assert design.limits == (0, 1)
    assert design.expected_seeds(wrong) == pytest.approx(mean)


def look_at(values: list[float]):  # type: ignore[no-untyped-def]
    asked: list[int] = []

    def assess_at(seeds: int, alpha: float) -> Verdict:
        asked.append(seeds)
        return judge(GREATER, evidence(GREATER, {"a": values[:seeds], "b": [0.0] * seeds}, alpha=alpha), alpha)

    return assess_at, asked


def test_no_seed_is_bought_after_the_verdict() -> None:
    assess_at, asked = look_at([1.0] * 9)
    found = decide_sequentially(SequentialDesign((5, 9)), assess_at)
    assert (found.verdict, asked) == ("reproduced", [5])
    assert found.evidence is not None
    assert found.evidence.looks == 1
    assert found.evidence.details[-1] == "look 1: 5 seeds, level 0.0313 each way, interval 1 to 1: reproduced"


def test_an_undecided_look_buys_more_and_the_trace_shows_it() -> None:
    assess_at, asked = look_at([1.0, -1.0, 1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 1.0])
    found = decide_sequentially(SequentialDesign((5, 9)), assess_at)
    assert (found.verdict, asked) == ("reproduced", [5, 9])
    assert found.evidence is not None
    assert (found.evidence.looks, len(found.evidence.values)) == (2, 9)
    assert [line.split(":")[0] for line in found.evidence.details] == ["look 1", "look 2"]


def test_a_look_that_cannot_decide_is_passed_over() -> None:
    assess_at, asked = look_at([1.0] * 14)
    found = decide_sequentially(SequentialDesign((5, 9, 14)), assess_at)
    assert asked == [9]
    assert found.evidence is not None
    assert found.evidence.details[0] == "look 1: 5 seeds cannot decide under this schedule"


def test_a_claim_that_is_not_run_has_no_trace() -> None:
    verdict = Verdict("not run", "no data")
    assert decide_sequentially(SequentialDesign((5,)), lambda seeds, alpha: verdict) == verdict


@pytest.mark.parametrize("looks", [(), (5, 5), (8, 5), (0, 5)])
def test_looks_must_increase(looks: tuple[int, ...]) -> None:
    with pytest.raises(DesignError, match="increasing numbers of seeds"):
        SequentialDesign(looks)


def test_alpha_must_be_an_error_rate() -> None:
    with pytest.raises(DesignError, match=r"alpha must lie between 0 and 0\.5, not 0\.0"):
        dataclasses.replace(SequentialDesign((5,)), alpha=0.0)
