"""Writing a report to a folder: every format, each file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from claims.report import csv, html, json, markdown
from claims.report.model import Report, ReportError

FILES: Mapping[str, Callable[[Report], str]] = {
    "index.html": html.dumps,
    "report.md": markdown.dumps,
    "report.json": json.dumps,
    "claims.csv": csv.dumps,
}


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write FILES under ``folder``, which is made if absent, and return their paths.

    Every format is rendered before the first file is written, and each file replaces its predecessor in one step. Raises
    ReportError where the folder cannot be written.
    """
    texts = {name: render(report) for name, render in FILES.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_replace(folder / name, text) for name, text in texts.items())
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ReportError(f"cannot write the report to {folder} ({reason}); name a writable folder with --claims-report or --to") from None


def _replace(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        partial.chmod(0o644)  # mkstemp makes it private; a report is there to be read
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return path
