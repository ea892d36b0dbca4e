"""Whose claims a command speaks of: those of the repository it runs in, by the hooks of its conftest.py; anywhere else, this project's."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from claims import papers
from claims.model import Claim, ClaimError
from claims.text import one_line

CONFTEST = "conftest.py"
REGISTRY, RECORDED = "pytest_claims_registry", "pytest_claims_expected_verdicts"  # the hooks of the pytest plugin


@dataclass(frozen=True)
class Repository:
    """The claims of a repository in reading order, and its table of recorded verdicts (None: the one of this project)."""

    claims: Sequence[Claim]
    recorded: Path | None = None

    def find(self, claim_id: str) -> Claim:
        """The claim with this id. ClaimError, with the nearest ids there are, for an unknown one."""
        return papers.find(claim_id, self.claims)


def here() -> Repository:
    """The repository whose root is the current folder: its conftest.py names the claims, as it does for pytest.

    A folder without conftest.py, or whose conftest.py knows nothing of claims, stands for this project. Raises ClaimError for a
    conftest.py that cannot be read, fails, or names no claims.
    """
    try:
        source = Path(CONFTEST).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        source = b""
    except OSError as error:
        raise ClaimError(f"{CONFTEST} in this folder cannot be read ({error.strerror}); correct its permissions") from None
    if REGISTRY.encode() not in source:
        return Repository(papers.all_claims())
    conftest = _imported(Path.cwd())
    claims = _asked(conftest, REGISTRY)
    if not isinstance(claims, Sequence) or not claims or not all(isinstance(claim, Claim) for claim in claims):
        raise ClaimError(f"{REGISTRY} in {CONFTEST} returns no claims; it is to return a tuple of Claim")
    recorded = _asked(conftest, RECORDED)
    if recorded is not None and not isinstance(recorded, Path):
        raise ClaimError(f"{RECORDED} in {CONFTEST} returns {recorded!r}; it is to return the Path of a table, or None")
    return Repository(claims, recorded)


def _imported(root: Path) -> ModuleType:
    """The conftest.py of ``root``, with ``root`` where pytest puts it, first on the path, for what it imports and measurements name."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    spec = importlib.util.spec_from_file_location(Path(CONFTEST).stem, root / CONFTEST)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _in_one_line(str(root / CONFTEST)):
        spec.loader.exec_module(module)
    return module


def _asked(conftest: ModuleType, hook: str) -> Any:
    """What ``hook`` returns, None where there is none."""
    function = getattr(conftest, hook, None)
    with _in_one_line(f"{hook} in {CONFTEST}"):
        return None if function is None else function()


@contextmanager
def _in_one_line(what: str) -> Iterator[None]:
    """Whatever ``what``, foreign code, raises becomes a ClaimError that names it; one of its own stays as it is."""
    try:
        yield
    except ClaimError:
        raise
    except Exception as error:
        line = one_line(f"{type(error).__name__}: {error}")
        raise ClaimError(f"{what} fails ({line}); mend it, or run this in another folder") from None
