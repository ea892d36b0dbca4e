"""Operating characteristics: how often each kind of prediction is reproduced or contradicted when the truth is known.

They are rates over many claims of ``claims.calibration.simulated_claims``, with a fixed number of seeds or with seeds bought look by look.
The table that ``rin-claims calibrate --csv`` makes of them is kept as ``reference_results/calibration.csv`` and shown in the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypedDict

import numpy as np

from claims.calibration.simulated_claims import all_simulations, false_verdicts, judges, prediction
from claims.judging.looks import SPENDING
from claims.kinds.simulating import SCENARIOS
from claims.protocol import LOOKS as PROFILE_LOOKS
from claims.results import VerdictName
from claims.statistics.intervals import ALPHA, clopper_pearson
from claims.statistics.sequential import SequentialDesign

SEEDS = (3, 5, 8)
DESIGNS = ("fixed", "sequential")
DECIDED: tuple[VerdictName, ...] = ("reproduced", "contradicted")

# By cap; the profiles' own schedule and cap beside the cap of the table. Before five seeds no sign test decides. Of eight, a look at five
# would use up 1/32 of 0.05, and eight seeds could then decide nothing that five had not; a look at six leaves enough to allow one seed on
# the wrong side at eight. The table leaves the profiles' cap out: the error of their schedule is so close to 0.05 that 10,000 claims do not
# tell it from 0.05; it is enumerated instead (``SequentialDesign.error``) and given beside the table.
LOOKS: Mapping[int, tuple[int, ...]] = {8: (6, 8), PROFILE_LOOKS[-1]: PROFILE_LOOKS}


class CalibrationError(ValueError):
    """A design that does not fit the number of seeds; the message names both."""


class Row(TypedDict):
    """Rates of the three verdicts in ``simulations`` simulated claims.

    ``looks`` are the numbers of seeds at which a verdict is sought. ``mean_seeds`` is what the claims used of them. ``false_verdicts``
    names the verdicts that are errors under this scenario. ``false_rate`` is the larger of their rates and ``false_upper`` its upper
    confidence limit (Clopper-Pearson, 95 % one-sided). ``out_of_reach`` names the verdicts that ``n`` seeds can never reach for this kind.
    """

    kind: str
    scenario: str
    n: int
    design: str
    looks: list[int]
    simulations: int
    reproduced: float
    contradicted: float
    inconclusive: float
    mean_seeds: float
    false_verdicts: list[str]
    false_rate: float
    false_upper: float
    out_of_reach: list[str]


def sequential_design(kind: str, scenario: str, cap: int) -> SequentialDesign:
    """Return the looks at a claim that may use ``cap`` seeds, with the spending of the profiles.

    The profiles' spending is ``claims.judging.looks.SPENDING``. One look stands for the fixed design: all seeds at the full level ALPHA. So
    it is with fewer than eight seeds, and for a kind that is not decided by one sign test each way.
    """
    looks = LOOKS.get(cap, (cap,)) if prediction(kind, scenario).sequential else (cap,)
    return SequentialDesign(looks, spending=SPENDING)


def out_of_reach(kind: str, n: int) -> tuple[VerdictName, ...]:
    """Return the verdicts that no outcome of ``n`` seeds can bring for a claim of ``kind``.

    The level is ALPHA each way. Five seeds, the fewest for a sign test, are too few for a test whose error several hypotheses share. So,
    for example, a ranking of three arms can be reproduced with five seeds but not contradicted.
    """
    simulation = all_simulations()[kind]
    reached = simulation.claim(SCENARIOS[0]).within_reach(n, simulation.recipes)
    return tuple(verdict for verdict in DECIDED if verdict not in reached)


def simulate(kind: str, scenario: str, n: int, simulations: int, rng: np.random.Generator, design: SequentialDesign | None = None) -> Row:
    """Simulate claims of ``kind`` under ``scenario`` and give their verdicts as rates in [0, 1].

    There are ``simulations`` claims with ``n`` seeds an arm. With a ``design`` seeds are bought look by look up to its cap, which must be
    ``n``. Without a design all seeds are judged at once. Raises SimulationError for a kind or scenario that is not simulated,
    CalibrationError for another cap.
    """
    return _simulate(kind, scenario, n, simulations, rng, [design])[0]


def _simulate(
    kind: str, scenario: str, n: int, simulations: int, rng: np.random.Generator, designs: Sequence[SequentialDesign | None]
) -> list[Row]:
    """Make a row for each of ``designs`` (None: fixed), all from the same claims."""
    schedules = [((n, ALPHA),) if design is None else tuple(design.schedule()) for design in designs]
    for *_, (cap, _) in schedules:
        if cap != n:
            raise CalibrationError(f"the design's cap is {cap} seeds, not n={n}")
    counts: list[Counter[VerdictName]] = [Counter() for _ in designs]
    seeds_used = [0 for _ in designs]
    for judge_at in judges(kind, scenario, n, simulations, rng):
        for index, schedule in enumerate(schedules):
            for seeds, alpha in schedule:
                verdict = judge_at(seeds, alpha) if alpha else "inconclusive"
                if verdict != "inconclusive":
                    break
            counts[index][verdict] += 1
            seeds_used[index] += seeds
    errors = sorted(false_verdicts(kind, scenario), reverse=True)
    rows = []
    for design, schedule, count, used in zip(designs, schedules, counts, seeds_used, strict=True):
        false = max(count[verdict] for verdict in errors)
        rows.append(
            Row(
                kind=kind,
                scenario=scenario,
                n=n,
                design="fixed" if design is None else "sequential",
                looks=[seeds for seeds, _ in schedule],
                simulations=simulations,
                reproduced=count["reproduced"] / simulations,
                contradicted=count["contradicted"] / simulations,
                inconclusive=count["inconclusive"] / simulations,
                mean_seeds=used / simulations,
                false_verdicts=[*errors],
                false_rate=false / simulations,
                false_upper=clopper_pearson(false, simulations)[1],
                out_of_reach=[*out_of_reach(kind, n)],
            )
        )
    return rows


def generator(seed: int, kind: str, scenario: str, n: int) -> np.random.Generator:
    """Make the random numbers of one cell of the table."""
    # numbers of the cell's own, so that a row can be made again without the others; both designs judge the same claims, so their rows
    # differ by the looks alone
    return np.random.default_rng([seed, *f"{kind}/{scenario}/{n}".encode()])


def cells(
    kinds: Iterable[str] | None = None, scenarios: Iterable[str] = SCENARIOS, seeds: Iterable[int] = SEEDS
) -> list[tuple[str, str, int]]:
    """List the cells of the table, in its order, as (kind, scenario, number of seeds).

    Each cell has a row for each of DESIGNS. Without ``kinds`` the cells are of every kind.
    """
    scenarios, seeds = tuple(scenarios), tuple(seeds)
    return [(kind, scenario, n) for kind in (all_simulations() if kinds is None else kinds) for scenario in scenarios for n in seeds]


def both_designs(kind: str, scenario: str, n: int, simulations: int, seed: int) -> tuple[Row, Row]:
    """Make the fixed and the sequential row of one cell, from the same claims.

    With one look the two are one design, so they have one set of rates.
    """
    rng, design = generator(seed, kind, scenario, n), sequential_design(kind, scenario, n)
    if len(design.looks) == 1:
        fixed = simulate(kind, scenario, n, simulations, rng)
        return fixed, {**fixed, "design": "sequential"}
    fixed, sequential = _simulate(kind, scenario, n, simulations, rng, [None, design])
    return fixed, sequential


def operating_characteristics(simulations: int, seed: int, of: Iterable[tuple[str, str, int]]) -> Iterator[Row]:
    """Yield the rows of the cells ``of``, fixed before sequential, as they are made.

    ``seed`` fixes every row, whatever the other cells.
    """
    for kind, scenario, n in of:
        yield from both_designs(kind, scenario, n, simulations, seed)
