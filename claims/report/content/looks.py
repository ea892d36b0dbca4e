"""The part of the methods section on looks: how many seeds a claim buys, and what each look may decide."""

from __future__ import annotations

from claims.judging.looks import SPENDING
from claims.report.model import Report
from claims.statistics.intervals import ALPHA
from claims.statistics.sequential import SequentialDesign, spent
from claims.text import enumeration, number, plural
from reproductions.trials import PILOT_SEEDS_FROM

COLUMNS = ("Look after", "Seeds on the wrong side, at most", "Error of the sign test", "Error used so far", "Error allowed so far")


def _schedules(report: Report) -> dict[tuple[int, ...], list[str]]:
    """Group the profiles of the report by their looks; () for profiles with one look."""
    found: dict[tuple[int, ...], list[str]] = {}
    for name, looks in dict.fromkeys((profile.name, profile.looks) for paper in report.papers for profile in paper.profiles):
        found.setdefault(looks, []).append(name)
    return found


def _under(profiles: list[str]) -> str:
    return f"the {enumeration(profiles)} {'profile' if len(profiles) == 1 else 'profiles'}"


def sentences(report: Report) -> tuple[str, ...]:
    """Say the rule in words."""
    schedules = _schedules(report)
    fixed = schedules.pop((), [])
    rest = f"and every claim of {_under(fixed)}, takes" if fixed else "takes"
    buying = [
        f"Under {_under(profiles)} a claim that one sign test decides each way starts with {plural(looks[0], 'seed')} and buys more only "
        f"while it is undecided, up to {looks[-1]}; any other claim{', ' if fixed else ' '}{rest} the number that it states and is looked "
        "at once."
        for looks, profiles in schedules.items()
    ]
    return (
        "Seeds are 0, 1, 2 and so on, the same for every arm, so that arms are compared seed by seed. Pilot seeds, "
        f"{PILOT_SEEDS_FROM:,} and above, chose settings and enter no verdict.",
        *(buying or ["Every claim takes the number of seeds that it states and is looked at once."]),
        *([_SPENDING] if buying else []),
    )


_SPENDING = (
    f"The error of {number(ALPHA)} each way is spent over the looks in proportion to the square root of the seeds (Lan and DeMets "
    "1983), so that the verdict is false with no more than that chance however many looks were taken. The chances are exact: at the "
    "boundary a seed lies on the wrong side with chance 1/2."
)


def tables(report: Report) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return a table for each schedule of several looks, (looks, COLUMNS)."""
    return tuple(_table(SequentialDesign(looks, spending=SPENDING)) for looks in _schedules(report) if looks)


def _table(design: SequentialDesign) -> tuple[tuple[str, ...], ...]:
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
