"""Any text as LaTeX that pdflatex sets with its basic fonts and no package."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from claims.text import one_line

# What LaTeX would take for markup, or has no or another glyph for in its 7-bit fonts.
_SPECIAL: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: f"${character}$" for character in "<>|"},
    **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", '"': "''", "`": r"\textasciigrave{}"},
}
_PUNCTUATION: Mapping[str, str] = {
    **{"–": "--", "—": "---", "‐": "-", "‑": "-", "−": "$-$", "…": r"\dots{}", "·": r"$\cdot$", "•": r"$\bullet$", "°": r"$^\circ$"},
    **{"‘": "`", "’": "'", "“": "``", "”": "''", "«": r"$\ll$", "»": r"$\gg$", "§": r"\S{}", "†": r"$\dagger$", "‡": r"$\ddagger$"},
}
_MATHEMATICS: Mapping[str, str] = {
    **{"×": r"$\times$", "÷": r"$\div$", "±": r"$\pm$", "≤": r"$\leq$", "≥": r"$\geq$", "≠": r"$\neq$", "≈": r"$\approx$", "¬": r"$\neg$"},
    **{"∞": r"$\infty$", "∈": r"$\in$", "→": r"$\rightarrow$", "←": r"$\leftarrow$", "√": r"$\surd$", "✓": r"$\surd$", "✗": r"$\times$"},
    **{"¹": "$^1$", "²": "$^2$", "³": "$^3$", "½": r"$\frac12$", "∑": r"$\sum$", "∂": r"$\partial$", "∇": r"$\nabla$", "ℓ": r"$\ell$"},
    **{"α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "δ": r"$\delta$", "ε": r"$\epsilon$", "ζ": r"$\zeta$", "η": r"$\eta$"},
    **{"θ": r"$\theta$", "κ": r"$\kappa$", "λ": r"$\lambda$", "μ": r"$\mu$", "µ": r"$\mu$", "ν": r"$\nu$", "ξ": r"$\xi$", "π": r"$\pi$"},
    **{"ρ": r"$\rho$", "σ": r"$\sigma$", "τ": r"$\tau$", "φ": r"$\phi$", "χ": r"$\chi$", "ψ": r"$\psi$", "ω": r"$\omega$"},
    **{"Γ": r"$\Gamma$", "Δ": r"$\Delta$", "Θ": r"$\Theta$", "Λ": r"$\Lambda$", "Π": r"$\Pi$", "Σ": r"$\Sigma$", "Φ": r"$\Phi$"},
    **{"Ψ": r"$\Psi$", "Ω": r"$\Omega$"},
}
_LETTERS: Mapping[str, str] = {
    **{"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}"},
    "ı": r"\i{}",
}
_ESCAPES = {**_SPECIAL, **_PUNCTUATION, **_MATHEMATICS, **_LETTERS}
_ACCENTS: Mapping[str, str] = {  # combining characters, and the commands that set them over or under a letter
    **{"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".", "\u0308": '"'},
    **{"\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c"},
}
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')")  # where two characters would become another


def escape(text: str) -> str:
    """Write ``text`` as one line that LaTeX sets as it is.

    A character that its basic fonts lack reads as its code point, [U+4E2D].
    """
    return "{}".join("".join(map(_character, part)) for part in _LIGATURE.split(one_line(text)))


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if " " <= character <= "~":
        return character
    parts = unicodedata.normalize("NFD", character)
    letter, accent = parts[0], parts[1:]
    if letter.isascii() and accent in _ACCENTS:
        undotted = f"\\{letter}" if letter in "ij" else letter
        return f"\\{_ACCENTS[accent]}{{{undotted}}}"
    return f"[U+{ord(character):04X}]"
