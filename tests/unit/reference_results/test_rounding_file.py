"""The table of verdicts by kernel path: strict to read, and what of it is borderline."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import papers
from reference_results import ReferenceDataError, expected_verdicts, rounding
from reference_results.rounding import RoundingRow, borderline, dumps, parse, rounding_rows, updated
from reproductions.recurrence import build

HEADER = "claim,profile,path,verdict,estimate,n,machine,date"
MACHINE, OTHER = "A CPU, with a comma", "Another CPU"


def row(claim: str, path: str, verdict: str, machine: str = MACHINE, estimate: float | None = 0.25) -> RoundingRow:
    return RoundingRow(claim, "smoke", path, verdict, estimate, 5, machine, "2026-01-31")


STEADY = (row("a/b/c", "avx2", "reproduced"), row("a/b/c", "plain", "reproduced", estimate=None))
MOVES = (row("a/b/d", "avx2", "inconclusive", estimate=float("-inf")), row("a/b/d", "plain", "reproduced"))


def test_the_kept_table_is_about_claims_there_are_and_profiles_that_run_them() -> None:
    claims = {claim.id: claim for claim in papers.all_claims()}
    for one in rounding_rows(None, {name: claim.protocol.names for name, claim in claims.items()}):
        assert one.profile in claims[one.claim].profiles


def test_the_paths_are_those_of_the_kernels() -> None:
    assert set(rounding.PATHS) == {*build.INSTRUCTIONS, "torch"}


def test_a_table_that_is_written_is_read_as_it_was() -> None:
    rows = (*STEADY, *MOVES)
    assert parse(dumps(rows)) == rows
    assert dumps(()) == HEADER + "\n"


def test_a_claim_is_borderline_where_paths_or_machines_differ_and_nowhere_else() -> None:
    assert borderline((*STEADY, *MOVES)) == {("a/b/d", "smoke"): (("avx2", "inconclusive"), ("plain", "reproduced"))}
    by_machine = (row("a/b/c", "avx2", "reproduced"), row("a/b/c", "avx2", "contradicted", OTHER))
    assert borderline(by_machine) == {("a/b/c", "smoke"): ((f"avx2 on {MACHINE}", "reproduced"), (f"avx2 on {OTHER}", "contradicted"))}
    assert borderline(()) == {}


def test_new_rows_take_the_place_of_rows_of_their_claim_profile_path_and_machine() -> None:
    new = (row("a/b/d", "avx2", "reproduced"), row("a/b/a", "torch", "reproduced"), row("a/b/d", "plain", "contradicted", OTHER))
    rows = updated((*STEADY, *MOVES), new)
    assert rows == (new[1], *STEADY, new[0], MOVES[1], new[2])
    assert parse(dumps(rows)) == rows


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["a/b/c,smoke,avx2,reproduced,1,5,CPU,2026-01-31,x"], "line 2: 9 values for 8 columns"),
        ([",smoke,avx2,reproduced,1,5,CPU,2026-01-31"], "claim is empty"),
        (["a/b/c,tiny,avx2,reproduced,1,5,CPU,2026-01-31"], "unknown profile 'tiny'"),
        (["a/b/c,any,avx2,reproduced,1,5,CPU,2026-01-31"], "unknown profile 'any'"),
        (["a/b/c,smoke,native,reproduced,1,5,CPU,2026-01-31"], "unknown path 'native'; known: avx512, avx2, neon, plain, torch"),
        (["a/b/c,smoke,avx2,not run,1,5,CPU,2026-01-31"], "unknown verdict 'not run'"),
        (["a/b/c,smoke,avx2,reproduced,nan,5,CPU,2026-01-31"], "the estimate 'nan' is no number"),
        (["a/b/c,smoke,avx2,reproduced,much,5,CPU,2026-01-31"], "the estimate 'much' is no number"),
        (["a/b/c,smoke,avx2,reproduced,1,-5,CPU,2026-01-31"], "'-5' seeds are no whole number"),
        (["a/b/c,smoke,avx2,reproduced,1,5, ,2026-01-31"], "machine is empty"),
        (["a/b/c,smoke,avx2,reproduced,1,5,CPU,31.1.2026"], "no date"),
        (["a/b/c,smoke,plain,reproduced,1,5,CPU,2026-01-31", "a/b/c,smoke,avx2,reproduced,1,5,CPU,2026-01-31"], "line 3: .* out of order"),
        (["a/b/c,smoke,avx2,reproduced,1,5,CPU,2026-01-31"] * 2, "line 3: .* there twice"),
    ],
)
def test_a_malformed_row_is_refused_in_one_line(rows: list[str], complaint: str) -> None:
    with pytest.raises(ReferenceDataError, match=complaint) as refused:
        parse("\n".join([HEADER, *rows]))
    assert "\n" not in str(refused.value)


def test_a_row_about_a_claim_that_is_gone_is_refused_with_the_near_one() -> None:
    with pytest.raises(ReferenceDataError, match="there is no claim 'a/b/c'; did you mean a/b/x"):
        parse(dumps(STEADY), known={"a/b/x": ("smoke",)})


@pytest.mark.parametrize("header", ["", "claim,profile,path"])
def test_a_wrong_header_is_refused(header: str) -> None:
    with pytest.raises(ReferenceDataError, match=HEADER):
        parse(header)


def test_a_recorded_verdict_says_how_its_claim_moves_by_the_table_beside_it(tmp_path: Path) -> None:
    table = tmp_path / "recorded.csv"
    table.write_text(
        "claim,profile,expected,date,reason\na/b/c,any,reproduced,2026-01-31,x\na/b/d,any,reproduced,2026-01-31,x\n", encoding="utf-8"
    )
    assert not any(one.moves for one in expected_verdicts(table).values())  # there is no such table yet
    (tmp_path / "rounding.csv").write_text(dumps((*STEADY, *MOVES, row("a/b/e", "avx2", "reproduced"))), encoding="utf-8")
    found = expected_verdicts(table)
    assert {key for key, one in found.items() if one.moves} == {("a/b/d", "smoke")}
    assert found["a/b/d", "smoke"].moves == (("avx2", "inconclusive"), ("plain", "reproduced"))
    (tmp_path / "rounding.csv").write_text("claim\n", encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=r"rounding\.csv: the header must read"):
        expected_verdicts(table)
