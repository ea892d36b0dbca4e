"""The form of the tables that this project's commands make.

A file has comment lines that say how it was made, then CSV with a header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reference_results.errors import ReferenceDataError


def dumps(facts: Mapping[str, str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write the file: a line ``# name: value`` for each of ``facts``, the header ``columns``, then ``rows``."""
    text = io.StringIO()
    text.writelines(f"# {name}: {value}\n" for name, value in facts.items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def parse(
    text: str, file: str, facts: Sequence[str], columns: Sequence[str], again: str
) -> tuple[Mapping[str, str], Iterator[tuple[str, list[str]]]]:
    """Read the facts by name, and each row's place (``file`` and line) with its values.

    A row has as many values as there are ``columns``. Raises ReferenceDataError, which names the place and ``again``, the way to make the
    table anew; for a row when it is reached.
    """
    lines = text.splitlines()
    told = dict(line.removeprefix("# ").split(": ", 1) for line in lines[: len(facts)] if line.startswith("# ") and ": " in line)
    if tuple(told) != tuple(facts) or not all(told.values()):
        raise ReferenceDataError(f"{file}: the first lines must tell {', '.join(facts)}; {again}")
    table = list(csv.reader(lines[len(facts) :]))
    if not table or tuple(table[0]) != tuple(columns):
        raise ReferenceDataError(f"{file} line {len(facts) + 1}: the header must read {','.join(columns)}; {again}")
    return told, _rows(table[1:], file, len(facts) + 2, len(columns), again)


def _rows(table: Sequence[list[str]], file: str, first: int, width: int, again: str) -> Iterator[tuple[str, list[str]]]:
    for number, values in enumerate(table, start=first):
        if len(values) != width:
            raise ReferenceDataError(f"{file} line {number}: {len(values)} values for {width} columns; {again}")
        yield f"{file} line {number}", values
