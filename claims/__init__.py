"""Claims of papers, judged: what an author of claims imports.

A name is loaded when it is first asked for, so that a part of the package that needs little loads little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.kinds.predictions import (
        Above,
        Arithmetic,
        Below,
        FailsToConverge,
        Greater,
        Identity,
        LearnsFaster,
        LessSensitive,
        MatchesPublished,
        MoreStable,
        NearZero,
        Ranking,
        Similar,
    )
    from claims.model import ABSTRACT, Arm, Claim, ClaimError, Locator
    from claims.paper import FaultClaims, Figure, NetworkStyle, Paper, PrintedTable, Remarks, Section
    from claims.protocol import Profile, Protocol
    from claims.pytest_plugin import Judge, parametrize
    from claims.readings import Comparison, Option, Reading
    from claims.results import Evidence

__all__ = [
    "ABSTRACT",
    "Above",
    "Arithmetic",
    "Arm",
    "Below",
    "Claim",
    "ClaimError",
    "Comparison",
    "Evidence",
    "FailsToConverge",
    "FaultClaims",
    "Figure",
    "Greater",
    "Identity",
    "Judge",
    "LearnsFaster",
    "LessSensitive",
    "Locator",
    "MatchesPublished",
    "MoreStable",
    "NearZero",
    "NetworkStyle",
    "Option",
    "Paper",
    "PrintedTable",
    "Profile",
    "Protocol",
    "Ranking",
    "Reading",
    "Remarks",
    "Section",
    "Similar",
    "parametrize",
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
    return getattr(importlib.import_module(_HOME_OF.get(name, "claims.kinds.predictions")), name)
