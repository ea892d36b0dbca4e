"""The profiles: how big a measurement is."""

from __future__ import annotations

PROFILE_NAMES = ("smoke", "compact", "paper")
