"""bAbI task 18, size reasoning: what fits inside what, through one thing between."""

from __future__ import annotations

from itertools import combinations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick

SWEETS = ("chocolate", "box of chocolates")  # in this order of size, and smaller than every container, in all 397 published stories
CONTAINERS = ("box", "chest", "container", "suitcase")  # in any order of size
BLOCK = 5  # statements are made five at a time, questions follow a block in fives
# Tries to find a question before five more statements are made. The log-likelihood of the published successes and failures to
# find one, given each story's possible questions, is highest at 47 tries and 0.1 lower at 50.
TRIES = 50
# A statement made more than once stands for its last occurrence this often when a question starts from it: where the likelihood of
# the 2,000 published starts is highest (110 in twice the log-likelihood above 0, "never").
REPEATED_MEANS_LAST = 2 / 3

Fact = tuple[str, str]  # the smaller thing, the larger thing


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell blocks of five statements until five questions in a row are found after one.

    That is ten lines mostly, fifteen in a fifth of the stories.
    """
    sizes = (*SWEETS, *(str(thing) for thing in rng.permutation(CONTAINERS)))
    pairs = list(combinations(sizes, 2))  # (smaller, larger)
    facts: list[Fact] = []
    lines: list[str | QuestionLine] = []
    while True:
        for _ in range(BLOCK):
            smaller, larger = pick(pairs, rng)
            facts.append((smaller, larger))
            lines.append(f"The {smaller} fits inside the {larger}." if rng.integers(2) else f"The {larger} is bigger than the {smaller}.")
        for _ in range(BLOCK):
            question = _question(facts, rng)
            if question is None:
                break
            lines.append(question)
        else:
            return lines


def _question(facts: list[Fact], rng: Generator) -> QuestionLine | None:
    """Draw a question over two facts that share a thing, the larger of one and the smaller of the other.

    Returns None if none is found. A try draws a fact and one of its two things. The fact's partner is the first other statement that
    mentions this thing at all, and the try fails when that statement does not continue the chain; this explains all 2,000 published
    questions. Starting from the larger fact gives a question with the answer yes, from the smaller one with the answer no.
    """
    for _ in range(TRIES):
        start, side = int(rng.integers(len(facts))), int(rng.integers(2))  # side 0: the smaller thing is shared; 1: the larger
        last = max(place for place, fact in enumerate(facts) if fact == facts[start])
        if last != start and rng.random() < REPEATED_MEANS_LAST:
            start = last
        shared = facts[start][side]
        partner = next((place for place, fact in enumerate(facts) if place != start and shared in fact), None)
        if partner is None or facts[partner][1 - side] != shared:
            continue
        smaller, larger = (partner, start) if side == 0 else (start, partner)
        return _asked(facts[smaller][0], facts[larger][1], "yes" if side == 0 else "no", (start, partner), rng)
    return None


def _asked(small: str, large: str, answer: str, supporting: tuple[int, int], rng: Generator) -> QuestionLine:
    """Return one of the two forms of a question about ``small`` and ``large`` that has this answer."""
    if rng.integers(2):
        inner, outer = (small, large) if answer == "yes" else (large, small)
        return QuestionLine(f"Does the {inner} fit in the {outer}?", answer, supporting)
    first, second = (large, small) if answer == "yes" else (small, large)
    return QuestionLine(f"Is the {first} bigger than the {second}?", answer, supporting)
