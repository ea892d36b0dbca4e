"""Measured and exact claims are counted apart in every format, and an exact headline stands beside what was measured."""

from __future__ import annotations

import csv as csv_file
import dataclasses
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from report_samples import DIVERGED, MANY_SEEDS, NOT_RUN, SAME_LEVEL, TABLE, UNBOUNDED, identities, report

from claims import papers
from claims.cli import main
from claims.model import Claim, ClaimError
from claims.paper import Registry, bare_papers
from claims.report.content import compare
from claims.report.counting import by_basis
from claims.report.formats import challenge, csv, github, html, markdown
from claims.report.formats import json as report_json
from claims.report.formats.terminal import summary_table
from claims.report.model import Report
from claims.report.write import write_report
from claims.results import Verdict
from claims.run.test_outcomes import properties

Found = Counter[tuple[str, str]]  # claims by basis and verdict


def changed(result, verdict=None, **fields):
    found = result.verdict if verdict is None else dataclasses.replace(result.verdict, verdict=verdict)
    return dataclasses.replace(result, claim=dataclasses.replace(result.claim, **fields), verdict=found)


UNTRAINED = changed(NOT_RUN, id="rin-2018/babi/mean/untrained", paper="rin-2018")
SUM = changed(
    dataclasses.replace(TABLE, expected="reproduced"),
    "reproduced",
    id="rin-2018/tables/sum",
    family="abstract",
    statement="The printed sum holds.",
    counterparts=(MANY_SEEDS.claim.id, DIVERGED.claim.id, UNTRAINED.claim.id),
)
TESTED = changed(MANY_SEEDS, "contradicted", statement="The mean lies above 50.")
WORST = changed(DIVERGED, statement="The LSTM is worst.")
RESULTS = [SUM, SAME_LEVEL, WORST, UNBOUNDED, TABLE, *identities(9), TESTED, UNTRAINED, NOT_RUN]
WHOLE: Report = report(RESULTS)
# by hand, from the list above
COUNTS: Found = Counter(
    {
        ("measured", "reproduced"): 1,
        ("measured", "contradicted"): 2,
        ("measured", "inconclusive"): 1,
        ("measured", "not run"): 2,
        ("exact", "reproduced"): 10,
        ("exact", "contradicted"): 1,
    }
)
SPOKEN = {"agree": "reproduced", "agrees": "reproduced", "do not agree": "contradicted", "does not agree": "contradicted"}


def spoken(text: str) -> Found:
    """What sentences such as ``2 exact claims: 1 agrees and 1 does not agree`` count, added up; each has its own sum."""
    found: Found = Counter()
    for total, basis, parts in re.findall(r"(\d+) (measured|exact) claims?: ((?:\d+ [a-z ]+?(?:, | and |(?=[.;\n]|$)))+)", text):
        counted = {SPOKEN.get(name, name): int(number) for number, name in re.findall(r"(\d+) ([a-z ]+?)(?:, | and |$)", parts)}
        assert sum(counted.values()) == int(total), parts
        found.update({(basis, verdict): number for verdict, number in counted.items()})
    return found


def judged(found: Found) -> Found:
    return Counter({key: number for key, number in found.items() if key[1] != "not run"})


