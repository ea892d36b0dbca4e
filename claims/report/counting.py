"""How claims are counted: the measured and the exact apart, in the same words everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from claims.results import BASES, VERDICTS, Basis, VerdictName
from claims.text import enumeration, plural

Counts = Mapping[Basis, Mapping[VerdictName, int]]  # every basis and every verdict has its number, zero included

BASIS_MEANINGS: Mapping[Basis, str] = {
    "measured": "Trained or sampled over seeds: chance has a part in what is seen, and can make the verdict false.",
    "exact": "An identity computed in float64, or arithmetic on the numbers that a paper prints: they agree or they do not. "
    "Nothing was sampled, so the verdict says nothing of what a network does.",
}
# What a counted verdict of an exact claim is called, for one claim and for several; of a measured claim it goes by its name.
_OF_EXACT: Mapping[VerdictName, tuple[str, str]] = {"reproduced": ("agrees", "agree"), "contradicted": ("does not agree", "do not agree")}
JUDGED = tuple(verdict for verdict in VERDICTS if verdict != "not run")


def count(found: Iterable[tuple[Basis, VerdictName]]) -> Counts:
    """Count how often each verdict occurs on each basis, in the order of BASES and VERDICTS."""
    counted = Counter(found)
    return {basis: {verdict: counted[basis, verdict] for verdict in VERDICTS} for basis in BASES}


def called(basis: Basis, verdict: VerdictName, number: int) -> str:
    """Return what ``number`` claims of one verdict are called: ``reproduced``, or of exact claims ``agree``."""
    one, several = _OF_EXACT.get(verdict, (verdict, verdict)) if basis == "exact" else (verdict, verdict)
    return one if number == 1 else several


def tallies(counts: Counts, verdicts: Sequence[VerdictName] = VERDICTS) -> tuple[str, ...]:
    """Write for each basis how many claims have which of ``verdicts``.

    For example ``2 exact claims: 1 agrees and 1 does not agree``. A basis without such claims is left out.
    """
    found = {basis: {verdict: counts[basis][verdict] for verdict in verdicts if counts[basis][verdict]} for basis in BASES}
    return tuple(
        f"{plural(sum(of.values()), f'{basis} claim')}: {enumeration([f'{n} {called(basis, name, n)}' for name, n in of.items()])}"
        for basis, of in found.items()
        if of
    )


def by_basis(bases: Iterable[Basis], nouns: tuple[str, str] = ("claim", "claims")) -> str:
    """Write how many claims rest on what: ``57 measured and 1 exact claim``, ``1 measured claim``, ``0 claims``.

    ``nouns`` are for one and for several.
    """
    counted = Counter(bases)
    parts = [f"{counted[basis]} {basis}" for basis in BASES if counted[basis]] or ["0"]
    last = next((counted[basis] for basis in reversed(BASES) if counted[basis]), 0)
    return f"{enumeration(parts)} {nouns[last != 1]}"
