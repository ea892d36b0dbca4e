"""The 20 bAbI tasks written anew, as v1.2 text.

Sentences are the same as in the published files and are drawn in the same way. Draws are uniform unless a constant says otherwise and cites
its measurement; the tests compare both with the published files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine, format_text
from reproductions.tasks.babi_simulator import (
    task01,
    task02,
    task03,
    task04,
    task05,
    task06,
    task07,
    task08,
    task09,
    task10,
    task11,
    task12,
    task13,
    task14,
    task15,
    task16,
    task17,
    task18,
    task19,
    task20,
)

Story = Sequence[str | QuestionLine]
STORIES: dict[int, Callable[[Generator], Story]] = {
    1: task01.story,
    2: task02.story,
    3: task03.story,
    4: task04.story,
    5: task05.story,
    6: task06.story,
    7: task07.story,
    8: task08.story,
    9: task09.story,
    10: task10.story,
    11: task11.story,
    12: task12.story,
    13: task13.story,
    14: task14.story,
    15: task15.story,
    16: task16.story,
    17: task17.story,
    18: task18.story,
    19: task19.story,
    20: task20.story,
}


class SimulatorError(ValueError):
    """A task that is not simulated, or an impossible number of questions; the message names it and the remedy."""


def simulate(task: int, questions: int, rng: Generator) -> str:
    """Write the text of a file of task ``task`` with exactly ``questions`` questions.

    The last story ends with the last of them. Raises SimulatorError.
    """
    if task not in STORIES:
        raise SimulatorError(f"bAbI task {task!r} is not simulated; simulated are {min(STORIES)} to {max(STORIES)}")
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
