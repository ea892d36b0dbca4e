"""Sequential designs: the error over all looks by enumerating every sequence of signs, and the trace."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re

import pytest
from scipy import stats

from claims.judging.assess import judge
from claims.judging.looks import SPENDING, decide_sequentially
from claims.kinds import Greater
from claims.protocol import STANDARD
from claims.results import Evidence, Verdict
from claims.statistics.intervals import bound_rank, sign_tail
from claims.statistics.sequential import EFFECTS, DesignError, SequentialDesign, Spending, savings, spent

GREATER = Greater("m", "points", "a test", better="a", worse="b", smallest_effect=0.25)
DESIGNS = [
    SequentialDesign(looks, spending=spending)
    for looks in ((5,), (5, 9), (6, 10), (5, 8, 12), (6, 9, 12, 15))
    for spending in ("pocock", "obrien-fleming", "linear", "square-root")
]


def fixed_sample_verdicts(design: SequentialDesign, signs: tuple[int, ...]) -> str:
    """The verdict through the code that judges real runs, look by look."""
    for seeds, alpha in design.schedule():
        found = GREATER.evidence({"a": [sign - 0.5 for sign in signs[:seeds]], "b": [0.0] * seeds}, alpha=alpha)
        if (name := GREATER.decide(found, alpha)) != "inconclusive":
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


@pytest.mark.parametrize("spending", ["pocock", "obrien-fleming", "linear", "square-root"])
def test_all_the_error_is_spent_at_the_cap_and_never_more_before(spending: Spending) -> None:
    used = [spent(t, 0.05, spending) for t in (0.1, 0.3, 0.5, 0.8, 1.0)]
    assert used[-1] == pytest.approx(0.05)
    assert used == sorted(used)


def test_spending_functions_are_those_of_lan_and_demets() -> None:
    """At half of the information: 0.05 ln(1 + (e-1)/2) = 0.0310 and 2 (1 - Phi(1.96 sqrt 2)) = 0.00557."""
    assert spent(0.5, 0.05, "pocock") == pytest.approx(0.05 * math.log(1 + (math.e - 1) / 2))
    assert spent(0.5, 0.05, "obrien-fleming") == pytest.approx(0.00557, abs=5e-5)


def test_the_power_family_of_kim_and_demets_gives_early_looks_more_than_pocock() -> None:
    """At 5 of 12 seeds 0.05 sqrt(5/12) = 0.0323, enough for the 1/32 that five seeds cost; Pocock's 0.0270 is not."""
    assert spent(5 / 12, 0.05, "square-root") == pytest.approx(0.0323, abs=5e-5)
    assert spent(5 / 12, 0.05, "linear") == pytest.approx(0.05 * 5 / 12)
    assert spent(5 / 12, 0.05, "pocock") < 1 / 32 < spent(5 / 12, 0.05, "square-root")
    assert SequentialDesign((5, 9, 12), spending="square-root").limits == (0, 1, 2)


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
        return judge(GREATER, GREATER.evidence({"a": values[:seeds], "b": [0.0] * seeds}, alpha=alpha), alpha)

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
    assert [(look.seeds, look.level, look.verdict) for look in found.evidence.trace] == [
        (5, pytest.approx(1 / 32), "inconclusive"),
        (9, pytest.approx(sign_tail(1, 9)), "reproduced"),
    ]
    assert [(look.lower, look.upper) for look in found.evidence.trace] == [(-1.0, 2.0), (1.0, 2.0)]
    assert [line.split(":")[0] for line in found.evidence.details] == ["look 1", "look 2"]


def test_a_look_that_cannot_decide_is_passed_over() -> None:
    assess_at, asked = look_at([1.0] * 14)
    found = decide_sequentially(SequentialDesign((5, 9, 14)), assess_at)
    assert asked == [9]
    assert found.evidence is not None
    assert found.evidence.details[0] == "look 1: 5 seeds cannot decide under this schedule"
    assert (found.evidence.trace[0].level, found.evidence.trace[0].lower) == (0, None)


