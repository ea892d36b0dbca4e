"""What the report says of recorded draws: the columns of the table, and the line on a claim's card."""

from __future__ import annotations

from collections.abc import Sequence

from claims.report.drift import Drift
from claims.text import plural

COLUMNS = ("Training", "Number", "Compared", "n / recorded", "Diverged", "p (Holm)", "Shift, sd", "Recorded and now", "Claims")


def on_card(numbers: Sequence[Drift]) -> str:
    """Say the worst word of a claim's numbers, why, and how many got it.

    ``numbers`` have the worst first. Returns "" without any.
    """
    if not numbers:
        return ""
    worst = numbers[0]
    alone = all(number.why == worst.why for number in numbers)
    share = sum(number.word == worst.word for number in numbers)
    count = f"{'all' if share == len(numbers) else f'{share} of'} {plural(len(numbers), 'number')}"
    said = worst.why if alone else f"{worst.label}, {worst.metric}: {worst.why}"
    return f"{worst.word}: {said}" if len(numbers) == 1 else f"{worst.word} ({count}): {said}"


def claim_name(claim_id: str) -> str:
    """Return a claim's id without its paper and section."""
    return claim_id.split("/", 2)[-1]