class Cells(HTMLParser):
    """The text of the cells of the table of counts, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(re.search(r'<table class="counts">.*?</table>', text, re.DOTALL)[0])  # type: ignore[index]

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def of_page(text: str) -> Found:
    rows = Cells(text).rows
    assert rows[:2] == [["Verdict", "smoke"], ["measured", "exact"]]
    *verdicts, whole = rows[2:]
    found = {(basis, row[0][1:].strip()): int(number) for row in verdicts for basis, number in zip(rows[1], row[1:], strict=True)}
    assert whole == ["all", *(str(sum(n for (one, _), n in found.items() if one == basis)) for basis in rows[1])]
    return Counter(found)


def of_cards(text: str) -> Found:
    return Counter((basis, verdict) for verdict, basis in re.findall(r'data-verdict="([a-z ]+)" data-basis="([a-z]+)"', text))


def of_table(text: str) -> Found:
    header, *rows = re.findall(r"^\| (.+) \|$", text[text.index("| Profile | Claims |") :], re.MULTILINE)[:4]
    verdicts = [name.split(" ", 1)[1] for name in header.split(" | ")[2:]]
    cells = [row.split(" | ") for row in rows if row.startswith("smoke")]
    return Counter({(row[1], verdict): int(number) for row in cells for verdict, number in zip(verdicts, row[2:], strict=True)})


def of_rows(text: str) -> Found:
    return Counter((row["basis"], row["verdict"]) for row in csv_file.DictReader(io.StringIO(text)))


def of_json(text: str) -> Found:
    data = json.loads(text)
    derived = {(basis, verdict): n for basis, of in data["counts"]["smoke"].items() for verdict, n in of.items()}
    assert +Counter(derived) == Counter((claim["basis"], claim["verdict"]) for claim in data["claims"])
    return Counter(derived)


def of_sections(text: str) -> Found:
    return sum((spoken(line) for line in re.findall(r"^- .+ \(.+\), (\d+ .+)$", text, re.MULTILINE)), start=Counter())


def of_junit(_: object = None) -> Found:
    told = [dict(properties(result)) for result in RESULTS]
    return Counter((one["basis"], one["claim verdict"]) for one in told)


FORMATS: dict[str, tuple[Callable[[], str], Callable[[str], Found], bool]] = {  # what it writes, how it is read, whether "not run" counts
    "sentence": (lambda: WHOLE.outcome, spoken, False),
    "page, counts": (lambda: html.dumps(WHOLE), of_page, True),
    "page, cards": (lambda: html.dumps(WHOLE), of_cards, True),
    "markdown": (lambda: markdown.dumps(WHOLE), of_table, True),
    "comment": (lambda: github.dumps(WHOLE), of_table, True),
    "summary": (lambda: challenge.dumps(WHOLE), of_sections, False),
    "json": (lambda: report_json.dumps(WHOLE), of_json, True),
    "csv": (lambda: csv.dumps(WHOLE), of_rows, True),
    "terminal": (lambda: "\n".join(summary_table(RESULTS).splitlines()[-3:]), spoken, False),
    "JUnit": (lambda: "", of_junit, True),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_counts_measured_and_exact_claims_apart_and_every_claim_once(name: str) -> None:
    write, read, counts_all = FORMATS[name]
    found = +read(write())
    assert found == COUNTS if counts_all else judged(found) == judged(COUNTS)


@pytest.mark.parametrize("dumps", [html.dumps, markdown.dumps, github.dumps, challenge.dumps], ids=lambda dumps: dumps.__module__)
def test_no_format_has_a_sum_over_both(dumps: Callable[[Report], str]) -> None:
    text = dumps(WHOLE)
    assert WHOLE.outcome in re.sub(r"\\(.)", r"\1", text)
    for mixed in ("11 reproduced", "3 contradicted", "15 judged", "15 of 17"):
        assert mixed not in text, mixed


def test_a_terminals_folded_rows_are_of_one_basis() -> None:
    text = summary_table(RESULTS)
    assert re.search(r"^formal: 9 exact claims +✓ agree$", text, re.MULTILINE)
    assert re.search(rf"^{NOT_RUN.claim.id} +– not run", text, re.MULTILINE)  # the only one of its section
    assert text.splitlines()[-1] == "2 of 17 claims not run; 1 verdict differs from the recorded one."
    assert max(map(len, text.splitlines()[-3:])) <= 80


def test_a_comparison_counts_them_apart(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    flipped = [changed(result, "contradicted") if result in (SUM, SAME_LEVEL) else result for result in RESULTS]
    found = compare.compare(WHOLE, report(flipped))
    assert found.outcome.endswith("1 measured and 1 exact verdict changed; 5 measured and 10 exact claims as before.")
    assert f"{SUM.claim.id} (smoke): ✓ reproduced (exact): 10.26 log10 MSE" in compare.dumps(found)
    assert [change["basis"] for change in compare.as_data(found)["changes"]] == ["exact", "measured"]  # type: ignore[attr-defined]


def test_the_older_schemas_tell_the_basis_by_the_kind() -> None:
    data = json.loads(report_json.dumps(WHOLE))
    for claim in data["claims"]:
        del claim["basis"], claim["counterparts"]
    old = report_json.loads(json.dumps({**data, "schema": 3}))
    assert old.counts == WHOLE.counts
    assert all(entry.counterparts == () for entry in old.entries)


def test_numbers_of_claims_read_as_a_sentence_does() -> None:
    assert by_basis([]) == "0 claims"
    assert by_basis(["exact"]) == "1 exact claim"
    assert by_basis(["exact", "measured", "measured"]) == "2 measured and 1 exact claim"


# --- Headlines beside what was measured ---


def plain(text: str) -> str:
    """Without tags and escapes, white space folded."""
    return " ".join(re.sub(r"\\(.)", r"\1", re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize(
    "text",
    [
        lambda: html.dumps(WHOLE).partition('<ul class="headlines">')[2].partition("</section>")[0],
        lambda: markdown.dumps(WHOLE).partition("## Headline claims")[2].partition("## ")[0],
        lambda: github.dumps(WHOLE).partition("### Headline claims")[2],
        lambda: challenge.dumps(WHOLE).partition("## Results")[2],
    ],
    ids=["page", "markdown", "comment", "summary"],
)
def test_an_exact_headline_stands_directly_before_what_was_measured(text: Callable[[], str]) -> None:
    told = plain(text())
    places = [told.index(result.claim.statement) for result in (SUM, TESTED, WORST)]
    assert places == sorted(places)
    between = told[: places[-1]]
    assert "reproduced (exact)" in between or "reproduced exact" in between
    assert "contradicted" in told[places[0] : places[1]]
    assert told.count(WORST.claim.statement) == 1  # a headline itself: it stands with the exact one alone
    assert SAME_LEVEL.claim.statement not in between


def test_a_terminal_shows_the_pair_first_and_once() -> None:
    lines = summary_table(RESULTS).splitlines()
    start = lines.index("[rin-2018, headlines beside what was measured]")
    names = [re.split(" {2,}", line)[:2] for line in lines[start + 1 : start + 4]]
    assert names == [
        ["rin-2018/tables/sum", "✓ reproduced"],
        ["→ rin-2018/babi/mean/rin", "✗ contradicted"],
        ["→ rin-2018/adding/lstm-worst/T200", "✗ contradicted"],
    ]
    rows = [line for line in lines if ": recorded " not in line]  # of a change
    assert [sum(name.split()[-1] in line for line in rows) for name, _ in names] == [1, 1, 1]
    without = summary_table([SUM, UNTRAINED, *identities(2)])  # nothing measured to stand beside
    assert "headlines beside" not in without
    assert re.search(rf"^{SUM.claim.id} +✓ reproduced", without, re.MULTILINE)


def test_list_and_show_know_both_sorts(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(result.claim for result in RESULTS)))
    monkeypatch.setattr("reference_results.expected_verdicts", lambda *given: {})
    write_report(WHOLE, tmp_path / "report")
    capsys.readouterr()
    for basis, number in (("exact", 11), ("measured", 6)):
        assert main(["list", "--basis", basis]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == f"{number} {basis} claims"
        assert main(["list", "--basis", basis, "--json"]) == 0
        assert [row["basis"] for row in json.loads(capsys.readouterr().out)] == [basis] * number
    assert main(["list", "--basis", "exakt"]) == 2
    assert "did you mean exact?" in capsys.readouterr().err
    assert main(["show", SUM.claim.id]) == 0
    shown = capsys.readouterr().out
    assert "kind          Arithmetic, exact\n" in shown
    assert "measured      babi/mean/rin: ✗ contradicted: above\n" in shown
    assert main(["show", SUM.claim.id, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["basis"], data["counterparts"]) == ("exact", list(SUM.claim.counterparts))


def test_a_measured_claim_has_no_counterparts() -> None:
    for claim, named in ((SAME_LEVEL.claim, (TESTED.claim.id,)), (TABLE.claim, TESTED.claim.id)):
        with pytest.raises(ClaimError, match="`counterparts` is a tuple of ids, and only an exact claim has measured ones"):
            dataclasses.replace(claim, counterparts=named)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("rin-2018/babi/mean/rim", "its counterpart 'rin-2018/babi/mean/rim' is no claim; did you mean rin-2018/babi/mean/rin"),
        (NOT_RUN.claim.id, "is of another paper; name one of rin-2018"),
        (TABLE.claim.id, "is exact itself; name a claim that is measured"),
    ],
)
def test_a_counterpart_is_a_measured_claim_of_the_same_paper(named: str, message: str) -> None:
    claims: list[Claim] = [dataclasses.replace(SUM.claim, counterparts=(named,)), TABLE.claim, TESTED.claim, NOT_RUN.claim]
    with pytest.raises(ClaimError, match=re.escape(message)):
        _ = Registry(bare_papers(claims)).claims
    assert len(Registry(bare_papers(claims[:1]), whole=False).claims) == 1  # those that a run selected


def test_every_exact_headline_of_this_project_has_its_measured_counterparts() -> None:
    exact = [claim for claim in papers.all_claims() if claim.headline and claim.prediction.basis == "exact"]
    assert exact
    assert [claim.id for claim in exact if not claim.counterparts] == []
    assert "rin-2018/babi/rin-mean-beats/lstm" in papers.find("rin-2018/tables/babi-state-of-the-art/best-mean").counterparts


def test_what_a_claim_rests_on_is_its_kinds_and_not_its_evidences() -> None:
    """Evidence without a bound, or of no seed, makes no measured claim exact."""
    found = dataclasses.replace(UNBOUNDED.verdict.evidence, n=0, confidence=1.0)
    empty = dataclasses.replace(UNBOUNDED, verdict=Verdict("inconclusive", "", found))
    (entry,) = report([empty]).entries
    assert entry.basis == "measured"
    assert "(exact)" not in github.dumps(report([empty]))
