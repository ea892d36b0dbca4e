"""The arithmetic on printed numbers, against sums done by hand from the paper's tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scipy import stats

from claims.kinds import Arithmetic
from claims.papers import all_claims
from claims.papers.rin_2018 import table_checks as tc

CONTRADICTED = {
    "rin-2018/tables/headline-12-67": 9.76,  # |1.74 - 12| - 0.5
    "rin-2018/tables/bigger-similar/permuted/2-100": 5.06,  # 83.37 - 76.31 - 2
    "rin-2018/tables/bigger-similar/permuted/3-100": 3.37,  # 84.15 - 78.78 - 2
    "rin-2018/tables/babi-per-task/lstm": 2.0,  # 8 wins, 9 losses: two wins short of more
}


def test_the_papers_own_numbers_contradict_exactly_these_statements() -> None:
    found = {}
    for claim in all_claims():
        if isinstance(claim.prediction, Arithmetic):
            evidence = claim.prediction.check(*claim.prediction.arguments)
            assert evidence.estimate == evidence.lower == evidence.upper
            assert evidence.n == 0
            assert evidence.unit == claim.prediction.unit
            assert evidence.details
            if evidence.estimate:
                found[claim.id] = evidence.estimate
    assert found == pytest.approx(CONTRADICTED)


@pytest.fixture
def altered(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[tuple[str, ...], Decimal]]:
    """Both tables, open to alteration by a test; the checks read these."""
    tables = {"table1": dict(tc.table1()), "table3": dict(tc.table3())}
    monkeypatch.setattr(tc, "table1", lambda: tables["table1"])
    monkeypatch.setattr(tc, "table3", lambda: tables["table3"])
    return tables


def test_a_mean_is_wrong_once_rounding_cannot_explain_it(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    assert tc.column_mean("RIN").estimate == 0  # 52.55 and 52.6: half a unit, which rounding up explains
    altered["table3"]["1", "RIN"] -= Decimal("0.1")  # mean 52.545
    assert tc.column_mean("RIN").estimate == pytest.approx(0.005)
    assert "1050.9 / 20 = 52.545" in tc.column_mean("RIN").details[0]


def test_the_headline_holds_when_the_gains_do_span_12_to_67(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    cells = altered["table1"]
    for task in ("sequential", "permuted"):
        for network in ("1-100", "1-200"):
            cells[task, network, "RIN"] = Decimal("90.00")
            cells[task, network, "IRNN"] = Decimal("77.60")  # 12.40
            cells[task, network, "LSTM"] = Decimal("23.40")  # 66.60
    assert tc.headline_range().estimate == 0
    cells["permuted", "1-200", "LSTM"] = Decimal("22.00")  # 68: half a unit too far beyond 67.5
    assert tc.headline_range().estimate == pytest.approx(0.5)


def test_the_headline_shows_all_eight_gains() -> None:
    text = "\n".join(tc.headline_range().details)
    for gain in ("8.09", "67.54", "1.74", "47.47", "16.78", "50.40", "11.30", "54.40"):
        assert f"= {gain}" in text


def test_exceeding_needs_more_than_a_tie(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table1"]["sequential", "1-100", "IRNN"] = Decimal("91.64")
    assert tc.exceeds("sequential", "1-100", "RIN", "IRNN").estimate == pytest.approx(0.01)
    altered["table1"]["sequential", "1-100", "IRNN"] = Decimal("91.63")
    assert tc.exceeds("sequential", "1-100", "RIN", "IRNN").estimate == 0


def test_a_margin_is_included_and_counts_both_ways(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    for irnn, beyond in (("92.15", 0), ("96.15", 0), ("96.16", 0.01), ("92.14", 0.01)):
        altered["table1"]["sequential", "2-200", "RIN"] = Decimal("94.15")
        altered["table1"]["sequential", "2-200", "IRNN"] = Decimal(irnn)
        assert tc.within("sequential", "2-200", "RIN", "IRNN", "2").estimate == pytest.approx(beyond)


def test_the_lowest_of_a_row_must_be_below_both_others(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table1"]["permuted", "2-200", "LSTM"] = Decimal("84.00")  # below RIN 85.31, above IRNN 83.78
    assert tc.lowest_of_row("permuted", "2-200", "LSTM").estimate == pytest.approx(0.23)


def test_the_best_of_a_task_is_compared_with_all_its_cells_and_no_others(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table1"]["permuted", "2-200", "RIN"] = Decimal("99.99")
    assert tc.highest_of_task("sequential", "1-100", "RIN-DT").estimate == 0
    evidence = tc.highest_of_task("permuted", "1-100", "RIN-DT")
    assert evidence.estimate == pytest.approx(99.99 - 86.23 + 0.01)
    assert "2-200 RIN" in evidence.details[0]
    assert "other 18 cells" in evidence.details[0]


def test_the_best_mean_may_tie(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table3"]["mean", "Weston"] = Decimal("52.6")
    assert tc.highest_mean("RIN").estimate == 0
    altered["table3"]["mean", "Weston"] = Decimal("53.0")
    assert tc.highest_mean("RIN").estimate == pytest.approx(0.4)


def test_means_differ_by_a_margin_either_way(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    for mean, beyond in (("53.6", 0), ("51.6", 0), ("54.0", 0.4), ("51.0", 0.6)):
        altered["table3"]["mean", "Jing"] = Decimal(mean)
        assert tc.mean_within("RIN", "Jing", "1").estimate == pytest.approx(beyond)


@pytest.mark.parametrize(("other", "wins", "losses", "ties"), [("IRNN", 9, 7, 4), ("LSTM", 8, 9, 3), ("Jing", 13, 6, 1)])
def test_wins_losses_and_ties_are_counted_by_hand(other: str, wins: int, losses: int, ties: int) -> None:
    assert tc.more_wins_than_losses("RIN", other).details[0] == f"RIN against {other}: {wins} wins, {losses} losses, {ties} ties"


def test_equal_wins_and_losses_are_one_win_short(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table3"]["9", "LSTM"] = Decimal("64.6")  # a win becomes a tie: 7 wins, 9 losses
    assert tc.more_wins_than_losses("RIN", "LSTM").estimate == 3
    for task in ("2", "7"):  # two losses become wins: 9 wins, 7 losses
        altered["table3"][task, "LSTM"] = Decimal("1")
    assert tc.more_wins_than_losses("RIN", "LSTM").estimate == 0


def test_the_wilcoxon_line_is_the_normal_approximation_over_ranks_by_hand() -> None:
    rin, other = (
        [float(value) for (task, name), value in tc.table3().items() if name == model and task != "mean"] for model in ("RIN", "Jing")
    )
    differences = [round(a - b, 1) for a, b in zip(rin, other, strict=True) if a != b]
    ranks = stats.rankdata([abs(difference) for difference in differences])
    positive = sum(rank for rank, difference in zip(ranks, differences, strict=True) if difference > 0)
    n = len(differences)
    _, repeats = zip(*((rank, list(ranks).count(rank)) for rank in set(ranks)), strict=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - sum(t**3 - t for t in repeats) / 48
    p = 2 * stats.norm.sf(abs(positive - n * (n + 1) / 4) / variance**0.5)
    assert f"p = {p:.3f}" in tc.more_wins_than_losses("RIN", "Jing").details[-1]


def test_an_impossible_percentage_is_found(altered: dict[str, dict[tuple[str, ...], Decimal]]) -> None:
    altered["table3"]["3", "LSTM"] = Decimal("22.93")  # 229 of 1,000 is 22.9, 230 is 23.0
    evidence = tc.possible_percentages("table3", "1000")
    assert evidence.estimate == pytest.approx(0.025)
    assert "3/LSTM" in evidence.details[0]
    altered["table1"]["permuted", "1-100", "RIN"] = Decimal("100.01")
    assert tc.possible_percentages("table1", "10000").estimate == pytest.approx(0.01)


@pytest.mark.parametrize(("printed", "half"), [("52.6", "0.05"), ("91.64", "0.005"), ("50", "0.5"), ("51.0", "0.05")])
def test_a_printed_number_stands_for_half_a_unit_of_its_last_digit(printed: str, half: str) -> None:
    assert tc.rounding(Decimal(printed)) == Decimal(half)
