"""``rin-claims doctor``: what works on this machine, a line a part, and what each profile would take."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from claims.commands import repository
from claims.commands.output import add_json_option, print_json
from claims.commands.stores import add_store_option
from claims.commands.terminal import say, width, wrapped
from claims.text import about, duration, one_line, plural, size

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from reproductions.store.outcomes import Store

KEYS = "part, state, said"
EXAMPLES = ("rin-claims doctor", "rin-claims doctor --json")
LABEL = 12  # columns of the parts at the left
MARKS = {"works": "✓", "absent": "–", "broken": "✗"}
SEED = 0  # of the checks of the kernels


@dataclass(frozen=True)
class Finding:
    """What was found of a part: it works, it is absent and need not be there, or it is broken."""

    part: str
    state: Literal["works", "absent", "broken"]
    said: str


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "doctor", help="what works on this machine, and what a run would take", description=doctor.__doc__, examples=EXAMPLES
    )
    add_store_option(parser)
    add_json_option(parser, f"a list of findings, each with {KEYS}")
    parser.set_defaults(command=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Check this machine part by part, and say what each profile would train here and for how long.

    The parts are processor, compiler, kernels, torch, GPU, data sets, speech, store and disk. The kernels are held against double
    precision, and the time is estimated from a few seconds of training. The exit code is 1 where something is broken; what is absent and
    need not be there is not.
    """
    found: list[Finding] = []
    for finding in _findings(arguments):
        found.append(finding)
        if not arguments.json:
            say(wrapped(f"{MARKS[finding.state]} {finding.part:<{LABEL}}{finding.said}", width(), " " * (LABEL + 2)), flush=True)
    if arguments.json:
        print_json(found)
    return int(any(finding.state == "broken" for finding in found))


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    for part, check in (
        ("processor", processor),
        ("compiler", compiler),
        ("kernels", kernels),
        ("torch", torch_build),
        ("GPU", gpu),
        ("data sets", data_sets),
        ("speech", speech),
    ):
        yield _tried(part, check)
    store: list[Store] = []

    def opened() -> Finding:
        from claims.run.stored import open_store

        store.append(open_store(arguments.claims_store))
        return stored(store[0])

    yield _tried("store", opened)
    if store:
        yield _tried("disk", lambda: disk(store[0].folder))
        for profile in repository.here().profiles:
            yield _tried(profile, lambda profile=profile: price(profile, store[0]))  # type: ignore[misc]


def _tried(part: str, check: Callable[[], Finding]) -> Finding:
    """Run one check; whatever it raises is what is broken, and the others go on."""
    try:
        return check()
    except Exception as error:
        return Finding(part, "broken", one_line(f"{error}" or type(error).__name__))


def processor() -> Finding:
    from reproductions.running.process import cores
    from reproductions.store.environment import cpu_model

    return Finding("processor", "works", f"{cpu_model() or platform.machine()}, {plural(cores(), 'core')} for this process")


def compiler() -> Finding:
    from reproductions.recurrence import build

    try:
        return Finding("compiler", "works", " ".join(build.find_compiler()))
    except build.BuildError as error:
        return Finding("compiler", "absent", f"{error}: the recurrences run on torch's operations, several times slower")


def kernels() -> Finding:
    from reproductions.guards import recurrences
    from reproductions.recurrence import build

    path, fallback = build.path_taken(), build.fallback()
    if wrong := recurrences.fast_forward_is_reference(SEED) or recurrences.fast_backward_is_reference(SEED):
        return Finding("kernels", "broken", f"{path}: {wrong}")
    said = "outputs and gradients agree with double precision"
    return Finding("kernels", "absent" if fallback else "works", f"{path}: {said}{f'; {fallback}' if fallback else ''}")


def torch_build() -> Finding:
    from reproductions.running.torch_build import torch_build as described

    return Finding("torch", "works", described())


