"""The table ``babi_test_noise.csv``: how far a trained network's accuracy moves between bAbI test sets.

It is written and read here. Comment lines at the top say how the table was made; then, for each task and seed, one row for every network
and one for every pair of networks, whose value is the difference of their accuracies on the same test sets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import resources
from itertools import combinations

from reference_results import made_tables
from reference_results.errors import ReferenceDataError
from reference_results.texts import text_of

FILE = "reference_results/babi_test_noise.csv"
FACTS = ("command", "date", "versions", "training", "diverged")  # of the comment lines, in order
NETWORKS = ("rin", "irnn", "lstm")
PAIRS = tuple(combinations(NETWORKS, 2))
TASKS = tuple(range(1, 21))
PILOT_SEEDS_FROM = 10_000  # seeds below it belong to the claims
ROUNDING = 1e-4  # points; numbers are written with eight significant digits
_AGAIN = "make the table anew with `python benchmarks/babi_test_noise.py --write`"


@dataclass(frozen=True)
class NoiseRow:
    """An accuracy in percent of ``network``, or the difference of two in points, on simulated test sets.

    The difference is that of ``network`` less ``minus``. ``value`` is the mean over ``blocks`` test sets of ``questions`` each and ``sd``
    the standard deviation from one test set to the next. ``independent_sd`` is what independent questions would give; for a pair both
    networks still answer the same ones. ``binomial_sd`` is the standard deviation with independent questions and a test set for each
    network. For one network the two are one. ``unknown`` counts the questions with a word or an answer that the network's vocabulary lacks,
    which are answered wrongly.
    """

    task: int
    seed: int
    network: str
    minus: str  # "" for an accuracy
    blocks: int
    questions: int
    value: float
    sd: float
    independent_sd: float
    binomial_sd: float
    unknown: int

    @property
    def cell(self) -> tuple[int, int, str, str]:
        return self.task, self.seed, self.network, self.minus


COLUMNS = tuple(field.name for field in fields(NoiseRow))


@dataclass(frozen=True)
class NoiseTable:
    """The table: ``facts`` are FACTS by name; ``rows`` stand by task, then seed, then network."""

    facts: Mapping[str, str]
    rows: tuple[NoiseRow, ...]

    def of(self, task: int, network: str, minus: str = "") -> tuple[NoiseRow, ...]:
        """Return the rows of an accuracy or a difference, one a seed."""
        return tuple(row for row in self.rows if (row.task, row.network, row.minus) == (task, network, minus))


def dumps(facts: Mapping[str, str], rows: Iterable[NoiseRow]) -> str:
    """Write the file of ``rows``, sorted; numbers with eight significant digits."""
    written = ([_text(getattr(row, column)) for column in COLUMNS] for row in sorted(rows, key=_place))
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, written)


def babi_test_noise() -> NoiseTable | None:
    """Return the table kept with this version. Raises ReferenceDataError.

    Returns None where none is kept, because nothing was measured.
    """
    file = resources.files("reference_results") / "babi_test_noise.csv"
    return parse(text_of(file, FILE)) if file.is_file() else None


def parse(text: str, file: str = FILE) -> NoiseTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    rows: dict[tuple[int, int, str, str], NoiseRow] = {}
    for where, values in table:
        try:
            row = _row(values)
            _check(row, rows)
        except ValueError as problem:
            raise ReferenceDataError(f"{where}: {problem}; {_AGAIN}") from None
        rows[row.cell] = row
    if not rows:
        raise ReferenceDataError(f"{file}: there is no row below the header; {_AGAIN}")
    return NoiseTable(facts, tuple(rows.values()))


def _place(row: NoiseRow) -> tuple[int, int, bool, int, int]:
    """Return the sort key of a row: networks before their pairs, both in the order of NETWORKS."""
    return row.task, row.seed, bool(row.minus), NETWORKS.index(row.network), NETWORKS.index(row.minus) if row.minus else 0


def _text(value: object) -> str:
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def _row(values: list[str]) -> NoiseRow:
    """Read one row. Raises ValueError, which says what is wrong."""
    cell = dict(zip(COLUMNS, values, strict=True))
    whole = {name: int(cell[name]) for name in ("task", "seed", "blocks", "questions", "unknown")}
    real = {name: float(cell[name]) for name in ("value", "sd", "independent_sd", "binomial_sd")}
    return NoiseRow(network=cell["network"], minus=cell["minus"], **whole, **real)


def _check(row: NoiseRow, above: Mapping[tuple[int, int, str, str], NoiseRow]) -> None:
    """Raise ValueError where a row cannot be one of this table, below the rows ``above``."""
    if row.task not in TASKS or row.seed < PILOT_SEEDS_FROM:
        raise ValueError(f"task {row.task} of seed {row.seed} is not a bAbI task of a pilot seed, {PILOT_SEEDS_FROM} or above")
    if row.network not in NETWORKS or (row.minus and (row.network, row.minus) not in PAIRS):
        known = ", ".join((*NETWORKS, *(" minus ".join(pair) for pair in PAIRS)))
        raise ValueError(f"{row.network!r} minus {row.minus!r} is not known; known: {known}")
    if row.cell in above:
        raise ValueError("repeats an earlier row")
    first = next(iter(above.values()), row)
    if (row.blocks, row.questions) != (first.blocks, first.questions):
        raise ValueError(f"{row.blocks} test sets of {row.questions} questions below {first.blocks} of {first.questions}")
    if row.blocks < 2 or row.questions < 1 or not 0 <= row.unknown <= row.blocks * row.questions:
        raise ValueError(f"{row.blocks} test sets of {row.questions} questions with {row.unknown} unknown ones have no standard deviation")
    if not all(0 <= sd < math.inf for sd in (row.sd, row.independent_sd, row.binomial_sd)):
        raise ValueError(f"{row.sd}, {row.independent_sd} and {row.binomial_sd} are not three standard deviations")
    if row.minus:
        _check_pair(row, above)
    elif not 0 <= row.value <= 100 or not _alike(row.binomial_sd, math.sqrt(row.value * (100 - row.value) / row.questions)):
        raise ValueError(f"{row.binomial_sd} is not the binomial standard deviation of {row.value} percent")
    elif row.independent_sd != row.binomial_sd:
        raise ValueError(f"the independent questions of one network give {row.binomial_sd}, not {row.independent_sd}")


def _check_pair(row: NoiseRow, above: Mapping[tuple[int, int, str, str], NoiseRow]) -> None:
    one, other = (above.get((row.task, row.seed, name, "")) for name in (row.network, row.minus))
    if one is None or other is None:
        raise ValueError(f"a difference without the accuracies of {row.network} and {row.minus} above it")
    if not _alike(row.value, one.value - other.value):
        raise ValueError(f"{row.value} is not {one.value} - {other.value}")
    if not _alike(row.binomial_sd, math.hypot(one.binomial_sd, other.binomial_sd)):
        raise ValueError(f"{row.binomial_sd} is not the standard deviation of two test sets, one of each network")


def _alike(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=2 * ROUNDING)
