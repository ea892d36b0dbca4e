"""Leave to Cosmic Ray what mutmut does not mutate: functions under a decorator, and statements outside functions.

    python tests/mutation/outside_mutmut.py cosmic-ray.sqlite

marks all other mutants of a fresh session as skipped. It runs between ``cosmic-ray init`` and ``cosmic-ray exec``.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from functools import cache
from pathlib import Path

from cosmic_ray.tools.filters.filter_app import FilterApp
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, WorkerOutcome, WorkResult

# Operators that nobody writes by mistake (shifts, bits, powers, remainders, identity of numbers) or that stop any test with a TypeError
EMPTY = re.compile(
    r"core/(ReplaceBinaryOperator_(BitOr_\w+|\w+_(RShift|LShift|BitOr|BitAnd|BitXor|Pow|Mod))"
    r"|ReplaceUnaryOperator_\w+_(Invert|Not)|ReplaceComparisonOperator_\w+_(Is|IsNot))"
)
MUTATED_BY_MUTMUT = {"classmethod", "staticmethod"}  # the decorators under which mutmut mutates
Position = tuple[int, int]  # line from 1, column from 0


@cache
def _reserved(path: Path) -> tuple[list[tuple[Position, Position]], list[tuple[Position, Position]]]:
    """Where the file's annotations stand, and its functions that mutmut mutates, each from its first position to its last."""
    annotations: list[ast.expr | None] = []
    functions: list[ast.FunctionDef] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AnnAssign | ast.arg):
            annotations.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            annotations.append(node.returns)
            if {ast.unparse(decorator) for decorator in node.decorator_list} <= MUTATED_BY_MUTMUT:
                functions.append(node)
    return (
        [((a.lineno, a.col_offset), (a.end_lineno or 0, a.end_col_offset or 0)) for a in annotations if a],
        [
            ((f.decorator_list[0].lineno if f.decorator_list else f.lineno, 0), (f.end_lineno or 0, f.end_col_offset or 0))
            for f in functions
        ],
    )


def _is_cache(path: Path, start: Position) -> bool:
    """Whether a decorator stands at ``start`` that remembers results: without it the same numbers are computed again, only slower."""
    line = path.read_text(encoding="utf-8").splitlines()[start[0] - 1]
    return line.split("#")[0].strip() == "@cache"


def is_left_to_cosmic_ray(mutation: MutationSpec) -> bool:
    """Whether ``mutation`` changes code that runs, and that mutmut has no mutant of."""
    path = Path(mutation.module_path)
    if EMPTY.fullmatch(mutation.operator_name) or _is_cache(path, mutation.start_pos):
        return False
    annotations, functions = _reserved(path)
    return not any(first <= mutation.start_pos <= last for first, last in [*annotations, *functions])


class OutsideMutmut(FilterApp):
    def description(self) -> str:
        return "Skip the mutants of code that mutmut mutates."

    def filter(self, work_db: WorkDB, args: argparse.Namespace) -> None:
        for item in work_db.pending_work_items:
            if not all(map(is_left_to_cosmic_ray, item.mutations)):
                work_db.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output="not outside mutmut"))


if __name__ == "__main__":
    sys.exit(OutsideMutmut().main())
