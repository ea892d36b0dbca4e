"""One session on a GPU that is there for ten minutes: is it right, how fast is it, and as much of the paper as fits.

    python benchmarks/gpu_session.py first
    python benchmarks/gpu_session.py second --resume first/campaign.jsonl
    python benchmarks/gpu_session.py tiny --tiny           every part at sizes that take seconds on a CPU; the numbers say nothing

leaves in a new folder

    session.json       what was measured, written anew after every row, so that a session that is cut short leaves what it had
    campaign.jsonl     the outcomes and the states of the paper's adding T = 200 pack, for the next session and for `store import`

parts: the fused kernels against float64 at every kind of cell and size; the ceilings of this card; a forward and backward of packs of 1, 8,
32 and 64 trials, and whole updates of training, against torch.nn on the same card; whether a trial's bits depend on its pack; training. A
part stops when its share of the time is over, and what was left out is named.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from recurrence_cases import multiply_adds, reference_gradients, relative_error, start, torch_module
from recurrence_gpu import copy_ceiling, pack_recurrence, product_ceiling, synchronised
from timing import milliseconds, take_turns
from torch import nn

from claims import papers
from claims.papers.rin_2018 import protocol
from claims.run.demands import demanded_trials
from claims.run.stored import open_store
from reproductions import packs, recurrence_gpu
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Training
from reproductions.running import gpu_check, process
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import LocalExecutor
from reproductions.running.gpu import MOST_TRIALS, GpuPacks
from reproductions.store.environment import environment
from reproductions.training import Run
from reproductions.trials import PILOT_SEEDS_FROM, Trial

ROOT = Path(__file__).parents[1]
# Of the time: when the checks and the measurements have to be over. The last EXPORT_SECONDS are for the export.
CHECKS, MEASURES, EXPORT_SECONDS = 0.25, 0.55, 20.0
SHORT = {"train_size": 4096, "test_size": 64}  # data for measuring updates; how much there is changes nothing of an update's cost


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What a session measures; shapes are (batch, steps, hidden, inputs of a step)."""

    device: str
    suite: Sequence[gpu_check.Shape]
    shapes: Sequence[tuple[int, int, int, int]]
    packs: Sequence[int]
    side: int  # of the matrices of the product's ceiling
    copied: int  # bytes of the copy's ceiling
    turns: int
    updates: int  # that are timed
    recipe: Callable[[Any], Training]  # by cell: what is trained to measure updates
    trials: int  # most trials of the campaign's pack
    stop_after: float  # updates of the campaign, besides the clock


def _paper(cell: Any) -> Training:
    recipe = protocol.adding("paper", cell, 200)
    return dataclasses.replace(recipe, task=dataclasses.replace(recipe.task, **SHORT))


def _tiny(cell: Any) -> Training:
    recipe = _paper(cell)
    return dataclasses.replace(recipe, task=Adding(6, 64, 20), network=dataclasses.replace(recipe.network, hidden=8), batch_size=4)


# The LSTM of hidden 200 takes minutes to compile: last, if there is time for it.
FULL = Sizes(
    "cuda:0", gpu_check.SUITE, ((32, 200, 100, 2), (128, 784, 100, 1), (128, 784, 200, 1)), (1, 8, 32, 64),
    8192, 1 << 30, 3, 10, _paper, MOST_TRIALS, math.inf,
)  # fmt: skip
TINY = Sizes(
    "cpu", (gpu_check.Shape("irnn", 8, 2), gpu_check.Shape("rin-dt", 8, 1), gpu_check.Shape("lstm", 8, 2)), ((4, 3, 8, 2),), (1, 2),
    64, 1 << 16, 1, 2, _tiny, 2, 3,
)  # fmt: skip
CELLS = ("irnn", "lstm")


