"""Arms of claims that a probe measures.

The probe is the same under every profile, and so is its stored outcome.
"""

from __future__ import annotations

from typing import Any

from claims.model import Arm
from claims.protocol import STANDARD
from reproductions.recipes import Probe


def probe_arms(probe: str, arm: str = "probe", **arguments: Any) -> dict[str, tuple[Arm, ...]]:
    """Make one arm, called ``arm``, that measures ``probe`` with ``arguments``, for every profile."""
    recipe = Probe("any", probe, tuple(arguments.items()))
    return {profile: (Arm(arm, (recipe,)),) for profile in STANDARD.names}


def seeds(count: int) -> dict[str, int]:
    """Give ``count`` seeds to every profile."""
    return dict.fromkeys(STANDARD.names, count)
