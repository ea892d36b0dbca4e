"""Hold the surviving mutants of a run against those that ``survivors.csv`` lists and argues.

    python tests/mutation/survivors.py cosmic-ray.sqlite

runs where ``mutmut run`` and ``cosmic-ray exec`` ran. It prints the totals of both tools, then every survivor that is not argued, as a
row to complete, and every argued one that no longer survives. Exit code 1 where there is either, or where a run was not finished.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

SURVIVED, UNCHECKED = ("survived", "no tests"), "not checked"  # as mutmut says it
LISTED = Path(__file__).with_name("survivors.csv")


@dataclass(frozen=True, order=True)
class Mutant:
    """One change to the source: what a row of ``survivors.csv`` says before its argument."""

    tool: str
    file: str
    function: str
    original: str  # the lines that the mutant changes, on one line
    mutated: str  # what stands there instead; empty where they are left out


def _changed(diff: str) -> tuple[str, str]:
    """(original, mutated) of a unified diff, each on one line."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return tuple(" ".join(" ".join(line[1:] for line in lines if line.startswith(sign)).split()) for sign in "-+")  # type: ignore[return-value]


def of_mutmut() -> Iterator[tuple[str, Mutant | None]]:
    """(status, mutant) of every mutant under ``mutants/``; the mutant is described where it survived."""
    for path in walk_mutatable_files():
        if not config().should_mutate(path):
            continue
        data = SourceFileMutationData(path=path)
        data.load()
        for name, exit_code in data.exit_code_by_key.items():
            status = status_by_exit_code[exit_code]
            if status not in SURVIVED:
                yield status, None
                continue
            function, owner = orig_function_and_class_names_from_key(name)
            where = f"{owner}.{function}" if owner else function
            survivor = Mutant("mutmut", path.as_posix(), where, *_changed(get_diff_for_mutant(name, path=path)))
            yield status, survivor


def of_cosmic_ray(session: Path) -> Iterator[tuple[str, Mutant | None]]:
    """(status, mutant) of every mutant of the session that ``outside_mutmut.py`` left in it."""
    with use_db(session, WorkDB.Mode.open) as database:
        done = dict(database.results)
        for item in database.work_items:
            result = done.get(item.job_id)
            if result is None:
                yield UNCHECKED, None
            elif result.worker_outcome == WorkerOutcome.SKIPPED:
                continue
            elif result.test_outcome == TestOutcome.SURVIVED:
                (mutation,) = item.mutations
                where = mutation.definition_name or "module"
                yield "survived", Mutant("cosmic-ray", mutation.module_path.as_posix(), where, *_changed(result.diff or ""))
            else:
                yield ("timeout" if result.output == "timeout" else "killed"), None


def argued() -> Iterator[Mutant]:
    with LISTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Mutant(*(row[name] for name in ("tool", "file", "function", "original", "mutated")))


def _totals(tool: str, statuses: Iterable[str]) -> str:
    counts = Counter(statuses)
    return f"{tool}: {counts.total()} mutants, " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("session", type=Path, help="the session of Cosmic Ray")
    runs = {"mutmut": list(of_mutmut()), "cosmic-ray": list(of_cosmic_ray(parser.parse_args().session))}
    for tool, run in runs.items():
        print(_totals(tool, (status for status, _ in run)))
    found = Counter(mutant for run in runs.values() for _, mutant in run if mutant is not None)
    listed = Counter(argued())
    for title, mutants in (("not argued in survivors.csv", found - listed), ("argued, but no longer surviving", listed - found)):
        if mutants:
            print(f"{title}: {mutants.total()}")
            csv.writer(sys.stdout, lineterminator="\n").writerows(astuple(mutant) for mutant in sorted(mutants.elements()))
    unchecked = any(status == UNCHECKED for run in runs.values() for status, _ in run)
    return int(found != listed or unchecked)


if __name__ == "__main__":
    sys.exit(main())