class Session:
    """The time and the findings of one session."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.found = folder, {}  # type: tuple[Path, dict[str, Any]]
        self._started, self._seconds = time.monotonic(), seconds

    @property
    def end(self) -> float:
        return self._started + self._seconds - EXPORT_SECONDS

    def spent(self, share: float) -> bool:
        return time.monotonic() > self._started + share * self._seconds

    def keep(self, **found: Any) -> None:
        """Adds to session.json."""
        self.found |= {**found, "seconds": time.monotonic() - self._started}
        (self.folder / "session.json").write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")

    def rows(self, name: str, share: float, measures: Iterator[tuple[str, Callable[[], dict[str, Any]]]]) -> list[dict[str, Any]]:
        """Keeps the rows of a table as they are measured; what the share leaves no time for, or fails, is named."""
        rows: list[dict[str, Any]] = []
        for label, measure in measures:
            if self.spent(share):
                self.found.setdefault("left_out", []).append(f"{name}: {label}")
                continue
            try:
                rows.append(measure())
            except StopIteration:
                rows.append({"failed": label, "error": "an earlier row of this shape failed"})
            except Exception as error:  # one that fails, for want of memory say, is a finding as well
                rows.append({"failed": label, "error": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"})
            self.keep(**{name: rows})
            print(f"{name}: {label}", file=sys.stderr)
        return rows


# --- Is it right ---


def checks(session: Session, sizes: Sizes) -> None:
    def one(shape: gpu_check.Shape) -> dict[str, Any]:
        found = gpu_check.status(sizes.device, [shape])
        return {**(found["checks"] or [dataclasses.asdict(shape)])[0], "kernels": found["kernels"], "problem": found["problem"]}

    session.rows("checks", CHECKS, ((shape.label, lambda shape=shape: one(shape)) for shape in sizes.suite))


def same_bits(cell: str, sizes: Sizes) -> dict[str, Any]:
    """Whether the first updates of a trial have the same bits alone and in company."""
    recipe = dataclasses.replace(sizes.recipe(cell), updates=sizes.updates, evaluations=1)
    trials = [Trial(recipe, PILOT_SEEDS_FROM + number) for number in range(sizes.packs[1])]
    with gpu_check.believed(recipe, sizes.device):
        together = packs.train_pack(trials, device=sizes.device)
        alone = [packs.train_pack([trial], device=sizes.device)[0] for trial in (trials[0], trials[-1])]
    found = [one.curves == other.curves for one, other in zip(alone, (together[0], together[-1]), strict=True)]
    return {"cell": cell, "trials": len(trials), "updates": sizes.updates, "same_bits": all(found)}


# --- How fast is it ---


def moved_bytes(name: str, batch: int, steps: int, hidden: int) -> int:
    """What must go through memory: states and gradients of the arguments, written once and read by whoever needs them."""
    return 4 * batch * steps * hidden * (20 if name == "lstm" else 5)


def recurrence(name: str, size: tuple[int, int, int, int], sizes: Sizes, ceilings: dict[str, float]) -> Iterator[dict[str, Any]]:
    """A row for each pack: forward and backward, in ms for each trial; torch's modules run one trial after another."""
    batch, steps, hidden, width = size
    trusted = gpu_check.status(sizes.device, [gpu_check.Shape(name, hidden, width)])["kernels"] == "triton"
    generator = torch.Generator().manual_seed(0)
    made = [start(name, width, hidden, generator) for _ in range(max(sizes.packs))]
    inputs = torch.rand(len(made), steps, batch, width, generator=generator)
    weights = torch.randn(batch, hidden, generator=generator)
    exact = reference_gradients(made[0], inputs[0], weights)
    pack, weighed, module = inputs.to(sizes.device), weights.to(sizes.device), torch_module(made[0]).to(sizes.device)
    recurrent = [cell.U if name == "lstm" else cell.recurrent_matrix() for cell in made]
    stacked = [torch.stack(values).detach().to(sizes.device) for values in ([c.W for c in made], recurrent, [c.b for c in made])]

    def ours(trials: int) -> tuple[torch.Tensor, ...]:
        parameters = [values[:trials].detach().requires_grad_() for values in stacked]
        with contextlib.nullcontext() if trusted else recurrence_gpu.torch_instead():
            loss = (pack_recurrence(made[:trials], pack[:trials], parameters, "ieee") * weighed).sum()
        return torch.autograd.grad(loss, parameters)

    def theirs() -> None:
        torch.autograd.grad((module(pack[0])[0][-1] * weighed).sum(), list(module.parameters()))

    found = [gradient[0].cpu() for gradient in ours(1)]
    error = max(relative_error(a, b) for a, b in zip(found, exact, strict=True))
    for trials in sizes.packs:
        ways = {"ours": functools.partial(ours, trials), "torch's": theirs}
        seconds = take_turns({name: synchronised(way, sizes.device) for name, way in ways.items()}, sizes.turns)
        ours_ms, torch_ms = milliseconds(seconds["ours"].wall) / trials, milliseconds(seconds["torch's"].wall)
        rate = 2 * multiply_adds(name, batch, steps, hidden, width) / ours_ms / 1e6
        moved = moved_bytes(name, batch, steps, hidden) / ours_ms / 1e6
        yield {
            "cell": name, "batch": batch, "steps": steps, "hidden": hidden, "trials": trials, "kernels": "triton" if trusted else "torch",
            "ours_ms": ours_ms, "torch_ms": torch_ms, "ratio": torch_ms / ours_ms,
            "gflops": rate, "share_of_product": rate / ceilings["product_gflops"],
            "gb_s": moved, "share_of_copy": moved / ceilings["copy_gb_s"], "gradient_error": error,
        }  # fmt: skip


