"""bAbI task 15, basic deduction: what an animal fears, from its species and the fears of species."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick

NAMES = ("Emily", "Gertrude", "Jessica", "Winona")
PLURALS = {"cat": "cats", "mouse": "mice", "sheep": "sheep", "wolf": "wolves"}
SPECIES = tuple(PLURALS)
QUESTIONS = 4  # after the eight statements of each of the 500 published stories


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell eight statements, then four questions about names drawn independently.

    The statements are a fear for each species and a species for each name. A statement is drawn from all possible ones until it says
    something new: a fear of a species that has none, or the species of a name that has none, provided that the species' fear has been
    stated. That order holds in every published story, and the drawing gives the published rates: with f fears and a animals stated, a fear
    comes next with odds (4 - f) : (4 - a) f / 4.
    """
    fears: dict[str, tuple[str, int]] = {}  # species -> what it fears, and the position of the statement
    kinds: dict[str, tuple[str, int]] = {}  # name -> its species, and the position of the statement
    lines: list[str | QuestionLine] = []
    while len(lines) < len(SPECIES) + len(NAMES):
        species = pick(SPECIES, rng)
        if rng.integers(2):
            if species not in fears:
                feared = pick([other for other in SPECIES if other != species], rng)
                fears[species] = (feared, len(lines))
                lines.append(f"{PLURALS[species].capitalize()} are afraid of {PLURALS[feared]}.")
        else:
            name = pick(NAMES, rng)
            if name not in kinds and species in fears:
                kinds[name] = (species, len(lines))
                lines.append(f"{name} is a {species}.")
    for _ in range(QUESTIONS):
        name = pick(NAMES, rng)
        species, kind_statement = kinds[name]
        feared, fear_statement = fears[species]
        lines.append(QuestionLine(f"What is {name.lower()} afraid of?", feared, (kind_statement, fear_statement)))
    return lines