def gpu() -> Finding:
    """Check every GPU; a GPU that is there and cannot be used is broken."""
    from reproductions.store.environment import cuda

    available, problem = cuda()
    if problem:
        return Finding("GPU", "broken", f"{problem}; full runs take compact on the CPU until it is mended")
    if not available:
        return Finding("GPU", "absent", "torch sees none, and none is needed; docs/gpu.md says what one is for")
    return Finding("GPU", *gpu_kernels())


def gpu_kernels() -> tuple[Literal["works", "broken"], str]:
    """Say which kernels of the first GPU are believed; their first check on a machine compiles for minutes."""
    from reproductions.running import gpu_check

    found = gpu_check.status()
    if found["kernels"] is None:
        return "broken", f"{found['device'] or 'GPU'}: {found['problem']}"
    fused = "fused kernels agree with double precision"
    said = fused if found["kernels"] == "triton" else f"torch's own kernels train the packs, because {found['problem']}"
    return "works", f"{found['device']}: {said}"


def data_sets() -> Finding:
    from reproductions import datasets

    rows = datasets.status()
    bad = [row for row in rows if row["problem"] and row["where"] is not None]
    there: dict[str, list[bool]] = {}
    for row in rows:
        there.setdefault(str(row["dataset"]), []).append(row["where"] is not None and not row["problem"])
    missing = [name for name, files in there.items() if not all(files)]
    if bad:
        return Finding("data sets", "broken", f"{bad[0]['file']}: {bad[0]['problem']}")
    if missing:
        get = " and ".join(f"`rin-claims data fetch {name}`" for name in missing)
        return Finding("data sets", "absent", f"{', '.join(missing)} not here, which smoke does without; {get} downloads it")
    return Finding("data sets", "works", f"{', '.join(there)} are here and genuine")


def speech() -> Finding:
    """Say which speech is here: what compact's claims on speech label, and what paper's do."""
    from reproductions import optional_data
    from reproductions.speech import synthetic, timit

    here = {str(row["dataset"]): row["where"] is not None for row in optional_data.status()}
    synthesised = "compact labels what eSpeak NG synthesises, which is here"
    if not here["speech"]:
        synthesised = f"compact labels what eSpeak NG synthesises: {synthetic.MISSING}"
    corpus = "paper labels TIMIT, which is here" if here["timit"] else f"paper labels TIMIT, which is not here; {timit.LICENCE}"
    return Finding("speech", "works" if all(here.values()) else "absent", f"{synthesised}; {corpus}")


def stored(store: Store) -> Finding:
    status = store.status()
    if not os.access(store.folder, os.W_OK):
        return Finding("store", "broken", f"{store.folder} cannot be written; name another with --claims-store or RIN_CLAIMS_STORE")
    aside = f", {status['set_aside']} set aside" if status["set_aside"] else ""
    return Finding("store", "works", f"{store.folder}: {plural(int(status['entries']), 'outcome')}, {size(float(status['bytes']))}{aside}")


def disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding("disk", "works" if free > 1e9 else "broken", f"{size(free)} free{'' if free > 1e9 else '; a run needs about 1 GB'}")


def price(profile: str, store: Store) -> Finding:
    """Say what ``profile`` would train here, and for how long."""
    from claims.run.plan import plan
    from reproductions.running.cost import makespan
    from reproductions.running.process import cores
    from reproductions.running.timings import calibrated

    made = plan(repository.here().claims, profile, store, ())
    if not made.missing:
        return Finding(profile, "works", f"{plural(len(made.trials), 'trial')}, all in the store: nothing to train")
    seconds = made.seconds(calibrated([planned.trial for planned in made.missing], store.folder))
    return Finding(
        profile,
        "works",
        f"{len(made.missing)} of {plural(len(made.trials), 'trial')} to train: {about(sum(seconds))} of one core, "
        f"{duration(makespan(seconds, cores(), cores()))} on {plural(cores(), 'core')}",
    )
