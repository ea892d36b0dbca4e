"""The folder that a report is written to: whether it will do, and what it holds already."""

from __future__ import annotations

import os
from pathlib import Path

from claims.report.formats import json
from claims.report.model import ReportError


def check_folder(folder: Path) -> None:
    """Refuse a folder that is a file or lies in one.

    Raises ReportError.
    """
    nearest = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), folder)
    if os.path.lexists(nearest) and not nearest.is_dir():
        raise refused(folder, f"{nearest} is no folder")


def to_be_replaced(folder: Path) -> str:
    """Say in one line which report the folder holds, since ``write_report`` replaces it; "" where there is none."""
    held = json.described(folder / "report.json")
    return f"{folder} held {held}, which this one replaces; --claims-report or --to names another folder" if held else ""


def refused(folder: Path, reason: str) -> ReportError:
    return ReportError(f"cannot write the report to {folder} ({reason}); name a writable folder with --claims-report or --to")
