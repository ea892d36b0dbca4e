"""The cost of one training step: an LSTM's against an IRNN's of equal shapes (IRNN review, section 2.1).

The two are timed in turn in one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from reproductions import optimizers
from reproductions.networks import SequenceNetwork
from reproductions.recipes import Optimizer
from reproductions.seeding import numpy_generator, torch_generator
from reproductions.tasks import adding

BATCH, STEPS, HIDDEN = 32, 100, 100  # the adding problem's batch and units; about half of its shortest sequence
WARM_UP = 3  # steps of each before the clock counts: memory is allocated and kernels are loaded in them
PAIRS = 15  # the quartiles of 15 ratios are the fourth and the twelfth: three outliers on either side move nothing

Clock = Callable[[], float]


def step_cost(seed: int) -> dict[str, float]:
    """Measure the time of an LSTM step over the time of an IRNN step.

    ``time_ratio`` is the median over PAIRS, and its quartiles come with it. A step is forward, loss, backward and Adam, on the adding
    problem, as trials take it. It is a measurement of time, so a seed repeats the measurement but does not reproduce its result.
    """
    data = adding.generate(STEPS, BATCH, numpy_generator("probe", "step cost", seed))
    lstm, irnn = (_training_step(cell, data, seed) for cell in ("lstm", "irnn"))
    for _ in range(WARM_UP):
        lstm()
        irnn()
    ratios = time_ratios(lstm, irnn, PAIRS, time.perf_counter)
    lower, median, upper = np.quantile(ratios, (0.25, 0.5, 0.75))
    return {"time_ratio": float(median), "time_ratio_lower": float(lower), "time_ratio_upper": float(upper)}


def time_ratios(first: Callable[[], None], second: Callable[[], None], pairs: int, clock: Clock) -> list[float]:
    """Divide the time of ``first`` by the time of ``second``, for each pair.

    Which of the two runs first alternates, so that a machine that slows down favors neither.
    """
    ratios = []
    for pair in range(pairs):
        seconds = {}
        for step in (first, second) if pair % 2 == 0 else (second, first):
            started = clock()
            step()
            seconds[step] = clock() - started
        ratios.append(seconds[first] / seconds[second])
    return ratios


def _training_step(cell: str, data: adding.AddingData, seed: int) -> Callable[[], None]:
    """Make a training step on ``data``, as a function without arguments that counts its own updates."""

    def streams(part: str) -> torch.Generator:
        return torch_generator("probe", "step cost", part, seed)

    network = SequenceNetwork(cell, 2, HIDDEN, 1, 1, streams)
    parameters = optimizers.FlatParameters(network)
    stepper = optimizers.build(Optimizer("adam", 1e-3), parameters.values)
    inputs, targets = data.inputs(), data.targets()
    update = 0

    def step() -> None:
        nonlocal update
        update += 1
        parameters.gradient.zero_()
        nn.functional.mse_loss(network(inputs)[:, 0], targets).backward()
        stepper.step(parameters.values, parameters.gradient, update)

    return step
