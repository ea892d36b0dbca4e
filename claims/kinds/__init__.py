"""The kinds of prediction: one module each, and one line each in KINDS.

docs/add_a_kind.md shows how to add a kind. A kind is loaded when it is first asked for, by ``load`` or by ``from claims.kinds import
Below``. So a list of names needs no statistics.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.model import Prediction
    from claims.regions import Rule

# By name the module of a kind, in the order of the table of kinds.
KINDS: Mapping[str, str] = {
    "Identity": "claims.kinds.identity",
    "Arithmetic": "claims.kinds.arithmetic",
    "Below": "claims.kinds.below_above",
    "Above": "claims.kinds.below_above",
    "Greater": "claims.kinds.greater",
    "Closer": "claims.kinds.closer",
    "Similar": "claims.kinds.similar",
    "Ranking": "claims.kinds.ranking",
    "LearnsFaster": "claims.kinds.learns_faster",
    "FailsToConverge": "claims.kinds.fails_to_converge",
    "MoreStable": "claims.kinds.more_stable",
    "LessSensitive": "claims.kinds.less_sensitive",
    "NearZero": "claims.kinds.near_zero",
    "MatchesPublished": "claims.kinds.matches_published",
    "TableAgreement": "claims.kinds.table_agreement",
}


def load(name: str) -> type[Prediction]:
    """Load the class of the kind ``name``. Raises KeyError for a name that is not in KINDS."""
    found: type[Prediction] = getattr(importlib.import_module(KINDS[name]), name)
    return found


def rules() -> dict[str, Rule]:
    """Make the table of kinds: the row of each kind by its name."""
    return {name: load(name).rule for name in KINDS}


def __getattr__(name: str) -> Any:
    if name not in KINDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load(name)
