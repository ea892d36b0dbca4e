"""The arithmetic behind ``tables.py``: what the printed numbers of the RIN paper say about its own sentences.

Every check returns Evidence. Its ``estimate`` is the largest disagreement beyond rounding and margin: 0.0 where the statement holds, how
far it is missed otherwise. Its ``details`` spell the arithmetic out, the deciding line first. Numbers are exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from claims.results import Evidence
from reference_results import load_table, number
from reference_results.tables import Rows

METHOD = "arithmetic on printed numbers"
SMALL_NETWORKS = ("1-100", "1-200")  # section 3.2, "small network sizes (1-100,1-200)"
TASKS = ("sequential", "permuted")

Table = Mapping[tuple[str, ...], Decimal]


def table1() -> Table:
    """Return the accuracies of Table 1 by (task, network, model)."""
    return _cells(load_table("rin_2018", "table1"), ("task", "network", "model"))


def table3() -> Table:
    """Return the accuracies of Table 3 by (task, model); the last row's task is "mean"."""
    return _cells(load_table("rin_2018", "table3"), ("task", "model"))


def _cells(rows: Rows, keys: tuple[str, ...]) -> Table:
    return {tuple(str(row[key]) for key in keys): Decimal(str(row["printed"])) for row in rows}


def column_mean(model: str) -> Evidence:
    """Check that the mean of a column of Table 3 rounds to the mean printed below it."""
    column = _column(model)
    printed = table3()["mean", model]
    total = sum(column, Decimal(0))
    mean = total / len(column)
    half = rounding(printed)
    beyond = max(Decimal(0), abs(mean - printed) - half)
    return _evidence(
        beyond,
        f"the mean of {model} is {total} / {len(column)} = {mean}, printed {printed}",
        f"|{mean} - {printed}| = {abs(mean - printed)}; a printed {printed} stands for anything within {half} of it",
    )


def headline_range() -> Evidence:
    """Check that the gains of the small RINs over IRNN and LSTM run from 12 to 67 percentage points.

    The gains are rounded to whole numbers.
    """
    cells = table1()
    low, high = (Decimal(str(number("rin_2018", f"headline-{end}-gain"))).quantize(Decimal(1)) for end in ("smallest", "largest"))
    gains = {
        (task, network, other): cells[task, network, "RIN"] - cells[task, network, other]
        for task in TASKS
        for network in SMALL_NETWORKS
        for other in ("IRNN", "LSTM")
    }
    smallest, largest = min(gains.values()), max(gains.values())
    beyond = max(Decimal(0), abs(smallest - low) - rounding(low), abs(largest - high) - rounding(high))
    lines = [_difference(task, network, "RIN", other, cells) for task, network, other in gains]
    averaged = sum((gains[task, "1-100", "IRNN"] for task in TASKS), Decimal(0)) / len(TASKS)
    deep = cells["sequential", "1-100", "RIN-DT"] - cells["sequential", "1-100", "IRNN"]
    return _evidence(
        beyond,
        f"the gains span {smallest} to {largest} percentage points; the abstract prints {low} to {high}",
        *lines,
        f"smallest: |{smallest} - {low}| = {abs(smallest - low)}; largest: |{largest} - {high}| = {abs(largest - high)}",
        f"rounding to whole numbers explains {rounding(low)}",
        f"{largest} rounds to 68; only cut off does it read 67",
        f"readings that come near 12 but change the comparison: the two gains of 1-100 over the IRNN averaged, {averaged}; "
        f"RIN-DT instead of RIN over the IRNN, sequential 1-100, {deep} (its gain over the LSTM there would be "
        f"{cells['sequential', '1-100', 'RIN-DT'] - cells['sequential', '1-100', 'LSTM']})",
    )


def exceeds(task: str, network: str, higher: str, lower: str) -> Evidence:
    """Check that a cell of Table 1 is larger than another cell of its row."""
    cells = table1()
    return _evidence(shortfall(cells[task, network, higher], cells[task, network, lower]), _difference(task, network, higher, lower, cells))


def within(task: str, network: str, first: str, second: str, margin: str) -> Evidence:
    """Check that two cells of a row of Table 1 differ by at most ``margin`` percentage points."""
    cells = table1()
    gap = abs(cells[task, network, first] - cells[task, network, second])
    return _evidence(max(Decimal(0), gap - Decimal(margin)), f"{_difference(task, network, first, second, cells)}, margin {margin}")


def lowest_of_row(task: str, network: str, model: str) -> Evidence:
    """Check that a cell of Table 1 is the lowest of the three in its row."""
    cells = table1()
    others = [name for name in ("RIN", "IRNN", "LSTM") if name != model]
    beyond = max(shortfall(cells[task, network, other], cells[task, network, model]) for other in others)
    return _evidence(
        beyond,
        f"{task} {network}: {model} {cells[task, network, model]}, "
        + " and ".join(f"{other} {cells[task, network, other]}" for other in others),
    )


