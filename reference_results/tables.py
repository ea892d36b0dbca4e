"""The printed tables, ``<paper>/<name>.csv``: every file that is not exactly what its schema says is refused.

One row is one cell: the key columns name it, ``value`` is the number with the digits the paper printed, ``unit`` its unit and
``locator`` where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import Any

from reference_results.errors import ReferenceDataError
from reference_results.texts import of_papers, rows_of, text_of, toml_of

Rows = tuple[Mapping[str, Any], ...]
_NUMBER = re.compile(r"\d+(\.\d+)?")  # what a table prints; no sign, exponent, nan or inf


@dataclass(frozen=True)
class Schema:
    """What a printed table must hold.

    ``keys`` are the columns that name a cell; ``units`` maps every cell there must be to its unit; ``texts`` are further columns.
    """

    keys: tuple[str, ...]
    units: Mapping[tuple[str, ...], str]
    texts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.keys, *self.texts, "value", "unit", "locator")


def _schemas() -> dict[tuple[str, str], Schema]:
    """Read the schema of every printed table, by paper and name, from ``<paper>/tables.toml``."""
    found: dict[tuple[str, str], Schema] = {}
    for paper, file in of_papers("tables.toml").items():
        name = f"reference_results/{paper}/tables.toml"
        found |= {(paper, table): _schema(**entry) for table, entry in toml_of(text_of(file, name), name).items()}
    return found


def _schema(keys: Sequence[str], cells: Sequence[Mapping[str, Any]], texts: Sequence[str] = ()) -> Schema:
    units = {cell: block["unit"] for block in cells for cell in product(*(block[key] for key in keys))}
    return Schema(tuple(keys), units, tuple(texts))


def load_table(paper: str, name: str) -> Rows:
    """Return the printed table ``name`` of ``paper``, one row a cell, in the file's order.

    A row has the schema's keys and texts (text), ``value`` (float), ``printed`` (the same number as the paper prints it,
    text), ``unit``, ``locator``. Raises ReferenceDataError where the file departs from its schema.
    """
    return parse_table(_text(paper, name), f"reference_results/{paper}/{name}.csv", _schemas()[paper, name])


def table_names(paper: str) -> tuple[str, ...]:
    """Return the names of the printed tables of ``paper``, a folder here.

    Returns none for a paper without printed numbers.
    """
    return tuple(name for folder, name in _schemas() if folder == paper)


def key_columns(paper: str, name: str) -> tuple[str, ...]:
    """Return the columns that name a cell of a printed table, in the order of a locator."""
    return _schemas()[paper, name].keys


def number(paper: str, quantity: str) -> float:
    """Return the single number ``quantity`` of ``<paper>/results.csv``."""
    values = {row["quantity"]: row["value"] for row in load_table(paper, "results")}
    if quantity not in values:
        raise ReferenceDataError(f"reference_results/{paper}/results.csv has no {quantity!r}; it has {', '.join(values)}")
    return float(values[quantity])


def _text(paper: str, name: str) -> str:
    if (paper, name) not in _schemas():
        known = ", ".join(f"{folder}/{table}" for folder, table in _schemas())
        raise ReferenceDataError(f"there is no reference table {paper}/{name}; known: {known}")
    return text_of(resources.files("reference_results") / paper / f"{name}.csv", f"reference_results/{paper}/{name}.csv")


def parse_table(text: str, file: str, schema: Schema) -> Rows:
    """Read the table in ``text``, checked against ``schema``. Raises ReferenceDataError.

    ``file`` names the text in messages.
    """
    lines = rows_of(text, file)
    header = tuple(lines[0]) if lines else ()
    if header != expected_header(schema, header):
        raise ReferenceDataError(f"{file}: {_header_problem(header, schema)}")
    rows: dict[tuple[str, ...], dict[str, str | float]] = {}
    for line, values in enumerate(lines[1:], start=2):
        where = f"{file} line {line}"
        if len(values) != len(header):
            raise ReferenceDataError(f"{where}: {len(values)} values for {len(header)} columns; write one value a column")
        row = dict(zip(header, values, strict=True))
        cell = _check_row(row, where, schema)
        if cell in rows:
            raise ReferenceDataError(f"{where}: the cell {'/'.join(cell)} is there twice; keep one row")
        rows[cell] = {**row, "value": float(row["value"]), "printed": row["value"]}
    missing = [cell for cell in schema.units if cell not in rows]
    if missing:
        raise ReferenceDataError(
            f"{file}: the cell {'/'.join(missing[0])} is missing ({len(rows)} cells instead of {len(schema.units)}); copy it from the paper"
        )
    columns = [*schema.keys, *schema.texts, "value", "printed", "unit", "locator"]
    return tuple({column: row[column] for column in columns} for row in rows.values())


def expected_header(schema: Schema, header: tuple[str, ...]) -> tuple[str, ...]:
    """Return the schema's columns in the order ``header`` has them, so that their order is free.

    Returns the schema's own order where ``header`` has other columns.
    """
    return header if sorted(header) == sorted(schema.columns) else schema.columns


def _header_problem(header: tuple[str, ...], schema: Schema) -> str:
    missing = [column for column in schema.columns if column not in header]
    if missing:
        return f"the column {missing[0]!r} is missing; the header must name {', '.join(schema.columns)}"
    extra = [column for column in header if header.count(column) > 1 or column not in schema.columns]
    return f"the column {extra[0]!r} does not belong or is there twice; the header must name {', '.join(schema.columns)}"


def _check_row(row: dict[str, str], where: str, schema: Schema) -> tuple[str, ...]:
    """Return the cell the row names. Raises ReferenceDataError.

    The error is for an unknown cell, a value that is no printed number, or a wrong unit.
    """
    cell = tuple(row[key] for key in schema.keys)
    for position, key in enumerate(schema.keys):
        known = list(dict.fromkeys(name[position] for name in schema.units))
        if cell[position] not in known:
            raise ReferenceDataError(f"{where}: unknown {key} {cell[position]!r}; known: {', '.join(known)}")
    where = f"{where} ({'/'.join(cell)})"
    if cell not in schema.units:
        raise ReferenceDataError(f"{where}: the paper's table has no such cell; remove the row")
    value, unit = row["value"], schema.units[cell]
    if not _NUMBER.fullmatch(value):
        raise ReferenceDataError(f"{where}: {value!r} is not a printed number; write digits alone, the unit has its own column")
    if row["unit"] != unit:
        raise ReferenceDataError(f"{where}: the unit {row['unit']!r} is wrong; it must be {unit!r}")
    if unit == "percent" and not 1 < float(value) <= 100:
        raise ReferenceDataError(
            f"{where}: {value} percent lies outside (1, 100]; write the percentage the paper prints (91.64), not a share (0.9164)"
        )
    for column in (*schema.texts, "locator"):
        if not row[column].strip():
            raise ReferenceDataError(f"{where}: {column} is empty; say where the number stands")
    return cell