def test_the_last_look_is_taken_even_where_it_cannot_decide() -> None:
    assess_at, asked = look_at([1.0] * 4)
    alone = decide_sequentially(SequentialDesign((3,)), assess_at)
    assert (alone.verdict, asked) == ("inconclusive", [3])
    after_another = decide_sequentially(SequentialDesign((3, 4)), assess_at)
    assert (after_another.verdict, asked) == ("inconclusive", [3, 4])
    assert after_another.evidence is not None
    assert [(look.seeds, look.verdict) for look in after_another.evidence.trace] == [(3, "inconclusive"), (4, "inconclusive")]


def test_evidence_without_bounds_or_p_values_is_traced_as_it_is() -> None:
    bare = Evidence(1.0, None, 2.0, 5, 0, "a method", "u", details=("before",))
    found = decide_sequentially(SequentialDesign((5,)), lambda seeds, alpha: Verdict("reproduced", "why", bare)).evidence
    assert found is not None
    assert (found.p_reproduced, found.p_contradicted) == (None, None)
    assert found.details == ("before", "look 1: 5 seeds, level 0.0313 each way, interval unbounded to 2: reproduced")


def test_a_claim_that_is_not_run_has_no_trace() -> None:
    verdict = Verdict("not run", "no data")
    assert decide_sequentially(SequentialDesign((5,)), lambda seeds, alpha: verdict) == verdict


@pytest.mark.parametrize("looks", [(), (5, 5), (8, 5), (0, 5), (5, 9, 7)])
def test_looks_must_increase(looks: tuple[int, ...]) -> None:
    with pytest.raises(DesignError, match="^looks must be increasing numbers of seeds, for example .* not " + re.escape(repr(looks))):
        SequentialDesign(looks)
    assert SequentialDesign((1, 2)).limits == (-1, -1)  # one seed is a look, though it decides nothing


def test_alpha_must_be_an_error_rate() -> None:
    for alpha in (0.0, 0.5, -0.1, 1.2):
        with pytest.raises(DesignError, match=rf"^alpha must lie between 0 and 0\.5, not {alpha}$"):
            dataclasses.replace(SequentialDesign((5,)), alpha=alpha)


# --- p values over looks ---


@pytest.mark.parametrize("design", [design for design in DESIGNS if design.looks[-1] <= 12], ids=str)
def test_the_p_value_over_looks_is_small_no_more_often_than_it_says(design: SequentialDesign) -> None:
    """Every sequence of signs: P(p <= x) <= x at each x that occurs, and p <= alpha exactly where the claim is reproduced."""
    found: list[float] = []
    for signs in itertools.product((0, 1), repeat=design.looks[-1]):
        for look, (seeds, limit) in enumerate(zip(design.looks, design.limits, strict=True)):
            wrong = seeds - sum(signs[:seeds])
            if wrong <= limit or seeds - wrong <= limit or look == len(design.looks) - 1:
                found.append(design.p_value(look, sign_tail(wrong, seeds)))
                assert (found[-1] <= 0.05) == (wrong <= limit)
                break
    for p in set(found):
        assert sum(other <= p for other in found) / len(found) <= p * (1 + 1e-9)


def test_at_the_first_look_the_p_value_is_the_sign_tests() -> None:
    design = SequentialDesign((6, 9, 12), spending="square-root")
    for wrong in range(7):
        assert design.p_value(0, sign_tail(wrong, 6)) == pytest.approx(sign_tail(wrong, 6))
    with pytest.raises(DesignError, match="3 looks"):
        design.p_value(3, 0.5)


def test_evidence_carries_the_p_value_over_looks_not_that_of_its_last_look() -> None:
    """One of nine wrong: 1/32 for having stopped at five, and 5/32 x 1/16 for one wrong among five and none among four."""
    assess_at, _ = look_at([1.0, -1.0, *[1.0] * 7])
    evidence_found = decide_sequentially(SequentialDesign((5, 9, 12), spending="square-root"), assess_at).evidence
    assert evidence_found is not None
    assert evidence_found.p_reproduced == pytest.approx(1 / 32 + 5 / 32 / 16)
    assert evidence_found.p_contradicted is not None
    assert evidence_found.p_contradicted > 0.9
    mirrored, _ = look_at([-1.0, 1.0, *[-1.0] * 7])
    contradicted = decide_sequentially(SequentialDesign((5, 9, 12), spending="square-root"), mirrored).evidence
    assert contradicted is not None
    assert contradicted.p_contradicted == evidence_found.p_reproduced


