"""The part of the methods section that says how many seeds a claim buys, and what each look at them may decide."""

from __future__ import annotations

from claims.judging.looks import LOOKS, SPENDING
from claims.statistics.intervals import ALPHA
from claims.statistics.sequential import SequentialDesign, spent
from claims.text import enumeration, number, plural
from reproductions.trials import PILOT_SEEDS_FROM

COLUMNS = ("Look after", "Seeds on the wrong side, at most", "Error of the sign test", "Error used so far", "Error allowed so far")


def _design() -> SequentialDesign:
    return SequentialDesign(LOOKS["paper"], spending=SPENDING)


def sentences() -> tuple[str, ...]:
    """The rule in words."""
    looks = _design().looks
    buying = [profile for profile, looks in LOOKS.items() if looks]
    fixed = [profile for profile, looks in LOOKS.items() if not looks]
    return (
        "Seeds are 0, 1, 2 and so on, the same for every arm, so that arms are compared seed by seed. Pilot seeds, "
        f"{PILOT_SEEDS_FROM:,} and above, chose settings and enter no verdict.",
        f"Under the {enumeration(buying)} profiles a claim that one sign test decides each way starts with {plural(looks[0], 'seed')} "
        f"and buys more only while it is undecided, up to {looks[-1]}; any other claim, and every claim of the "
        f"{enumeration(fixed)} profile, takes the number that it states and is looked at once.",
        f"The error of {number(ALPHA)} each way is spent over the looks in proportion to the square root of the seeds (Lan and DeMets "
        "1983), so that the verdict is false with no more than that chance however many looks were taken. The chances are exact: at the "
        "boundary a seed lies on the wrong side with chance 1/2.",
    )


def cells() -> tuple[tuple[str, ...], ...]:
    """The looks, (looks, COLUMNS)."""
    design = _design()
    return tuple(
        (
            plural(seeds, "seed"),
            str(limit),
            number(level),
            number(design.p_value(index, level)),
            number(spent(seeds / design.looks[-1], design.alpha, design.spending)),
        )
        for index, ((seeds, level), limit) in enumerate(zip(design.schedule(), design.limits, strict=True))
    )
