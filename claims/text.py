"""Numbers, plurals, durations and near misses as text, shared by every sentence of the project."""

from __future__ import annotations

import difflib
import math
import os.path
import re
from collections.abc import Collection, Sequence


def number(value: float | None) -> str:
    """Write a number with four significant digits; ``∞`` for infinities, ``–`` for None."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.4g}"


def rounded(value: float | None) -> str:
    """Write a number for a sentence: three significant digits, no exponent where a reader does not need one."""
    if value is None:
        return "unbounded"
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def plural(count: int, singular: str, several: str = "") -> str:
    """Write a count with its noun: ``1 claim``, ``2 claims``."""
    return f"{count} {singular if count == 1 else several or singular + 's'}"


def enumeration(parts: Sequence[str]) -> str:
    """Join words as a sentence does: ``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def heading(slug: str) -> str:
    """Spell a slug as a heading: ``language-model`` becomes ``Language model``."""
    words = slug.replace("-", " ")
    return words[:1].upper() + words[1:]


# What a terminal or a browser obeys instead of showing it: control characters but for tab and line feed, line separators, marks that turn
# the direction of writing, and surrogates, which no encoding has.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Write each control character of a text as its code point, ``\u001b``, so that nobody's file commands a terminal.

    Tabs and line feeds stay. In JSON the escapes stand for what was there.
    """
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str) -> str:
    """Fold every run of white space in a text, line breaks included, to one space, and make control characters visible."""
    return visible(" ".join(text.split()))


def shorten(text: str, width: int) -> str:
    """Shorten ``text`` to at most ``width`` characters.

    The middle gives way to an ellipsis, so that the variant at the end stays.
    """
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return text[:head] + "…" + text[-(width - 1 - head) :]


def place(file: str, line: int) -> str:
    """Write ``FILE, line N``; a file inside the current folder is relative to that folder."""
    near = os.path.relpath(file)
    return f"{file if near.startswith(os.pardir) else near}, line {line}"


# --- Durations, as people write and read them: ``1h30m`` on a command line, ``1 h 30 min`` in a sentence ---

DURATION_EXAMPLES = "90s, 9m, 1h30m or 2h"
_DURATION = re.compile(r"(?=.)(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")


class DurationError(ValueError):
    """A text that is no duration; the message names it and gives examples."""


def parse_duration(text: str, option: str) -> float:
    """Return the seconds of a duration such as ``1h30m``.

    The duration is hours, minutes and seconds in whole numbers, in this order. ``option`` is what the error says the text was given for.
    Raises DurationError, also for nothing and for no time at all.
    """
    match = _DURATION.fullmatch(text)
    seconds = sum(int(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else 0
    if seconds == 0:
        raise DurationError(f"{option} takes a time such as {DURATION_EXAMPLES}, not {text!r}")
    return float(seconds)


def duration(seconds: float) -> str:
    """Write seconds in two units at most, rounded.

    For example ``under 1 s``, ``40 s``, ``9 min``, ``1 h 30 min``, ``2 days 3 h``, ``1,009 days``.
    """
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
    if days >= 10:
        return f"{round(seconds / 86400):,} days"
    return f"{days} days {hours} h" if hours else f"{days} days"


def about(seconds: float) -> str:
    """Write an estimate of seconds: ``about 9 min``, or ``under 1 s``."""
    written = duration(seconds)
    return written if written.startswith("under") else f"about {written}"


def size(count: float) -> str:
    """Write a number of bytes: ``0 B``, ``12.3 kB``, ``4.9 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB" if count < 1000 else f"{count:,.0f} GB"


# --- What a mistyped name may have meant ---

MOST_NEAR = 3  # names that a question gives
NEAR = 0.7  # difflib's ratio from which one name may be the other mistyped; "--sectoin" has 0.67 with "--json"


def did_you_mean(name: str, known: Collection[str], otherwise: str) -> str:
    """Ask for up to three of ``known`` that are spelled like ``name`` or contain it.

    Returns ``otherwise`` where there are none. Upper and lower case are the same. Of names with slashes the end alone may be meant: a claim
    without its paper and section.
    """
    wanted = name.casefold()
    near = _spelled_like(wanted, {other.casefold(): other for other in known})
    near += [other for other in known if wanted and wanted in other.casefold()]
    near = near or _spelled_like(wanted, {other.casefold().split("/", cut)[-1]: other for cut in (1, 2) for other in known})
    return f"did you mean {' or '.join(list(dict.fromkeys(near))[:MOST_NEAR])}?" if near else otherwise


def _spelled_like(wanted: str, names: dict[str, str]) -> list[str]:
    """Return the values of ``names`` whose keys are like ``wanted``, the nearest first."""
    return [names[key] for key in difflib.get_close_matches(wanted, names, n=MOST_NEAR, cutoff=NEAR)]