# --- What it saves ---


def test_savings_agree_with_enumeration_of_every_sequence() -> None:
    design = SequentialDesign((5, 9, 12), spending="square-root")
    found = savings(design, (0.0, 1.0))
    for effect, mean, power in zip(found.effects, found.mean_seeds, found.power, strict=True):
        wrong, seeds_taken, reproduced = stats.norm.cdf(-effect), 0.0, 0.0
        for signs in itertools.product((0, 1), repeat=12):
            chance = math.prod(1 - wrong if sign else wrong for sign in signs)
            for seeds, limit in zip((5, 9, 12), (0, 1, 2), strict=True):
                up = sum(signs[:seeds])
                if seeds - up <= limit or up <= limit or seeds == 12:
                    seeds_taken += chance * seeds
                    reproduced += chance * (seeds - up <= limit)
                    break
        assert mean == pytest.approx(seeds_taken)
        assert power == pytest.approx(reproduced)


def test_the_fixed_design_it_is_held_against_has_no_less_power_anywhere_and_one_seed_fewer_has() -> None:
    found = savings(SequentialDesign((5, 9, 12), spending="square-root"))

    def power(n: int, effect: float) -> float:
        return float(stats.binom.cdf(bound_rank(n) - 1, n, stats.norm.cdf(-effect)))

    pairs = list(zip(found.effects, found.power, strict=True))[1:]
    assert all(power(found.fixed, effect) >= reached for effect, reached in pairs)
    for n in range(5, found.fixed):
        assert any(power(n, effect) < reached for effect, reached in pairs)


def test_a_single_look_saves_nothing() -> None:
    found = savings(SequentialDesign((8,)))
    assert (found.fixed, found.ratio) == (8, 1.0)


def test_the_mean_of_the_savings_is_over_all_effects() -> None:
    found = savings(SequentialDesign((5, 9), spending="square-root"), (0.0, 1.0))
    assert found.mean == pytest.approx(sum(found.mean_seeds) / 2)
    assert found.mean % 1 != 0
    assert found.ratio == pytest.approx(found.mean / found.fixed)


def test_savings_name_their_design_and_hold_it_against_one_look_at_its_own_level() -> None:
    """At alpha = 0.01 seven seeds are the fewest that decide anything; at 0.05 five have as much power or more."""
    design = SequentialDesign((7,), alpha=0.01, spending="linear")
    found = savings(design)
    assert (found.looks, found.spending, found.error, found.effects) == ((7,), "linear", 1 / 128, EFFECTS)
    assert found.fixed == 7
    assert savings(design, (0.5,)).fixed == 7  # one small effect is enough to hold it against
    assert savings(SequentialDesign((3,))).fixed == 1  # what decides nothing is matched by a single seed


def test_the_profiles_looks_take_at_most_three_fifths_of_the_fixed_designs_seeds() -> None:
    for profile in ("compact", "paper"):
        found = savings(SequentialDesign(STANDARD[profile].looks, spending=SPENDING))
        assert found.ratio <= 0.60
        assert (found.fixed, found.error <= 0.05) == (13, True)
    assert EFFECTS[0] == 0.0
    assert EFFECTS[-1] == 3.0


@pytest.mark.parametrize("spending", ["pocock", "linear", "obrien-fleming"])
@pytest.mark.parametrize("looks", [(5, 8, 12), (5, 9, 12), tuple(range(5, 13))])
def test_the_other_schedules_that_were_tried_save_less(looks: tuple[int, ...], spending: Spending) -> None:
    chosen = savings(SequentialDesign((5, 9, 12), spending=SPENDING)).ratio
    assert savings(SequentialDesign(looks, spending=spending)).ratio > 0.60 > chosen
    assert savings(SequentialDesign(looks, spending=SPENDING)).ratio >= chosen - 1e-12
