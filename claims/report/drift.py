"""What a run's numbers are beside the recorded draws of the same recipes, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from claims.json_data import Count, Share
from claims.text import enumeration, plural

Word = Literal["same bits", "same start", "equivalent", "not told apart", "drifted"]
WORDS: tuple[Word, ...] = ("drifted", "not told apart", "equivalent", "same start", "same bits")  # the worst first


@dataclass(frozen=True)
class Drift:
    """One number of one recipe's runs beside its recorded draws.

    ``recipe`` is the digest. ``word`` sums up; ``why`` says on what it rests. ``n`` and ``n_recorded`` are the runs compared as clouds,
    with ``diverged`` and ``recorded_diverged`` of them diverged. ``p`` is Holm-adjusted over all numbers of the run that are tested;
    ``shift`` is the largest shift, in standard deviations, that is not excluded with 95 %. Both are None where no clouds are compared.
    ``values`` and ``recorded`` are the numbers of the runs, None where one diverged; ``claims`` are the ids of the claims that read them.
    """

    recipe: str
    label: str
    metric: str
    word: Word
    why: str
    n: Count
    n_recorded: Count
    diverged: Count
    recorded_diverged: Count
    p: Share | None = None
    shift: float | None = None
    values: tuple[float | None, ...] = ()
    recorded: tuple[float | None, ...] = ()
    claims: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.word}: {self.label}, {self.metric}: {self.why}"


@dataclass(frozen=True)
class DriftResults:
    """The ``numbers`` that were compared, the worst words first.

    ``refused`` says why the recorded draws cannot be used, "" where they can.
    """

    numbers: tuple[Drift, ...] = ()
    refused: str = ""

    @property
    def drifted(self) -> tuple[Drift, ...]:
        return tuple(number for number in self.numbers if number.word == "drifted")

    @property
    def outcome(self) -> str:
        """The comparison in one line; "" where nothing was compared."""
        return f"not held against recorded draws: {self.refused}" if self.refused else summary(self.numbers)

    def on(self, claim_id: str) -> Sequence[Drift]:
        """Return the numbers that this claim reads, the worst words first."""
        return self._by_claim.get(claim_id, ())

    def of(self, claims: Collection[str]) -> DriftResults:
        """Return the results on the numbers that any of ``claims`` reads, with the p values of the whole."""
        return DriftResults(tuple(one for one in self.numbers if any(claim in claims for claim in one.claims)), self.refused)

    @property
    def without_runs(self) -> DriftResults:
        """The results without the numbers of single runs."""
        return DriftResults(tuple(replace(number, values=(), recorded=()) for number in self.numbers), self.refused)

    @cached_property
    def _by_claim(self) -> Mapping[str, Sequence[Drift]]:
        found: dict[str, list[Drift]] = {}
        for number in self.numbers:
            for claim_id in number.claims:
                found.setdefault(claim_id, []).append(number)
        return found


NOT_COMPARED = DriftResults()


def summary(found: Iterable[Drift]) -> str:
    """Say in one line how many numbers got which word, "" where nothing was compared."""
    counts = Counter(drift.word for drift in found)
    told = enumeration([f"{counts[word]} {word}" for word in WORDS if counts[word]])
    return f"{plural(sum(counts.values()), 'number')} held against recorded draws: {told}" if counts else ""


def lines(results: DriftResults, fail: bool = False) -> Iterator[str]:
    """Yield the lines at the end of a run: the outcome, what drifted, and what ``fail`` makes of it."""
    if results.outcome:
        yield results.outcome
    yield from map(str, results.drifted)
    if not fail or results.refused:
        return
    if results.drifted:
        yield f"--claims-drift=fail: {plural(len(results.drifted), 'number')} drifted, so the exit code is 1"
    elif not results.numbers:
        yield "--claims-drift=fail: nothing to compare with; there are no recorded draws of the recipes that this run judged"
