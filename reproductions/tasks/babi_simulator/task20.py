"""bAbI task 20, agent's motivations: what people need, where they go, what they take, and why."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick
from reproductions.tasks.babi_simulator.world import MOVES, TAKES

PEOPLE = ("Antoine", "Jason", "Sumit", "Yann")
NEEDS = {  # need -> the room and the thing that help
    "bored": ("garden", "football"),
    "hungry": ("kitchen", "apple"),
    "thirsty": ("kitchen", "milk"),
    "tired": ("bedroom", "pajamas"),
}
STEPS = 3  # to be in need, to go somewhere, to take something


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell how each of four people, in any order, is in need, goes somewhere and takes something.

    Every statement is followed by its question. Needs are drawn independently, and there is one thing of a kind: of several people with the
    same need, the first takes it and the others stay without. A story ends when there is nothing left to do, after 9 to 12 questions.
    """
    needs = {person: pick(tuple(NEEDS), rng) for person in PEOPLE}
    done = dict.fromkeys(PEOPLE, 0)  # steps
    stated: dict[str, int] = {}  # person -> the position of the statement of their need
    taken: set[str] = set()
    lines: list[str | QuestionLine] = []
    while able := [p for p in PEOPLE if done[p] < STEPS - 1 or (done[p] < STEPS and NEEDS[needs[p]][1] not in taken)]:
        person = pick(able, rng)
        name, need = person.lower(), needs[person]
        room, thing = NEEDS[need]
        if done[person] == 0:
            stated[person] = len(lines) // 2
            told = f"{person} is {need}.", f"Where will {name} go?", room
        elif done[person] == 1:
            told = f"{person} {pick(MOVES, rng)} the {room}.", f"Why did {name} go to the {room}?", need
        else:
            taken.add(thing)
            told = f"{person} {pick(TAKES, rng)} the {thing} there.", f"Why did {name} get the {thing}?", need
        done[person] += 1
        statement, question, answer = told
        lines += [statement, QuestionLine(question, answer, (stated[person],))]
    return lines
