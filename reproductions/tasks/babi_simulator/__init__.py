"""bAbI tasks 1, 4, 15 and 18 written anew, as v1.2 text: the same sentences, drawn in the same way as the published files.

Draws are uniform unless a constant says otherwise and cites its measurement; the tests compare both with the published files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine, format_text
from reproductions.tasks.babi_simulator import task01, task04, task15, task18

Story = Sequence[str | QuestionLine]
STORIES: dict[int, Callable[[Generator], Story]] = {1: task01.story, 4: task04.story, 15: task15.story, 18: task18.story}


class SimulatorError(ValueError):
    """A task that is not simulated or an impossible number of questions; the message names it and the remedy."""


def simulate(task: int, questions: int, rng: Generator) -> str:
    """The text of a file of task ``task`` with exactly ``questions`` questions; the last story ends with the last of them.

    Raises SimulatorError.
    """
    if task not in STORIES:
        known = ", ".join(map(str, STORIES))
        raise SimulatorError(f"bAbI task {task!r} is not simulated; simulated are {known}, the others need the data files")
    if questions < 1:
        raise SimulatorError(f"a bAbI file has at least 1 question, not {questions!r}")
    stories: list[Story] = []
    left = questions
    while left:
        story = STORIES[task](rng)
        ends = [place for place, line in enumerate(story, start=1) if isinstance(line, QuestionLine)][:left]
        stories.append(story[: ends[-1]])
        left -= len(ends)
    return format_text(stories)
