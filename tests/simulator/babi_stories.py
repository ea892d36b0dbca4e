"""bAbI stories as the comparisons of simulated with published files see them.

The comparisons take one observation per story, because the questions of a story depend on each other while stories do not. Comparisons
of one task do depend on each other, which Bonferroni's bound allows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator

import numpy as np
from scipy import stats

from reproductions.tasks.babi_simulator import simulate

Sentence = tuple[str, ...]
Line = tuple[Sentence, str | None, tuple[int, ...]]  # words, the answer of a question, its supporting statements
Observations = dict[str, Hashable]  # what one story looks like, by several names
Observe = Callable[[list[Line]], Observations]
FEWEST_EXPECTED = 5  # published stories in a category, below which categories are pooled (Cochran, 1954)
FALSE_ALARM = 0.01  # of all comparisons of one task together
_published: dict[tuple[int, Observe], list[Observations]] = {}  # made once for all comparisons of a task
CUT_SHORT = (18, 20)  # tasks whose stories end where they like, so that the end of a file can cut one


def simulated(task: int, questions: int, seed: int = 0) -> str:
    return simulate(task, questions, np.random.default_rng(seed))


def stories(text: str) -> Iterator[list[Line]]:
    """The stories of a file as lines; supporting statements are positions among the statements."""
    for block in re.split(r"^1 ", text, flags=re.MULTILINE)[1:]:
        lines: list[Line] = []
        numbers: dict[int, int] = {}  # line number of a statement -> its position
        for number, line in enumerate(("1 " + block).splitlines(), start=1):
            sentence, *fields = line.split(" ", 1)[1].split("\t")
            words = tuple(sentence.lower().strip(" .?").split())
            if fields:
                lines.append((words, fields[0], tuple(numbers[int(n)] for n in fields[1].split())))
            else:
                numbers[number] = len(numbers)
                lines.append((words, None, ()))
        yield lines


def parts(story: list[Line]) -> tuple[list[Sentence], list[Line]]:
    """The statements and the questions."""
    return [words for words, answer, _ in story if answer is None], [line for line in story if line[1] is not None]


def layout(story: list[Line]) -> str:
    return "".join("s" if answer is None else "q" for _, answer, _ in story)


def told_before(story: list[Line]) -> list[int]:
    """The number of statements before each question."""
    return [len(before.replace("q", "")) for before in _heads(layout(story))]


def _heads(plan: str) -> Iterator[str]:
    return (plan[:place] for place, kind in enumerate(plan) if kind == "q")


def observed(task: int, text: str, observe: Observe) -> list[Observations]:
    """What every story looks like; the last one is left out when the end of the file may have cut it."""
    told = list(stories(text))
    return [observe(story) for story in (told[:-1] if task in CUT_SHORT else told)]


def p_values(published: list[Observations], simulated: list[Observations]) -> dict[str, float]:
    """For each kind of observation, the p-value of Pearson's chi-square test that both have the same distribution."""
    found = {}
    for name in published[0]:
        counts = [Counter(story.get(name) for story in sample) for sample in (published, simulated)]
        both = counts[0] + counts[1]
        share = len(published) / (len(published) + len(simulated))
        pools: list[list[Hashable]] = []  # of categories, rarest first, each pool large enough
        for category, _ in reversed(both.most_common()):
            if not pools or sum(both[rare] for rare in pools[-1]) * share >= FEWEST_EXPECTED:
                pools.append([])
            pools[-1].append(category)
        table = np.array([[sum(count[category] for category in pool) for pool in pools] for count in counts])
        found[name] = float(stats.chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0
    return found


def differences(task: int, published_babi: Callable[[int, str], str], observe: Observe, questions: int) -> dict[str, float]:
    """The comparisons of the published stories with those of ``questions`` simulated ones whose p-value is below the Bonferroni level."""
    if (task, observe) not in _published:
        _published[task, observe] = [story for split in ("train", "test") for story in observed(task, published_babi(task, split), observe)]
    found = p_values(_published[task, observe], observed(task, simulated(task, questions), observe))
    return {name: p for name, p in found.items() if p < FALSE_ALARM / len(found)}


def tilted(items, rng: np.random.Generator):
    """A choice that prefers the first items a little: the first of four has probability 0.34 instead of 0.25."""
    return items[int(len(items) * rng.random() ** 1.3)]
