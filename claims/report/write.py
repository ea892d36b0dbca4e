"""Writing a report to a folder: every format, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from claims.report.content.printed_tables import printed_tables
from claims.report.drawings.dot_plots import dot_plot
from claims.report.drawings.figures import curve_drawing
from claims.report.formats import challenge, csv, html, json, latex, markdown
from claims.report.model import Report, ReportError
from reproductions.store.outcomes import replace_file

FILES: Mapping[str, Callable[[Report], str]] = {
    "index.html": html.dumps,
    "report.md": markdown.dumps,
    "report.json": json.dumps,
    "claims.csv": csv.dumps,
    "summary.md": challenge.dumps,
}
FIGURES = "figures"  # the folder of the pictures as SVG files


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write every file of a report under ``folder``, which is made if absent; return their paths.

    These are FILES, a ``<name>.tex`` for each printed table that the report has claims about and ``figures/<title>.svg`` for each of its
    pictures. Every format is rendered before the first file is written, and each file replaces its predecessor in one step. Tables and
    pictures of an older report are removed. Raises ReportError where the folder cannot be written.
    """
    texts = {name: render(report) for name, render in FILES.items()}
    texts |= {f"{table.file}.tex": latex.dumps(report, table) for table in printed_tables(report)}
    texts |= figures(report)
    try:
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
        for old in (*filter(_is_ours, folder.glob("*.tex")), *(folder / FIGURES).glob("*.svg")):
            if old.relative_to(folder).as_posix() not in texts:  # what an older report had must not stand beside this one
                old.unlink(missing_ok=True)
        for name, text in texts.items():
            replace_file(folder / name, text.encode())
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ReportError(f"cannot write the report to {folder} ({reason}); name a writable folder with --claims-report or --to") from None
    return tuple(folder / name for name in texts)


def figures(report: Report) -> Mapping[str, str]:
    """Return the pictures of a report as SVG texts, by the path of their file in the report's folder."""
    plots = (dot_plot(report, table, paper.styles) for paper in report.papers for table in paper.tables)
    curves = (curve_drawing(picture, report.styles(picture.paper)) for picture in report.pictures)
    drawings = (*curves, *(plot for plot in plots if plot is not None))
    return {f"{FIGURES}/{drawing.slug}.svg": drawing.file for drawing in drawings}


def _is_ours(path: Path) -> bool:
    """Return whether a file is a table that a report wrote."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return latex.MADE in file.readline()
