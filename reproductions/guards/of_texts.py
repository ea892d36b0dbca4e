"""Guards of a run's own texts: vocabulary, carried state, unigram baseline, and what networks make of them.

A guard of a task takes its problem. A guard of outcomes takes what the networks of one task measured. Each says what is wrong in one line,
"" where it finds nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from reproductions import tasks
from reproductions.recipes import Network, Optimizer, Training
from reproductions.step_tasks import Language
from reproductions.tasks.language import UNKNOWN
from reproductions.trials import Outcome

FEWEST_UPDATES = 200  # after which a network must be better than a table of frequencies
ROUNDING = 1e-4  # relative: losses are float32 sums over up to 245,000 words


def vocabulary_of_training(problem: tasks.Problem, task: Language, seed: int) -> str:
    """Check that the words are the training text's, ranked by how often they occur there."""
    counts = _counts(problem)[UNKNOWN + 1 :]
    if bool((counts == 0).any()):
        return f"{int((counts == 0).sum())} of {len(counts)} words never occur in the training text; the vocabulary is another text's"
    if bool((counts[1:] > counts[:-1]).any()):
        return "the words are not ranked by how often they occur in the training text; the vocabulary is another text's"
    return ""


def state_is_carried(problem: tasks.Problem, task: Language, seed: int) -> str:
    """Check that a window begins in the state of the words before it.

    These are the words of the window before, in training and test, and the first score of a window depends on them.
    """
    for split, inputs in (("training", problem.batch(torch.arange(2))[0]), ("test", problem.samples(2))):
        if not torch.equal(inputs[: task.length, 1], inputs[task.length :, 0]):
            return f"the second {split} window is not read after the first one; its state is not carried on"
    inputs = problem.samples(1)
    other = inputs.clone()
    other[task.length - 1] = (other[task.length - 1] + 1) % problem.classes  # type: ignore[attr-defined]
    recipe = Training("guard", task, Network("tanh", hidden=8, embedding=8), Optimizer("adam", 1e-3), 1, 1, 1)
    network = problem.network(recipe, seed)
    with torch.no_grad():
        first, changed = (network(words)[0] for words in (inputs, other))
    return "" if bool((first != changed).any()) else "the first score of a window ignores the word before; the state is not carried on"


def unigram_baseline(problem: tasks.Problem, task: Language, seed: int) -> str:
    """Check that a table of the training text's frequencies has the test loss that arithmetic gives it."""
    expected, table = _unigram(problem, task)
    found = problem.evaluate(lambda inputs: table.expand(task.length, inputs.shape[1], -1))["test_loss"]
    if abs(found - expected) > ROUNDING * expected:
        return f"the frequencies of the training words score {found:.4g} nats a word, and {expected:.4g} by hand; other words are scored"
    return ""


TASK_GUARDS = {guard.__name__.replace("_", "-"): guard for guard in (vocabulary_of_training, state_is_carried, unigram_baseline)}


# --- Outcomes ---


def better_than_unigrams(problem: tasks.Problem, task: Language, outcomes: Mapping[Training, Mapping[int, Outcome]]) -> str:
    """Check that networks that were trained for FEWEST_UPDATES at least beat the frequencies of the training words."""
    expected, _ = _unigram(problem, task)
    for recipe, seeds in outcomes.items():
        losses = _losses(seeds)
        if recipe.updates >= FEWEST_UPDATES and losses and min(losses) >= expected:
            return f"{recipe.label} ends at {min(losses):.4g} nats a word at best, no better than {expected:.4g} of single words"
    return ""


def lstm_below_tanh(problem: tasks.Problem, task: Language, outcomes: Mapping[Training, Mapping[int, Outcome]]) -> str:
    """Check that an LSTM ends lower than a tanh RNN, which closer to the LSTM supposes.

    Of each cell the network with the most units counts.
    """
    found: dict[str, tuple[int, float]] = {}
    for recipe, seeds in outcomes.items():
        if recipe.updates >= FEWEST_UPDATES and (losses := _losses(seeds)):
            own = (recipe.network.hidden, -statistics.median(losses))
            found[recipe.network.cell] = max(own, found.get(recipe.network.cell, own))
    lstm, tanh = (-found[cell][1] if cell in found else math.nan for cell in ("lstm", "tanh"))
    if lstm >= tanh:
        return f"the LSTM's loss of {lstm:.4g} nats a word is not below the tanh RNN's of {tanh:.4g}; the claims of closeness suppose it"
    return ""


OUTCOME_GUARDS = {guard.__name__.replace("_", "-"): guard for guard in (better_than_unigrams, lstm_below_tanh)}


def _losses(seeds: Mapping[int, Outcome]) -> list[float]:
    return [loss for outcome in seeds.values() if (loss := outcome.metrics.get("test_loss")) is not None]


def _counts(problem: Any) -> Tensor:
    """Count every id in the training text, (classes,).

    The words are the first window's with its context, then every next word.
    """
    inputs, targets = problem.batch(torch.arange(problem.train_size))
    words = torch.cat([inputs[:, 0], targets[-1:, 0], targets[:, 1:].flatten()])
    return torch.bincount(words, minlength=problem.classes)


def _unigram(problem: tasks.Problem, task: Language) -> tuple[float, Tensor]:
    """Return the test loss of the training words' frequencies, one added to each, and their logarithms."""
    counts = (_counts(problem) + 1).double()
    table = (counts / counts.sum()).log()
    return float(-table[problem.targets(task.test_size)].mean()), table
