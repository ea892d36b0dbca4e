"""Claims of papers, judged: what an author of claims imports.

A name is loaded when it is first asked for, so that a part of the package that needs little loads little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from claims.kinds import KINDS

if TYPE_CHECKING:
    from claims.model import ABSTRACT, Arm, Claim, ClaimError, Locator
    from claims.pytest_plugin import Judge, parametrize
    from claims.results import Evidence

__all__ = ["ABSTRACT", "Arm", "Claim", "ClaimError", "Evidence", "Judge", "Locator", "parametrize", *KINDS]

_HOME_OF = {"Evidence": "claims.results", "Judge": "claims.pytest_plugin", "parametrize": "claims.pytest_plugin"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "claims.kinds" if name in KINDS else _HOME_OF.get(name, "claims.model")
    return getattr(importlib.import_module(home), name)
