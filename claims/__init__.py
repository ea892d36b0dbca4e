"""Claims of papers, judged: what an author of claims imports.

A name is loaded when it is first asked for, so that a part of the package that needs little loads little.

PYTEST_DONT_REWRITE: `rin-claims run` has imported this package when pytest would rewrite its assertions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from claims.kinds import KINDS

if TYPE_CHECKING:
    from claims.model import ABSTRACT, Arm, Claim, ClaimError, Locator
    from claims.paper import FaultClaims, Figure, NetworkStyle, Paper, PrintedTable, Remarks, Section
    from claims.protocol import Profile, Protocol
    from claims.pytest_plugin import Judge, parametrize
    from claims.readings import Comparison, Option, Reading
    from claims.results import Evidence

__all__ = [
    "ABSTRACT",
    "Arm",
    "Claim",
    "ClaimError",
    "Comparison",
    "Evidence",
    "FaultClaims",
    "Figure",
    "Judge",
    "Locator",
    "NetworkStyle",
    "Option",
    "Paper",
    "PrintedTable",
    "Profile",
    "Protocol",
    "Reading",
    "Remarks",
    "Section",
    "parametrize",
    *KINDS,
]

_HOMES = {
    "claims.model": ("ABSTRACT", "Arm", "Claim", "ClaimError", "Locator"),
    "claims.paper": ("FaultClaims", "Figure", "NetworkStyle", "Paper", "PrintedTable", "Remarks", "Section"),
    "claims.protocol": ("Profile", "Protocol"),
    "claims.pytest_plugin": ("Judge", "parametrize"),
    "claims.readings": ("Comparison", "Option", "Reading"),
    "claims.results": ("Evidence",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF.get(name, "claims.kinds")), name)