def update(cell: str, trials: int, sizes: Sizes) -> dict[str, Any]:
    """One row: a whole update of training, in ms for each trial of a pack; torch.nn with torch.optim trains one trial."""
    recipe = sizes.recipe(cell)
    with gpu_check.believed(recipe, sizes.device):
        pack = packs.Pack([Run(recipe, PILOT_SEEDS_FROM + number, sizes.device) for number in range(trials)])
        done = iter(range(1, 10**9))
        step = torch_update(recipe, sizes.device)
        ways = {"ours": lambda: pack.advance(next(done)), "torch's": step}
        seconds = take_turns({name: synchronised(way, sizes.device) for name, way in ways.items()}, sizes.updates, uncounted=2)
    ours, theirs = milliseconds(seconds["ours"].wall) / trials, milliseconds(seconds["torch's"].wall)
    return {"cell": cell, "trials": trials, "ours_ms": ours, "torch_ms": theirs, "ratio": theirs / ours}


def torch_update(recipe: Training, device: str) -> Callable[[], None]:
    """An update by torch's own module, read-out and optimiser, on one batch that stays."""
    run = Run(recipe, PILOT_SEEDS_FROM, device)
    module = torch_module(run.model.stack.layers[0]).to(device)
    readout = nn.Linear(recipe.network.hidden, run.model.readout.bias.shape[0]).to(device)
    parameters = [*module.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, recipe.optimizer.learning_rate)
    inputs, targets = run.next_batch(1)

    def step() -> None:
        optimizer.zero_grad()
        run.problem.loss(readout(module(inputs)[0][-1]), targets).backward()
        nn.utils.clip_grad_norm_(parameters, recipe.optimizer.clip or math.inf)
        optimizer.step()

    return step


def measures(session: Session, sizes: Sizes) -> None:
    ceilings = {"product_gflops": product_ceiling(sizes.side, sizes.device), "copy_gb_s": copy_ceiling(sizes.copied, sizes.device)}
    session.keep(ceilings=ceilings)

    def whole_updates() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
        for cell in CELLS:
            for trials in sizes.packs:
                yield f"{cell}, {trials} trials", lambda cell=cell, trials=trials: update(cell, trials, sizes)

    def shapes() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
        for size in sizes.shapes:
            for cell in CELLS:
                rows = recurrence(cell, size, sizes, ceilings)
                for trials in sizes.packs:
                    yield f"{cell} {size}, {trials} trials", lambda rows=rows: next(rows)

    session.rows("same_bits", MEASURES, ((cell, lambda cell=cell: same_bits(cell, sizes)) for cell in CELLS))
    session.rows("updates", MEASURES, whole_updates())
    session.rows("recurrences", MEASURES, shapes())


