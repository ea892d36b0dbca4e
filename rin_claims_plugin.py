"""What pytest loads of rin-claims in every repository: options with a space, and a plain word where a package is hidden.

The packages have names that a repository may use itself, and pytest puts its folder before the installed ones. This module has a name of
its own, imports none of them, and does nothing where no conftest.py asks for the plugin of rin-claims.

PYTEST_DONT_REWRITE: `rin-claims run` has imported this package when pytest would rewrite its assertions.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Generator, Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

OPTIONS = "--claims-"  # how they begin; each takes a value
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
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """End in one line where a conftest.py that needs rin-claims has got another package, or its tests would.

    An option whose value stands apart is first written with "=", because pytest would take a folder for one of tests, and its root for
    that of the repository.
    """
    given, added = list(early_config.invocation_params.args), os.environ.get("PYTEST_ADDOPTS", "")
    if (joined(given), joined(shlex.split(added))) != (given, shlex.split(added)):
        os.environ["PYTEST_ADDOPTS"] = shlex.join(joined(shlex.split(added)))
        raise SystemExit(pytest.main(joined(given)))
    try:
        yield
        needed = "claims.pytest_plugin" in sys.modules
    except Exception as error:
        needed = any((cause.name or "").partition(".")[0] in PACKAGES for cause in _causes(error) if isinstance(cause, ImportError))
        if not (needed and hiding()):
            raise
    if needed and (said := hiding()):
        raise pytest.UsageError(said)


def joined(arguments: Sequence[str]) -> list[str]:
    """Write every option of rin-claims in ``arguments`` with its value as one word, "--claims-store=DIR"."""
    found: list[str] = []
    for place, word in enumerate(arguments):
        before = found[-1] if found else ""
        if "--" in arguments[:place] or not (before.startswith(OPTIONS) and "=" not in before) or word.startswith("-"):
            found.append(word)
        else:
            found[-1] = f"{before}={word}"
    return found


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "cause", None) or error.__cause__ or error.__context__
