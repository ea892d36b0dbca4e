"""Test-set noise of the differences between two networks of a row of Table 1 or 3.

Each difference is given as printed and as our seeds measured it, with the part of it that is test-set noise.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from claims.paper import MeasuredCell, Remarks
from claims.text import number, plural
from reference_results.babi_test_noise import TASKS, NoiseRow, NoiseTable

MEAN = "mean"  # the task of Table 3's last row
CERTAIN = 1.959964  # two-sided 95 % normal quantile
NOT_MEASURED = "not measured"
TITLE = "The differences, and how much of each is test-set noise"
HEADER = (
    "",
    "Difference",
    "Printed",
    "Ours",
    "Test-set sd, measured",
    "Test-set sd, two binomial test sets",
    "Measured with networks at",
    "Of the printed difference",
    "Of the variance of one run's difference",
)
EXPLANATION = (
    "One network's accuracy less the other's, in points. The measured sd is that of the difference from one simulated test set to "
    "the next, with networks of ours that answered the same questions; it depends on their accuracies, which stand beside it. 1.96 "
    "of these sds are what test-set noise can make of the printed difference. Ours is the mean over the seeds that both networks "
    "have. These all answer one test set, so that the variance over them holds nothing of the shift it gives to all alike; the "
    "last column is the test set's share of the two variances together."
)


@dataclass(frozen=True)
class Noise:
    """The standard deviation of a difference over test sets, in points.

    ``accuracies``, in percent, belong to the two networks of the difference. ``binomial_sd`` is what two test sets of independent
    questions, one for each network, would give at these accuracies.
    """

    sd: float
    binomial_sd: float
    accuracies: tuple[float, float]


@dataclass(frozen=True)
class Ours:
    """The paired differences over our seeds: mean, variance, number of seeds, and how many of them diverged.

    The variance is None for one seed. A run that diverged has no accuracy, so with one diverged run the mean and the variance are None.
    """

    mean: float | None
    variance: float | None
    n: int
    n_diverged: int


@dataclass(frozen=True)
class Difference:
    """``one`` minus ``other``, two networks of a row.

    ``binomial_sd`` is the standard deviation that two test sets give at the printed accuracies.
    """

    row: str
    one: str
    other: str
    printed: float
    binomial_sd: float
    noise: Noise | None
    ours: Ours | None

    @property
    def binomial_alone(self) -> bool:
        """Whether two binomial test sets alone could make the printed difference (95 %)."""
        return abs(self.printed) <= CERTAIN * self.binomial_sd

    @property
    def noise_share(self) -> float | None:
        """1.96 measured sds as a share of the printed difference, at most 1.

        At 1 the difference is no more than noise. None: not measured.
        """
        if self.noise is None:
            return None
        return 1.0 if abs(self.printed) <= CERTAIN * self.noise.sd else CERTAIN * self.noise.sd / abs(self.printed)

    @property
    def variance_share(self) -> float | None:
        """The test set's share of the variance that test set and seeds have together.

        None where one of the two variances is missing, or both are 0.
        """
        if self.noise is None or self.ours is None or self.ours.variance is None or self.noise.sd**2 + self.ours.variance == 0:
            return None
        return self.noise.sd**2 / (self.noise.sd**2 + self.ours.variance)


def differences(cells: Sequence[MeasuredCell], noise: NoiseTable | None) -> tuple[Difference, ...]:
    """List every pair of networks of every row, in the table's order.

    ``noise`` is None where none was measured.
    """
    lines: dict[str, list[MeasuredCell]] = {}
    for cell in cells:
        lines.setdefault(cell.label, []).append(cell)
    pairs = (pair for line in lines.values() for pair in itertools.combinations(line, 2))
    return tuple(_difference(one, other, noise) for one, other in pairs)


def _difference(one: MeasuredCell, other: MeasuredCell, noise: NoiseTable | None) -> Difference:
    p, q = float(one.printed), float(other.printed)
    # the standard error of two independent accuracies, an upper limit where both networks answer the same items
    binomial_sd = math.sqrt(p * (100 - p) / one.items + q * (100 - q) / other.items)
    found = None if noise is None else noise_of(noise, str(one.row["task"]), one.column, other.column)
    # printed with one or two digits behind the point: what a subtraction adds behind them is rounding
    return Difference(one.label, one.column, other.column, round(p - q, 6), binomial_sd, found, ours(one, other))


def noise_of(table: NoiseTable, task: str, one: str, other: str) -> Noise | None:
    """Collect the noise of a difference on ``task``, pooled over the seeds of ``table``.

    The mean over the tasks has 1 / 20 of the sum of their differences, each with a test set of its own. So its variance is 1 / 400 of the
    sum of the tasks' variances, and is there only if all are. Returns None where the noise was not measured.
    """
    if task == MEAN:
        every = [_of_task(table, number, one, other) for number in TASKS]
        known = [each for each in every if each is not None]
        return None if len(known) < len(TASKS) else _mean(known)
    return _of_task(table, int(task), one, other) if task.isdecimal() else None


def _of_task(table: NoiseTable, task: int, one: str, other: str) -> Noise | None:
    pairs = table.of(task, one.lower(), other.lower())
    if not pairs:
        return None
    seeds = {row.seed for row in pairs}
    first, second = (statistics.fmean(row.value for row in table.of(task, model.lower()) if row.seed in seeds) for model in (one, other))
    return Noise(_pooled(pairs, "sd"), _pooled(pairs, "binomial_sd"), (first, second))


def _mean(tasks: Sequence[Noise]) -> Noise:
    def spread(sds: Sequence[float]) -> float:
        return math.hypot(*sds) / len(tasks)

    one, other = (statistics.fmean(each.accuracies[side] for each in tasks) for side in (0, 1))
    return Noise(spread([each.sd for each in tasks]), spread([each.binomial_sd for each in tasks]), (one, other))


def _pooled(rows: Sequence[NoiseRow], column: str) -> float:
    """Compute the square root of the mean variance of the seeds."""
    return math.sqrt(statistics.fmean(getattr(row, column) ** 2 for row in rows))


def ours(one: MeasuredCell, other: MeasuredCell) -> Ours | None:
    """Compute the paired differences of the seeds that both cells were measured with.

    Returns None where they share no seed.
    """
    first, second = (_by_seed(cell) for cell in (one, other))
    seeds = [seed for seed in first if seed in second]
    if not seeds:
        return None
    pairs = [(first[seed], second[seed]) for seed in seeds]
    diverged = sum(not math.isfinite(p - q) for p, q in pairs)
    if diverged:
        return Ours(None, None, len(pairs), diverged)
    found = [p - q for p, q in pairs]
    return Ours(statistics.fmean(found), statistics.variance(found) if len(found) > 1 else None, len(found), 0)


def _by_seed(cell: MeasuredCell) -> Mapping[int, float]:
    evidence = cell.evidence
    return {} if evidence is None else dict(zip(evidence.seeds or range(len(evidence.values)), evidence.values, strict=True))


# --- In words and figures ---


def remarks(cells: Sequence[MeasuredCell], noise: NoiseTable | None) -> Remarks:
    """Write the remarks on the differences between the networks of a table.

    They come with a table of the differences where some test-set noise was measured.
    """
    found = differences(cells, noise)
    sentences = summary(found, noise)
    if not any(each.noise is not None for each in found):
        return Remarks(sentences=sentences)
    return Remarks(sentences=sentences, title=TITLE, explanation=EXPLANATION, header=HEADER, rows=rows(found), csv=data(found))


def summary(found: Sequence[Difference], noise: NoiseTable | None) -> tuple[str, ...]:
    """Count the printed differences that are no more than test-set noise.

    They are counted by arithmetic and, where ``noise`` is there, as measured.
    """
    inside = sum(each.binomial_alone for each in found)
    arithmetic = (
        f"Of the {len(found)} differences between two networks of a row, {inside} are no larger than two test sets of this size alone can "
        "make them (95 %); that counts no differences between seeds."
    )
    measured = [each for each in found if each.noise is not None]
    return (arithmetic,) if noise is None or not measured else (arithmetic, *_measured(measured, noise))


def _measured(found: Sequence[Difference], noise: NoiseTable) -> tuple[str, ...]:
    row = noise.rows[0]
    seeds = len({row.seed for row in noise.rows})
    inside = sum(each.noise_share == 1 for each in found)
    counted = (
        f"Measured with trained networks ({plural(seeds, 'seed')}) that answered the same {row.blocks} simulated test sets of "
        f"{row.questions:,} questions a task: {inside} of {len(found)} differences are no more than test-set noise, against "
        f"{sum(each.binomial_alone for each in found)} of them by the arithmetic of two test sets. A standard deviation over {row.blocks} "
        f"test sets is itself known to about {100 / math.sqrt(2 * (row.blocks - 1)):.0f} %."
    )
    return (counted, *_design_effects(noise), *_shares(found))


def _design_effects(noise: NoiseTable) -> tuple[str, ...]:
    alone = [(row.sd / row.binomial_sd) ** 2 for row in noise.rows if not row.minus and row.binomial_sd > 0]
    paired = [(row.sd / row.binomial_sd) ** 2 for row in noise.rows if row.minus and row.binomial_sd > 0]
    if not alone or not paired:
        return ()
    return (
        f"From one test set to the next the variance of an accuracy is {_middle(alone)} times that of independent questions, which those "
        f"of one story are not; that of a difference is {_middle(paired)} times that of two test sets of independent questions, one for "
        "each network, since what both get right cancels.",
    )


def _shares(found: Sequence[Difference]) -> tuple[str, ...]:
    shares = [each.variance_share for each in found if each.variance_share is not None]
    if not shares:
        return ()
    return (
        f"Where our seeds measured the difference ({len(shares)} of {len(found)}), the test set has a median {100 * _median(shares):.0f} % "
        "of its variance over seeds and over test sets together.",
    )


def _middle(ratios: Sequence[float]) -> str:
    return f"a median {number(round(_median(ratios), 2))} ({number(round(min(ratios), 2))} to {number(round(max(ratios), 2))})"


def _median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def rows(found: Sequence[Difference]) -> tuple[tuple[str, ...], ...]:
    """Write the differences as text, (differences, HEADER)."""
    return tuple(
        (
            each.row,
            f"{each.one} − {each.other}",
            _signed(each.printed),
            _ours(each.ours),
            NOT_MEASURED if each.noise is None else number(each.noise.sd),
            number(each.binomial_sd),
            "–" if each.noise is None else " and ".join(f"{accuracy:.1f} %" for accuracy in each.noise.accuracies),
            _noise(each),
            _variances(each),
        )
        for each in found
    )


def _signed(value: float) -> str:
    return f"{value:+.4g}" if value else "0"


def _ours(found: Ours | None) -> str:
    if found is None:
        return "not run"
    if found.mean is None:
        return f"undefined: {found.n_diverged} of {plural(found.n, 'seed')} diverged"
    return f"{_signed(found.mean)}, n = {found.n}"


def _noise(each: Difference) -> str:
    share = each.noise_share
    if share is None:
        return NOT_MEASURED
    return "no more than test-set noise" if share == 1 else f"up to {100 * share:.0f} % could be test-set noise"


def _variances(each: Difference) -> str:
    share = each.variance_share
    if share is None or each.noise is None or each.ours is None:
        return "–"
    return f"{100 * share:.0f} % the test set's (its variance {number(each.noise.sd**2)}, over our seeds {number(each.ours.variance)})"


def data(found: Sequence[Difference]) -> str:
    """Write the differences as comma-separated text, a row each; empty where something was not measured."""
    return pd.DataFrame([_numbers(each) for each in found]).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _numbers(each: Difference) -> dict[str, object]:
    noise, own = each.noise, each.ours
    return {
        "row": each.row,
        "network": each.one,
        "minus": each.other,
        "printed": each.printed,
        "two_binomial_sd": each.binomial_sd,
        "test_set_sd": noise and noise.sd,
        "measured_accuracy": noise and noise.accuracies[0],
        "measured_minus_accuracy": noise and noise.accuracies[1],
        "noise_share": each.noise_share,
        "ours": own and own.mean,
        "seeds": own and own.n,
        "diverged": own and own.n_diverged,
        "seed_variance": own and own.variance,
        "test_set_variance_share": each.variance_share,
    }
