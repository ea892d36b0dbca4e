"""What pytest loads of rin-claims in every repository: a plain word where another package hides one of rin-claims.

The packages have names that a repository may use itself, and pytest puts its folder before the installed ones. This module has a name of
its own, imports none of them, and does nothing where no conftest.py asks for the plugin of rin-claims.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

PACKAGES = ("claims", "reproductions", "reference_results")


def hiding(folders: list[str] | None = None) -> str:
    """Say in one line which file or folder in ``folders`` (None: where Python looks) hides a package of rin-claims.

    Returns "" where none does. A checkout of rin-claims hides nothing.
    """
    for name in PACKAGES:
        found = PathFinder.find_spec(name, folders)
        if found is None or not found.has_location or found.origin is None:
            continue
        file = Path(found.origin)
        place = file.parent if file.stem == "__init__" else file
        if not (place.parent / Path(__file__).name).exists():
            return f"{place} hides the package {name} of rin-claims; rename it, or move it into a package with another name"
    return ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """End in one line where a conftest.py that needs rin-claims has got another package, or its tests would."""
    try:
        yield
        needed = "claims.pytest_plugin" in sys.modules
    except Exception as error:
        needed = any((cause.name or "").partition(".")[0] in PACKAGES for cause in _causes(error) if isinstance(cause, ImportError))
        if not (needed and hiding()):
            raise
    if needed and (said := hiding()):
        raise pytest.UsageError(said)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "cause", None) or error.__cause__ or error.__context__
