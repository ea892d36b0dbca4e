"""Durations as people write and read them: ``1h30m`` on a command line, ``1 h 30 min`` in a sentence."""

from __future__ import annotations

import re

EXAMPLES = "90s, 9m, 1h30m or 2h"
_PATTERN = re.compile(r"(?=.)(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")


class DurationError(ValueError):
    """A text that is no duration; the message names it and gives examples."""


def parse(text: str, option: str) -> float:
    """The seconds of hours, minutes and seconds in whole numbers, in this order, for example ``1h30m``. Raises DurationError.

    ``option`` is what the error says the text was given for. Nothing, or no time at all, is refused.
    """
    match = _PATTERN.fullmatch(text)
    seconds = sum(int(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else 0
    if seconds == 0:
        raise DurationError(f"{option} takes a time such as {EXAMPLES}, not {text!r}")
    return float(seconds)


def words(seconds: float) -> str:
    """``under 1 s``, ``40 s``, ``9 min``, ``1 h 30 min``, ``2 days 3 h``: two units at most, rounded."""
    if seconds < 0.5:
        return "under 1 s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} days {hours} h" if hours else f"{days} days"
