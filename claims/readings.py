"""The open questions of a paper, with the reading chosen for each.

A reading comes with its evidence and with the claims that rest on it.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from claims.json_data import Count, Finite, JsonDataError, decode
from claims.model import ClaimError
from claims.text import number, plural
from reproductions.trials import PILOT_SEEDS_FROM


class ReadingError(ClaimError):
    """A comparison that does not show enough; the message names it and the remedy."""


@dataclass(frozen=True)
class Option:
    """One option of a comparison as it was run.

    ``values`` has a value per seed, in the order of the comparison's seeds. None stands for a run that diverged.
    """

    name: str
    values: tuple[Finite | None, ...]


@dataclass(frozen=True)
class Comparison:
    """Options run side by side on one recipe and the same pilot seeds.

    A comparison chooses a reading and enters no verdict. ``recipe`` says in words what was trained. ``metric`` and ``unit`` say what was
    measured at its end. ``command`` prints the values. Raises ReadingError where a part is missing, a value lacks its seed or a seed is no
    pilot seed.
    """

    recipe: str
    metric: str
    unit: str
    seeds: tuple[Count, ...]
    options: tuple[Option, ...]
    command: str
    date: str

    def __post_init__(self) -> None:
        def refuse(problem: str) -> None:
            raise ReadingError(f"the comparison on {self.recipe or 'no recipe'}: {problem}")

        for name in ("recipe", "metric", "unit", "seeds", "command"):
            if not getattr(self, name):
                refuse(f"{name} is missing; fill it in")
        for seed in self.seeds:
            if seed < PILOT_SEEDS_FROM:
                refuse(f"seed {seed} is no pilot seed; compare on seeds of {PILOT_SEEDS_FROM} and more, which enter no verdict")
        if len(self.options) < 2:
            refuse("it needs two options at least; compare the reading with another one")
        for option in self.options:
            if len(option.values) != len(self.seeds):
                refuse(f"{option.name} has {plural(len(option.values), 'value')} for {len(self.seeds)} seeds; give one a seed")
        try:
            datetime.date.fromisoformat(self.date)
        except ValueError:
            refuse(f"{self.date!r} is no date; write it as 2026-01-31")

    def __str__(self) -> str:
        runs = "; ".join(f"{option.name} {', '.join(map(_value, option.values))}" for option in self.options)
        seeds = f"pilot {'seed' if len(self.seeds) == 1 else 'seeds'} {', '.join(map(str, self.seeds))}"
        return f"{self.recipe}, {self.metric} ({self.unit}), {seeds}: {runs} ({self.date}, `{self.command}`)"


def _value(value: float | None) -> str:
    return "diverged" if value is None else number(value)


def comparisons(text: str, file: str) -> Mapping[str, tuple[Comparison, ...]]:
    """Read the comparisons in a TOML text, by the question that they were made for.

    ``file`` names the text in messages. A value of ``nan`` stands for a run that diverged. Raises ReadingError.
    """
    try:
        data = tomllib.loads(text, parse_float=lambda digits: None if digits == "nan" else float(digits))
        return decode(dict[str, tuple[Comparison, ...]], data)
    except (tomllib.TOMLDecodeError, JsonDataError) as problem:
        raise ReadingError(f"{file}: {problem}; mend it, or make the file anew") from None


@dataclass(frozen=True)
class Reading:
    """One open question and the reading chosen for it.

    ``choice`` is one of ``options``. ``claims`` are ids, or patterns of ids with ``*``. ``evidence`` says in words why. ``comparisons`` are
    what was measured for it.
    """

    question: str
    options: tuple[str, ...]
    choice: str
    evidence: str
    claims: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = ()

    def touches(self, claim_id: str) -> bool:
        """Return whether the claim rests on this reading."""
        return any(fnmatchcase(claim_id, pattern) for pattern in self.claims)
