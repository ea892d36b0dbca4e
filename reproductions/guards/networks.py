"""Guards of networks, training steps and measurements: metamorphic tests, closed forms, the first updates of short trainings."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from reproductions import cells, estimation, networks, tasks, training
from reproductions.guards.chance import deviations
from reproductions.recipes import CELLS, Adding, Babi, Cell, Network, Optimizer, Training
from reproductions.seeding import torch_generator

STORIES = Babi(1, "simulated", train_size=100, test_size=20)  # "Where is Mary?", 6 answers
WEIGHT_SD = 1e-3  # section 3.1, "N(0, 10^-3)", a standard deviation (addendum)
RATE = 1e-3  # learning rate of the few updates made here


# --- Networks ---


def identity_bits(seed: int) -> str:
    """Check that I is added to a RIN's U, and that an IRNN's recurrent matrix starts as I.

    Both hold to the last bit.
    """
    rin, irnn = (_layer(name, seed) for name in ("rin", "irnn"))
    with torch.no_grad():
        rin.U.zero_()
        for name, matrix in (("RIN, less U,", rin.recurrent_matrix()), ("IRNN at the start", irnn.recurrent_matrix())):
            if not torch.equal(matrix, torch.eye(len(matrix))):
                return f"the recurrent matrix of the {name} is up to {float((matrix - torch.eye(len(matrix))).abs().max()):.2g} away from I"
    return ""


def initial_weights(seed: int) -> str:
    """Check that a RIN's U and an IRNN's W are drawn with mean 0 and standard deviation 1e-3.

    The check takes 10,000 weights each. Biases start at 0.
    """
    for name, weight in (("rin", "U"), ("irnn", "W")):
        layer = _layer(name, seed)
        values = getattr(layer, weight).detach().double()
        sd, mean, count = float(values.std()), float(values.mean()), values.numel()
        near = abs(sd / WEIGHT_SD - 1) < deviations() / (2 * count) ** 0.5 and abs(mean) < deviations() * WEIGHT_SD / count**0.5
        if not near:
            return f"{weight} of the {name.upper()} starts with mean {mean:.2g} and standard deviation {sd:.2g}, not 0 and {WEIGHT_SD:g}"
        if bool((layer.b != 0).any()):
            return f"the bias of the {name.upper()} does not start at 0"
    return ""


def padding_is_inert(seed: int) -> str:
    """Check that the scores of a bAbI question do not depend on the length of its batch's other stories."""
    problem, network = _babi(seed)
    rows = torch.arange(20)
    together = network(problem.batch(rows)[0])
    alone = torch.cat([network(problem.batch(row)[0]) for row in rows.split(1)])
    worst = float((together - alone).abs().max() / together.abs().max())
    return f"bAbI scores change by {worst:.1%} of their size when longer stories share the batch" if worst > 1e-9 else ""


def question_is_read(seed: int) -> str:
    """Check that another question about the same story gives other bAbI scores."""
    problem, network = _babi(seed)
    batch, _ = problem.batch(torch.arange(40))
    other = dataclasses.replace(batch, question=batch.question.roll(1, 0), question_length=batch.question_length.roll(1, 0))
    first, second = network(batch), network(other)
    changed = (first - second).abs().amax(dim=1) > 1e-9 * first.abs().max()
    # about 25 change: the other question may ask for the same person, and a story of 5 questions takes its neighbour's
    return f"another question changes the bAbI scores of {int(changed.sum())} of 40 stories" if changed.sum() < 5 else ""


def last_state_is_read(seed: int) -> str:
    """Check that scores are the read-out of the state after the last step, or of the state of each frame.

    The cells make their steps one by one. The bAbI network reads the states after the last words of story and question.
    """
    for cell in ("rin", "lstm"):
        own = Network(cell, 2, hidden=8, embedding=8)
        recipe = dataclasses.replace(_short(cell, "adam"), network=own)
        sums: Any = tasks.build(recipe.task, seed)
        sequences = sums.network(recipe, seed).double().requires_grad_(False)
        inputs = sums.samples(4).double()
        if _unlike(sequences(inputs), _read_out(sequences, _states(sequences.stack, inputs)[-1])):
            return f"the scores of the {cell} are not its read-out of the state after the last step"
        frames: Any = networks.FrameNetwork(cell, 2, 8, 2, 3, networks.initial_streams(own, seed), unread=4).double().requires_grad_(False)
        if _unlike(frames(inputs), _read_out(frames, _states(frames.stack, inputs)[4:])):
            return f"the scores of the {cell} are not its read-outs of the state of each frame"
        for combine in ("state", "time"):
            task = dataclasses.replace(STORIES, combine=combine)
            babi = tasks.build(task, seed)
            network: Any = babi.network(dataclasses.replace(recipe, task=task), seed).double().requires_grad_(False)
            batch = babi.batch(torch.arange(6))[0]
            by_hand = torch.cat([_answer(network, batch, row) for row in range(6)])
            if _unlike(network(batch), by_hand):
                return f"the bAbI scores of the {cell} are not its read-out of the states after the last words of story and question"
    return ""


