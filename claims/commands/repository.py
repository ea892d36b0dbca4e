"""The repository whose claims a command works on.

It is the repository that the command runs in, by the hooks of its conftest.py. Anywhere else it is this project.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from claims.authoring import in_one_line
from claims.model import Claim, ClaimError
from claims.paper import Registry, registry_of
from claims.protocol import Profile

CONFTEST = "conftest.py"
PAPERS, REGISTRY, RECORDED = "pytest_claims_papers", "pytest_claims_registry", "pytest_claims_expected_verdicts"  # hooks of the plugin
OWN = "claims.papers"  # the papers that come with this project, found by name as a plugin is


@dataclass(frozen=True)
class Repository:
    """The papers of a repository, and its table of recorded verdicts.

    ``recorded`` is None where the repository has no table, and for this project, which has its own.
    """

    registry: Registry
    recorded: Path | None = None

    @property
    def is_own(self) -> bool:
        """Whether this project is the repository, as in a checkout of it: the papers are the same."""
        papers = sys.modules.get(OWN)  # who names them has imported them; nobody else needs to wait for that
        return papers is not None and self.registry.papers == papers.registry().papers

    @property
    def claims(self) -> Sequence[Claim]:
        """The claims in reading order."""
        return self.registry.claims

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles by name."""
        return self.registry.profiles

    def find(self, claim_id: str) -> Claim:
        """Return the claim with this id.

        Raises ClaimError for an unknown id, with the nearest ids there are.
        """
        return self.registry.find(claim_id)

    @cached_property
    def expected(self) -> Mapping[tuple[str, str], Any]:
        """The recorded verdicts by claim id and profile. Raises ReferenceDataError."""
        from reference_results import expected_verdicts

        known = {claim.id: claim.protocol.names for claim in self.claims}
        return expected_verdicts(self.recorded, known) if self.is_own or self.recorded is not None else {}

    def pytest_arguments(self, profile: str) -> list[str]:
        """Return what pytest is given to judge the claims of a profile in the current folder.

        Raises ClaimError where the folder has no tests of claims, or hides a package of this project.
        """
        from rin_claims_plugin import hiding

        if self.is_own and not Path(CONFTEST).exists():
            where = "run it in the root of a checkout of rin-claims, or of a repository that has claims"
            raise ClaimError(f"no tests of claims in this folder; {where}")
        if hidden := hiding([os.getcwd()]):  # the workers would import it
            raise ClaimError(hidden)
        return shlex.split(self.profiles[profile].command)[1:]


def here() -> Repository:
    """Find the repository whose root is the current folder.

    Its conftest.py names the papers or claims, as it does for pytest. A folder without conftest.py, or whose conftest.py knows nothing of
    claims, stands for this project. Raises ClaimError for a conftest.py that cannot be read, fails, or names no claims.
    """
    try:
        source = Path(CONFTEST).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        source = b""
    except OSError as error:
        raise ClaimError(f"{CONFTEST} in this folder cannot be read ({error.strerror}); correct its permissions") from None
    if PAPERS.encode() not in source and REGISTRY.encode() not in source:
        return own()
    conftest = _imported(Path.cwd())
    registry = registry_of(_hook(conftest, PAPERS), _hook(conftest, REGISTRY))
    if not registry.papers:
        raise ClaimError(f"{CONFTEST} names no claims; have {PAPERS} return a tuple of Paper, or {REGISTRY} one of Claim")
    with in_one_line():
        recorded = _hook(conftest, RECORDED)()
    if recorded is not None and not isinstance(recorded, Path):
        raise ClaimError(f"{RECORDED} in {CONFTEST} returns {recorded!r}; it is to return the Path of a table, or None")
    return Repository(registry, recorded)


def own() -> Repository:
    """Return this project as a repository. Its papers are found by name."""
    with in_one_line():
        registry: Registry = importlib.import_module(OWN).registry()
    return Repository(registry)


def _imported(root: Path) -> ModuleType:
    """Import the conftest.py of ``root``."""
    # first on the path, where pytest puts it, for what conftest.py imports and measurements name
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    spec = importlib.util.spec_from_file_location(Path(CONFTEST).stem, root / CONFTEST)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with in_one_line():
        spec.loader.exec_module(module)
    return module


def _hook(conftest: ModuleType, name: str) -> Callable[[], Any]:
    """Return the hook ``name``, or a hook that returns None where there is none."""
    return getattr(conftest, name, lambda: None)
