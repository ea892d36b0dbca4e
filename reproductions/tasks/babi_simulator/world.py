"""The world of tasks 2, 3 and 5 to 8.

People go from room to room, take things, drop them and give them to each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick

PEOPLE = ("Daniel", "John", "Mary", "Sandra")
ROOMS = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
THINGS = ("apple", "football", "milk")
MOVES = ("journeyed to", "moved to", "travelled to", "went back to", "went to")
TAKES = ("got", "grabbed", "picked up", "took")
DROPS = ("discarded", "dropped", "left", "put down")
GIVES = ("gave", "handed", "passed")
MOVE, TAKE, DROP, GIVE = "move", "take", "drop", "give"
# "Mary dropped the milk there.", the last word being optional: measured, 1,087 of the 5,151 times that something is dropped in task 3.
OPTIONAL_THERE = 1 / 5


class World:
    """The places of people and things; they start in rooms drawn independently, which nobody is told.

    The next event is drawn until it is possible: a person, a kind of event, and for a move one of the six rooms. With the person's
    state known, that gives the published rates of task 3: against moves at 5/6, things are taken at 0.97 and dropped at 0.96
    (standard error 0.02; 17,518 statements).

    ``gives`` is the weight of giving something away, against 1 for each other kind of event; ``there`` is the probability that a
    statement about taking something ends in "there".
    """

    def __init__(self, rng: Generator, people: Sequence[str] = PEOPLE, gives: int = 0, there: float = 1.0) -> None:
        self.people = people
        self.kinds = (MOVE, TAKE, DROP, *(GIVE,) * gives)
        self.there = there
        self.rooms = {person: pick(ROOMS, rng) for person in people}
        self.lying = {thing: pick(ROOMS, rng) for thing in THINGS}  # where the things are that nobody holds
        self.holders: dict[str, str] = {}  # who holds the others

    def tell(self, statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        """Draw the next event, and return it as a sentence and as a fact."""
        event = None
        while event is None:
            event = self._event(pick(self.people, rng), pick(self.kinds, rng), rng)
        kind, person, what, to = event
        if kind == MOVE:
            sentence = f"{person} {pick(MOVES, rng)} the {what}."
        elif kind == GIVE:
            sentence = f"{person} {pick(GIVES, rng)} the {what} to {to}."
        else:
            verbs, there = (TAKES, self.there) if kind == TAKE else (DROPS, OPTIONAL_THERE)
            sentence = f"{person} {pick(verbs, rng)} the {what}{' there' if rng.random() < there else ''}."
        return sentence, (Fact(statement, kind, person, what, to),)

    def _event(self, person: str, kind: str, rng: Generator) -> tuple[str, str, str, str] | None:
        """Make an event of this kind by this person happen. Returns None if it cannot happen."""
        room = self.rooms[person]
        if kind == MOVE:
            there = pick(ROOMS, rng)
            if there == room:
                return None
            self.rooms[person] = there
            return kind, person, there, ""
        things = [thing for thing in THINGS if (self.lying.get(thing) == room if kind == TAKE else self.holders.get(thing) == person)]
        others = [other for other in self.people if other != person and self.rooms[other] == room]
        if not things or (kind == GIVE and not others):
            return None
        thing = pick(things, rng)
        if kind == TAKE:
            del self.lying[thing]
            self.holders[thing] = person
        elif kind == DROP:
            del self.holders[thing]
            self.lying[thing] = room
        else:
            self.holders[thing] = pick(others, rng)
            return kind, person, thing, self.holders[thing]
        return kind, person, thing, ""


def last_handling(facts: Sequence[Fact], thing: str) -> Fact:
    """Return the last fact of taking, dropping or giving ``thing``, which there must be."""
    return next(fact for fact in reversed(facts) if fact.kind != MOVE and fact.what == thing)


def last_move(facts: Sequence[Fact], person: str) -> Fact | None:
    """Return the last fact of ``person`` going somewhere; None if there is none."""
    return next((fact for fact in reversed(facts) if fact.kind == MOVE and fact.person == person), None)


def moves(facts: Sequence[Fact], person: str) -> list[Fact]:
    """Return the facts of ``person`` going somewhere, in order."""
    return [fact for fact in facts if fact.kind == MOVE and fact.person == person]