def highest_of_task(task: str, network: str, model: str) -> Evidence:
    """Check that a cell of Table 1 exceeds every other cell of its task."""
    cells = table1()
    own = cells[task, network, model]
    others = {cell: value for cell, value in cells.items() if cell[0] == task and cell != (task, network, model)}
    runner_up = max(others, key=lambda cell: others[cell])
    return _evidence(
        shortfall(own, others[runner_up]),
        f"{task} {network} {model}: {own}; the highest of the other {len(others)} cells: {others[runner_up]} ({' '.join(runner_up[1:])})",
    )


def highest_mean(model: str) -> Evidence:
    """Check that a printed mean of Table 3 is at least as large as every other printed mean."""
    means = {name: value for (task, name), value in table3().items() if task == "mean"}
    beyond = max(Decimal(0), *(value - means[model] for value in means.values()))
    return _evidence(beyond, "printed means: " + ", ".join(f"{name} {value}" for name, value in means.items()))


def mean_within(first: str, second: str, margin: str) -> Evidence:
    """Check that two printed means of Table 3 differ by at most ``margin`` percentage points."""
    means = table3()
    gap = abs(means["mean", first] - means["mean", second])
    line = f"means: |{first} {means['mean', first]} - {second} {means['mean', second]}| = {gap}, margin {margin}"
    return _evidence(max(Decimal(0), gap - Decimal(margin)), line)


def more_wins_than_losses(model: str, other: str) -> Evidence:
    """Check that ``model`` prints the higher accuracy on more bAbI tasks than ``other``.

    The estimate is how many wins are short.
    """
    from scipy import stats  # here, because shell completion loads the registry and would wait for it

    pairs = list(zip(_column(model), _column(other), strict=True))
    won = [task for task, (own, rival) in enumerate(pairs, start=1) if own > rival]
    lost = [task for task, (own, rival) in enumerate(pairs, start=1) if own < rival]
    differences = [float(own - rival) for own, rival in pairs]
    test = stats.wilcoxon(differences, zero_method="wilcox", correction=False, method="approx")
    return _evidence(
        Decimal(max(0, len(lost) + 1 - len(won))),
        f"{model} against {other}: {len(won)} wins, {len(lost)} losses, {len(pairs) - len(won) - len(lost)} ties",
        f"won: tasks {_listed(won)}; lost: tasks {_listed(lost)}",
        f"Wilcoxon signed-rank test over the tasks without a tie (normal approximation, because differences of equal size occur): "
        f"W = {test.statistic:g}, two-sided p = {test.pvalue:.3f}",
        unit="tasks",
    )


def possible_percentages(table: str, items: str) -> Evidence:
    """Check that every printed accuracy of ``table`` can be a whole number of right answers out of ``items``.

    The percentage of right answers is rounded as printed.
    """
    cells = table1() if table == "table1" else {cell: value for cell, value in table3().items() if cell[0] != "mean"}
    total = Decimal(items)
    worst, where = Decimal(0), ""
    for cell, value in cells.items():
        nearest = (value * total / 100).to_integral_value() * 100 / total
        beyond = max(abs(nearest - value) - rounding(value), value - 100)
        if beyond > worst:
            worst, where = beyond, "/".join(cell)
    impossible = f"the worst is {where}, {worst} off" if where else "none is impossible"
    return _evidence(worst, f"{len(cells)} printed accuracies, each against the nearest k / {items}: {impossible}")


def rounding(printed: Decimal) -> Decimal:
    """Return half a unit of the last printed digit: 0.05 for 52.6."""
    exponent = printed.as_tuple().exponent
    assert isinstance(exponent, int)  # reference_results admits digits only: no NaN, no infinity
    return Decimal(1).scaleb(exponent) / 2


def shortfall(higher: Decimal, lower: Decimal) -> Decimal:
    """Compute how far ``higher`` would have to rise to exceed ``lower`` by one unit of the last printed digit.

    Returns 0 if it exceeds it.
    """
    return Decimal(0) if higher > lower else lower - higher + 2 * min(rounding(higher), rounding(lower))


def _column(model: str) -> list[Decimal]:
    return [value for (task, name), value in table3().items() if name == model and task != "mean"]


def _difference(task: str, network: str, first: str, second: str, cells: Table) -> str:
    left, right = cells[task, network, first], cells[task, network, second]
    return f"{task} {network}: {first} {left} - {second} {right} = {left - right}"


def _listed(tasks: Iterable[int]) -> str:
    return ", ".join(map(str, tasks)) or "none"


def _evidence(beyond: Decimal, *details: str, unit: str = "percentage points") -> Evidence:
    value = float(beyond)
    return Evidence(value, value, value, n=0, n_diverged=0, method=METHOD, unit=unit, details=details)
