"""Stand-ins that a terminal shows in place of a character that its encoding lacks."""

from __future__ import annotations

import codecs
import io
import unicodedata
from typing import TextIO

READABLE = "rin-claims.readable"  # the name of the error handler, as str.encode takes it
# What no decomposition of Unicode gives.
STAND_INS = {
    "✓": "v",
    "✗": "x",
    "×": "x",
    "±": "+-",
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "•": "*",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "∞": "inf",
    "∈": "in",
    "√": "sqrt",
}


def make_readable(stream: TextIO | None) -> None:
    """Make ``stream`` write a readable stand-in for each character that its encoding lacks.

    Without this it raises or writes an escape. A stream that is no text file over bytes stays as it is.
    """
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error(READABLE, _handle)
        stream.reconfigure(errors=READABLE)


def stand_in(character: str) -> str:
    """Return ASCII for ``character``: what it looks like, its base letter, the name of a Greek letter, or its escape."""
    if character in STAND_INS:
        return STAND_INS[character]
    if ascii_only := unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode():
        return ascii_only
    name = unicodedata.name(character, "")
    if name.startswith(("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")):
        letter = name.split()[3]
        return letter.lower() if "SMALL" in name else letter.capitalize()
    return character.encode("ascii", "backslashreplace").decode()


def _handle(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(stand_in, error.object[error.start : error.end])), error.end