def _states(stack: Any, outputs: torch.Tensor) -> torch.Tensor:
    for layer in stack.layers:
        outputs = layer(outputs)
    return outputs


def _answer(network: Any, batch: networks.StoryBatch, row: int) -> torch.Tensor:
    """Compute the scores (1, classes) of one question from its own words."""
    story = network.embedding[batch.story[row, : batch.story_length[row]]][:, None]
    question = network.embedding[batch.question[row, : batch.question_length[row]]][:, None]
    told, asked = network.story(story), network.question(question)
    both = torch.cat([told[-1:].expand_as(asked), asked], dim=2) if network.combine == "state" else torch.cat([told, asked])
    return _read_out(network, network.decoder(both)[-1])


def _read_out(network: Any, states: torch.Tensor) -> torch.Tensor:
    return states @ network.readout.weight.T + network.readout.bias


def _unlike(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Return whether two scores differ by more than float64 rounds."""
    return found.shape != expected.shape or not bool((found - expected).abs().max() <= 1e-9 * expected.abs().max())


# --- Training ---


def first_step_size(seed: int) -> str:
    """Check that the first update moves a weight by the recipe's learning rate.

    The step is lr under Adam, and lr / sqrt(1 - 0.9) under RMSprop.
    """
    for cell in ("rin", "irnn", "lstm"):
        for optimizer, expected in (("adam", RATE), ("rmsprop", RATE / (1 - 0.9) ** 0.5)):
            run = training.Run(_short(cell, optimizer), seed)
            before = run.parameters.values.clone()
            run.advance(1)
            moved = (run.parameters.values - before).abs()[run.parameters.gradient.abs() > 1e-3]  # where epsilon does not show
            if not len(moved):
                return f"the first batch gives the {cell} no gradient worth the name"
            if not bool((moved / expected - 1).abs().max() < 0.01):
                return (
                    f"the first {optimizer} update of the {cell} moves weights by {float(moved.min()):.3g} to {float(moved.max()):.3g}, "
                    f"not by {expected:.3g}"
                )
    return ""


def every_weight_trains(seed: int) -> str:
    """Check that three updates change every weight matrix and bias of every cell."""
    for cell in CELLS:
        run = training.Run(_short(cell, "adam"), seed)
        before = {name: parameter.detach().clone() for name, parameter in run.model.named_parameters()}
        for update in (1, 2, 3):
            run.advance(update)
        for name, parameter in run.model.named_parameters():
            if torch.equal(parameter, before[name]):
                return f"{name.rpartition('.')[2]} of the {cell} network does not change in training"
    return ""


def seeds_differ(seed: int) -> str:
    """Check that runs of different seeds differ from the first update on.

    Ten copies of one run are no ten runs.
    """
    for cell in ("rin", "lstm"):
        runs = [training.Run(_short(cell, "adam"), number) for number in (seed, seed + 1)]
        for run in runs:
            run.advance(1)
        if runs[0].loss_sum == runs[1].loss_sum or torch.equal(runs[0].parameters.values, runs[1].parameters.values):
            return f"the {cell} runs of the seeds {seed} and {seed + 1} are the same run"
    return ""


# --- Measurement ---


def estimation_error_by_hand(seed: int) -> str:
    """Check the average estimation error of states that grow by 1, 2 and 3 a step in three samples.

    Eq. 3 must be 2, Eq. 1 must be 2 (t - T).
    """
    steps = torch.arange(1.0, 6.0)
    states = (steps[:, None, None] * torch.tensor([1.0, 2.0, 3.0])[None, :, None]).expand(-1, -1, 2)  # (5, 3, 2)
    stack: Any = SimpleNamespace(layers=[SimpleNamespace(states=lambda inputs: (states,))])
    curves, _ = estimation.measure(stack, torch.zeros(5, 3, 1))
    expected = {"eq1": 2 * (steps - 5), "eq3": torch.full((5,), 2.0), "variance": torch.full((5,), 2 / 3)}
    for name, curve in expected.items():
        found = torch.tensor(curves[f"{name}/layer1"])
        if found.shape != curve.shape or not torch.allclose(found, curve, atol=1e-6):
            return f"the estimation error {name} of a known curve is {found.tolist()}, not {curve.tolist()}"
    return ""


def _babi(seed: int) -> tuple[tasks.Problem, nn.Module]:
    """Return a simulated bAbI problem and the RIN network for it, in float64 and without gradients."""
    problem = tasks.build(STORIES, seed)
    recipe = dataclasses.replace(_short("rin", "adam"), task=STORIES)
    return problem, problem.network(recipe, seed).double().requires_grad_(False)


def _layer(cell: str, seed: int) -> Any:
    """Return one recurrent layer of 100 inputs and 100 units."""
    return cells.build(cell, 100, 100, torch_generator("guard", seed))


def _short(cell: Cell, optimizer: str) -> Training:
    """Return a training of three updates on short adding sequences."""
    task = Adding(length=10, train_size=64, test_size=16)
    return Training("smoke", task, Network(cell, hidden=8, embedding=16), Optimizer(optimizer, RATE), 16, updates=3, evaluations=1)
