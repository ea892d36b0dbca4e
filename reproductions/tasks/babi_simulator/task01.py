"""bAbI task 1, single supporting fact: people move, and the question is where one of them is."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick
from reproductions.tasks.babi_simulator.world import MOVES, PEOPLE, ROOMS

QUESTIONS = 5  # in each of the 400 published stories
STATEMENTS_PER_QUESTION = 2  # before every question of the published stories
# The question is about the person of one of the last five statements, each as likely: no published question is about a person who was
# last seen earlier, and the log-likelihood of the 2,000 published questions is highest at five (-1,813; at six -1,892).
RECENT_STATEMENTS = 5


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell a story of ten moves and five questions.

    Nobody moves to where they already are.
    """
    lines: list[str | QuestionLine] = []
    walkers: list[str] = []  # the person of each statement
    whereabouts: dict[str, tuple[str, int]] = {}  # person -> location, and the position of the statement that says so
    for _ in range(QUESTIONS):
        for _ in range(STATEMENTS_PER_QUESTION):
            person = pick(PEOPLE, rng)
            here = whereabouts[person][0] if person in whereabouts else None
            there = pick([room for room in ROOMS if room != here], rng)
            lines.append(f"{person} {pick(MOVES, rng)} the {there}.")
            whereabouts[person] = (there, len(walkers))
            walkers.append(person)
        asked = pick(walkers[-RECENT_STATEMENTS:], rng)
        location, statement = whereabouts[asked]
        lines.append(QuestionLine(f"Where is {asked}? ", location, (statement,)))
    return lines
