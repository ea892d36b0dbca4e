"""The LaTeX tables: every cell says what was measured, they compile without a package, and they fit an article's page."""

from __future__ import annotations

import dataclasses
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from claims import papers
from claims.judging.result import Result
from claims.kinds import MatchesPublished
from claims.report.build import build_report
from claims.report.content.printed_tables import printed_tables
from claims.report.formats import latex
from claims.report.formats.latex_text import escape
from claims.report.model import Report
from claims.results import Evidence, Verdict
from reference_results import load_table

EVIDENCE = Evidence(estimate=50.25, lower=45.0, upper=55.5, n=8, n_diverged=0, method="m", unit="points")
LOST = dataclasses.replace(EVIDENCE, estimate=-math.inf, lower=-math.inf, upper=55.5, n_diverged=2)
UNEVEN = dataclasses.replace(EVIDENCE, lower=30.0)
NOT_RUN = Verdict("not run", "no time")
pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here; install TeX Live, for example texlive-latex-base")


def report(measured: dict[str, Verdict], rest: Verdict = NOT_RUN) -> Report:
    results = [
        Result(claim, "paper", measured.get(claim.id, rest))
        for claim in papers.all_claims()
        if isinstance(claim.prediction, MatchesPublished)
    ]
    return build_report(results, {}, "2026-01-01T00:00:00", profile="paper", papers=papers.registry().papers)


def table(name: str, measured: dict[str, Verdict], rest: Verdict = NOT_RUN) -> str:
    whole = report(measured, rest)
    (shown,) = [shown for shown in printed_tables(whole) if shown.file == name]
    return latex.dumps(whole, shown)


def test_a_cell_has_mean_half_width_verdict_and_diverged_runs() -> None:
    text = table(
        "table3",
        {
            "rin-2018/babi/table3/1/rin": Verdict("reproduced", "", EVIDENCE),
            "rin-2018/babi/table3/1/irnn": Verdict("contradicted", "", UNEVEN),
            "rin-2018/babi/table3/2/lstm": Verdict("inconclusive", "", LOST),
        },
    )
    assert r"1 Single Supporting Fact & 51.9 & 50.2$\pm$5.2 $\surd$ & 48.4 & 50.2 [30.0, 55.5] $\times$ & 50.3 & -- \\" in text
    assert r" & 19 & $-\infty$ [$-\infty$, 55.5]$^{2}$ ? \\" in text
    assert r"Ours: mean of 8 seeds $\pm$ half the prediction interval for one more run." in text
    assert r"$\surd$ reproduced, $\times$ contradicted, ? inconclusive, -- not run." in text
    assert "Raised: so many runs diverged." in text


@pytest.mark.parametrize(("name", "keys"), [("table1", ("task", "network")), ("table3", ("task", "task_name"))])
def test_every_printed_number_has_its_row_and_column(name: str, keys: tuple[str, str]) -> None:
    text = table(name, {})
    head, *lines = [line.removeprefix(r"\rule{0pt}{2.4ex}") for line in text.splitlines() if line.endswith(r" \\")]
    models = re.findall(r"\\multicolumn\{2\}\{l\}\{([^}]+)\}", head)
    rows = {line.removesuffix(r" \\").split(" & ")[0]: line.removesuffix(r" \\").split(" & ") for line in lines[1:] if " & " in line}
    assert {len(row) for row in rows.values()} == {1 + 2 * len(models)}
    for record in load_table("rin_2018", name):
        if record["model"] in models:  # Table 3 takes two numbers from other papers
            label = str(record["task_name"]) if record["task"] == "mean" else " ".join(str(record[key]) for key in keys)
            assert rows[label.replace("’", "'")][1 + 2 * models.index(record["model"])] == str(record["printed"])
    assert "none of these numbers has been measured" in text


# --- Text ---

EVERY_CHARACTER = (
    "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x2010, 0x2027)))) + "≤≥−∞✓✗中\x07"
)
HOSTILE = [
    EVERY_CHARACTER,
    "50 % & more_#{}$",
    "a\\b~^",
    "-- --- ?` !` '' <<",
    "≤ × – µ é “ ” …",
    "[5pt]",
    "*",
    r"\input{/etc/passwd}",
    "%",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("50 % & more_#{}", r"50 \% \& more\_\#\{\}"),
        ("a\\b~^", r"a\textbackslash{}b\textasciitilde{}\textasciicircum{}"),
        ("x -- y --- '' - z", "x -{}- y -{}-{}- '{}' - z"),
        ("≤ × – µ é “q” î", r"$\leq$ $\times$ -- $\mu$ \'{e} ``q'' \^{\i}"),
        ("<a|b>", "$<$a$|$b$>$"),
        ("two\n lines 中", "two lines [U+4E2D]"),
    ],
)
def test_latex_sets_text_as_it_is(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_every_character_of_the_papers_claims_and_tables_has_its_glyph() -> None:
    """And what is escaped is plain ASCII, whatever it was."""
    texts = [part for claim in papers.all_claims() for part in (claim.id, claim.quote, claim.statement, claim.note, claim.prediction.unit)]
    texts += [str(value) for name in ("table1", "table3") for record in load_table("rin_2018", name) for value in record.values()]
    assert "[U+" not in escape(" ".join(texts))
    assert escape(EVERY_CHARACTER).isascii()


# --- Compiled ---


def compiled(folder: Path, body: str) -> str:
    """The log of pdflatex over ``body`` in a bare article, which it must set without an error."""
    (folder / "document.tex").write_text(f"\\documentclass{{article}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=100, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return (folder / "document.log").read_text(encoding="utf-8", errors="replace")


@pdflatex
@pytest.mark.parametrize("name", ["table1", "table3"])
@pytest.mark.parametrize(
    "rest", [NOT_RUN, Verdict("inconclusive", "", EVIDENCE), Verdict("contradicted", "", dataclasses.replace(EVIDENCE, n_diverged=1))]
)
def test_a_table_compiles_and_fits_the_page(tmp_path: Path, name: str, rest: Verdict) -> None:
    (tmp_path / f"{name}.tex").write_text(table(name, {}, rest), encoding="utf-8")
    log = compiled(tmp_path, rf"\begin{{table}}\centering\input{{{name}.tex}}\caption{{Ours.}}\end{{table}}")
    assert "Overfull" not in log
    assert "Warning" not in log
    assert "(1 page," in log


@pdflatex
def test_hostile_text_compiles_as_a_cell(tmp_path: Path) -> None:
    cells = [rf"{escape(text[start : start + 20])} & x \\" for text in HOSTILE for start in range(0, len(text), 20)]
    guarded = [f"{{}}{cell}" for cell in cells]
    halves = [guarded[: len(guarded) // 2], guarded[len(guarded) // 2 :]]
    log = compiled(tmp_path, "\n\n".join("\n".join([r"\begin{tabular}{lr}", *half, r"\end{tabular}"]) for half in halves))
    assert "Missing character" not in log
    assert "Warning" not in log