# --- As much of the paper as fits ---


class Slice:
    """The deadline of the campaign: the end of the session, or a number of updates."""

    def __init__(self, at: float, updates: float) -> None:
        self._clock, self._left = Deadline(at, math.inf, {}), updates

    def passed(self) -> bool:
        self._left -= 1
        return self._left < 0 or self._clock.passed()

    def startable(self, trials: Sequence[Trial]) -> list[Trial]:
        return self._clock.startable(trials) if self._left > 0 else []


def campaign_trials(most: int) -> list[Trial]:
    """The paper's adding T = 200 pack: every trial of the claims that shares the shape of its RIN."""
    wanted = packs.shape(protocol.adding("paper", "rin", 200))
    return [trial for trial in demanded_trials(papers.all_claims(), ["paper"]) if packs.shape(trial.recipe) == wanted][:most]


def command(*words: str) -> None:
    """Runs a command of rin-claims; ends with its exit code where it fails."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run([sys.executable, "-m", "claims.cli", *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def train(session: Session, sizes: Sizes) -> None:
    store = open_store(session.folder / "store")
    trials = campaign_trials(sizes.trials)
    before, started = positions(store, trials), time.monotonic()
    deadline: Any = Slice(session.end, sizes.stop_after)
    with contextlib.suppress(OutOfTime):
        LocalExecutor(store, packing=GpuPacks(sizes.device, deadline), deadline=deadline, progress=_say).ensure(trials)
    after, seconds = positions(store, trials), time.monotonic() - started
    updates, budget = sum(after) - sum(before), sum(trial.recipe.updates for trial in trials if isinstance(trial.recipe, Training))
    session.keep(
        training={
            "trials": len(trials), "done": sum(map(store.has, trials)), "updates_before": sum(before), "updates": updates,
            "updates_of_all": budget, "seconds": seconds, "updates_per_second": updates / seconds,
            "hours_left": (budget - sum(after)) * seconds / updates / 3600 if updates else None, "reports": store.reports,
        }
    )  # fmt: skip


def positions(store: Any, trials: Sequence[Trial]) -> list[int]:
    """How many updates of each trial are done and saved."""
    outcomes = {trial: store.get(trial) for trial in trials if store.has(trial)}
    return [
        outcomes[trial].updates if outcomes.get(trial) else CheckpointFile(store.checkpoint_path(trial)).position() or 0 for trial in trials
    ]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new folder for what the session leaves")
    parser.add_argument("--minutes", type=float, default=9.0, help="of the whole session (default 9, on a machine that is there for ten)")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="the campaign.jsonl of an earlier session, to go on with")
    parser.add_argument("--only-train", action="store_true", help="no checks but those of training itself, and no measurements")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes on the CPU, once each, whatever the time")
    arguments = parser.parse_args(words)
    if not arguments.tiny and not torch.cuda.is_available():
        parser.exit(2, "gpu_session.py: torch sees no CUDA GPU; --tiny tries every part on the CPU\n")
    if not 1 <= arguments.minutes <= 10_000:
        parser.exit(2, f"gpu_session.py: --minutes takes a number from 1 to 10000, not {arguments.minutes:g}\n")
    folder = arguments.folder.absolute()
    if folder.exists():
        parser.exit(2, f"gpu_session.py: {arguments.folder} exists already; name a new folder\n")
    folder.mkdir(parents=True)
    sizes = TINY if arguments.tiny else FULL
    session = Session(folder, math.inf if arguments.tiny else 60 * arguments.minutes)
    store = ["--claims-store", str(folder / "store")]
    if arguments.resume:
        command("store", "import", str(arguments.resume.absolute()), *store)
    with process.settled():
        session.keep(machine=environment(sizes.device), minutes=None if arguments.tiny else arguments.minutes)
        if not arguments.only_train:
            checks(session, sizes)
            measures(session, sizes)
        train(session, sizes)
    command("store", "export", str(folder / "campaign.jsonl"), "--checkpoints", "--profile", "paper", *store)
    session.keep(campaign="campaign.jsonl")


if __name__ == "__main__":
    main()
