"""bAbI task 11, basic coreference: somebody goes somewhere, then he or she goes somewhere else."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick, pick_other
from reproductions.tasks.babi_simulator.world import MOVE, MOVES, PEOPLE, ROOMS, moves

PRONOUNS = {"Daniel": "he", "John": "he", "Mary": "she", "Sandra": "she"}
LINKS = ("After that", "Afterwards", "Following that", "Then")


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell five pairs of statements, each followed by a question.

    Nobody moves to where they already are.
    """
    rooms = {person: pick(ROOMS, rng) for person in PEOPLE}
    walkers: list[str] = []  # the person of each statement

    def tell(statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        again = statement % 2 == 1
        person = walkers[-1] if again else pick(PEOPLE, rng)
        walkers.append(person)
        rooms[person] = pick_other(ROOMS, rooms[person], rng)
        subject = f"{pick(LINKS, rng)} {PRONOUNS[person]}" if again else person
        return f"{subject} {pick(MOVES, rng)} the {rooms[person]}.", (Fact(statement, MOVE, person, rooms[person]),)

    return rounds.story(tell, ask, rng)


def ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask where the person of ``about`` is.

    The support is the statement that names the person and the one that does not.
    """
    first, second = moves(facts, about.person)[-2:]
    return (QuestionLine(f"Where is {about.person}? ", second.what, (first.statement, second.statement)),)
