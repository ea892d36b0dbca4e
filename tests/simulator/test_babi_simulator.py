"""The text of the simulated bAbI tasks: answers that follow by logic, and the published words and sentences.

How often they occur is compared in ``test_babi_simulator_*.py``.
"""

from __future__ import annotations

import functools
import re
from itertools import combinations

import pytest

from reproductions.recipes import BABI_TASKS, Babi, RecipeError
from reproductions.tasks import babi
from reproductions.tasks.babi import Question
from reproductions.tasks.babi_simulator import SimulatorError
from tests.simulator import babi_solvers_things as things
from tests.simulator.babi_solvers import SOLVERS
from tests.simulator.babi_stories import simulated

TASKS = tuple(range(1, 21))
# Tasks whose support is all that the person asked about ever did with things, and where the question names that person.
ALL_HANDLING = {7: 4, 8: 2}
QUESTIONS = dict.fromkeys(TASKS, 500) | dict.fromkeys(ALL_HANDLING, 2500)  # many, since three things are rarely held at once
# The published questions whose answer is not the last thing given between the two people, but one given earlier, by split and position.
# The rules of the simulator leave no such question.
OUTDATED = {("train", 38), ("train", 39), ("test", 312), ("test", 928)}


@functools.cache
def text(task: int) -> str:
    return simulated(task, QUESTIONS[task])


@functools.cache
def parsed(file: str) -> list[Question]:
    return babi.parse(file, "a file")


def check(task: int, question: Question) -> None:
    """The answer follows from the story, and the supporting statements are those that it takes."""
    solve, story, asked = SOLVERS[task], question.story, question.question
    assert solve(story, asked) == question.answer, question
    if task == 3:  # where a thing was before it was somewhere takes also the statements that tell who held it then
        assert things.carrying(story, asked) == set(question.supporting), question
    elif task in ALL_HANDLING:
        assert things.handling(story, asked[ALL_HANDLING[task]]) == set(question.supporting), question
    else:
        supporting = [story[position] for position in sorted(question.supporting)]
        assert solve(supporting, asked) == question.answer, question
        for fewer in combinations(supporting, len(supporting) - 1):
            assert solve(fewer, asked) != question.answer, question


@pytest.mark.parametrize("task", TASKS)
def test_answers_and_supporting_statements_follow_by_logic(task: int) -> None:
    for question in parsed(text(task)):
        check(task, question)


@pytest.mark.parametrize("task", TASKS)
def test_the_solvers_agree_with_the_published_answers(task: int, published_babi) -> None:
    for split in ("train", "test"):
        for number, question in enumerate(parsed(published_babi(task, split))):
            if task == 5 and (split, number) in OUTDATED:
                assert SOLVERS[5](question.story, question.question) != question.answer
            else:
                check(task, question)


# --- The text ---


def test_all_tasks_are_simulated_and_allowed_by_recipes() -> None:
    assert BABI_TASKS == TASKS
    assert Babi(3, "simulated", 10, 10).task == 3
    with pytest.raises(RecipeError, match="bAbI task"):
        Babi(21, "simulated", 10, 10)
    with pytest.raises(SimulatorError, match=r"^bAbI task 21 is not simulated; simulated are 1 to 20$"):
        simulated(21, 1)
    with pytest.raises(SimulatorError, match=r"^a bAbI file has at least 1 question, not 0$"):
        simulated(1, 0)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("size", [1, 7, 103])
def test_there_are_exactly_as_many_questions_as_asked_for(task: int, size: int) -> None:
    assert len(babi.parse(simulated(task, size), "simulated")) == size


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides_the_text(task: int) -> None:
    assert simulated(task, 50, seed=3) == simulated(task, 50, seed=3)
    assert simulated(task, 50, seed=3) != simulated(task, 50, seed=4)


ROOMS = "bathroom bedroom garden hallway kitchen office"
OTHER_ROOMS = "bedroom cinema kitchen office park school"
PEOPLE = "daniel john mary sandra"
MOVING = "went journeyed travelled moved back to the"
HANDLING = "got grabbed picked up took discarded dropped left put down there apple football milk"
GIVING = "gave handed passed"
LINKS = "after afterwards following that then"
WORDS = {
    1: f"{PEOPLE} {MOVING} where is {ROOMS}",
    2: f"{PEOPLE} {MOVING} {HANDLING} where is {ROOMS}",
    3: f"{PEOPLE} {MOVING} {HANDLING} where was before {ROOMS}",
    4: f"the is of what north south east west {ROOMS}",
    5: f"bill fred jeff mary {MOVING} {HANDLING} {GIVING} who what did give received {ROOMS}",
    6: f"{PEOPLE} {MOVING} {HANDLING} is in {ROOMS}",
    7: f"{PEOPLE} {MOVING} {HANDLING} {GIVING} how many objects is carrying {ROOMS}",
    8: f"{PEOPLE} {MOVING} {HANDLING} what is carrying {ROOMS}",
    9: f"{PEOPLE} {MOVING} is in not no longer {ROOMS}",
    10: f"bill fred julie mary {MOVING} is in either or {OTHER_ROOMS}",
    11: f"{PEOPLE} {MOVING} {LINKS} he she where is {ROOMS}",
    12: f"{PEOPLE} {MOVING} and where is {ROOMS}",
    13: f"{PEOPLE} {MOVING} {LINKS} they and where is {ROOMS}",
    14: f"bill fred julie mary {MOVING} yesterday this morning afternoon evening where was before {OTHER_ROOMS}",
    15: "emily gertrude jessica winona cat mouse sheep wolf cats mice wolves are afraid of is a what",
    16: "bernhard brian greg julius lily frog lion rhino swan gray green white yellow is a what color",
    17: "blue pink red yellow square rectangle sphere triangle is the to left right of above below",
    18: "the fits fit inside in is bigger than does box of chocolates chocolate chest container suitcase",
    19: f"the is of how do you go from to north south east west {ROOMS}",
    20: f"antoine jason sumit yann {MOVING} got grabbed picked up took there is bored hungry thirsty tired where will why did go get "
    "apple football milk pajamas bedroom garden kitchen",
}
TRUTH = "no yes"
ANSWERS = {  # of an answer with several parts, the parts
    **dict.fromkeys((1, 2, 3, 4, 11, 12, 13), ROOMS),
    5: "apple bill football fred jeff mary milk",
    **dict.fromkeys((6, 9, 17, 18), TRUTH),
    7: "none one three two",
    8: "apple football milk nothing",
    10: "maybe no yes",
    14: OTHER_ROOMS,
    15: "cat mouse sheep wolf",
    16: "gray green white yellow",
    19: "e n s w",
    20: "bedroom bored garden hungry kitchen thirsty tired",
}


def words_and_answers(questions: list[Question]) -> tuple[list[str], list[str]]:
    vocabulary = babi.Vocabulary.of(questions)
    return list(vocabulary.words), sorted({part for answer in vocabulary.answers for part in answer.split(",")})


@pytest.mark.parametrize("task", TASKS)
def test_the_vocabulary_is_that_of_the_task(task: int) -> None:
    assert words_and_answers(parsed(text(task))) == (sorted(set(WORDS[task].split())), ANSWERS[task].split())


@pytest.mark.parametrize("task", TASKS)
def test_the_vocabulary_is_that_of_the_published_files(task: int, published_babi) -> None:
    published = [question for split in ("train", "test") for question in parsed(published_babi(task, split))]
    assert words_and_answers(published) == (sorted(set(WORDS[task].split())), ANSWERS[task].split())


SLOTS = {  # words of open classes; what remains of a sentence is its template
    "person": "daniel john mary sandra bill fred jeff julie emily gertrude jessica winona "
    "bernhard brian greg julius lily antoine jason sumit yann",
    "place": f"{ROOMS} {OTHER_ROOMS}",
    "direction": "north south east west",
    "thing": "apple football milk pajamas nothing",
    "species": "cats mice wolves sheep cat mouse wolf frog lion rhino swan",
    "colour": "gray green white yellow red blue pink",
    "shape": "square rectangle sphere triangle",
    "relation": "above below left right",
    "need": "bored hungry thirsty tired",
    "answer": "yes no maybe none one two three",
    "way": "went journeyed travelled moved",
    "pronoun": "he she",
    "link": "Afterwards Then",
}
PATTERNS = [("size", r"box of chocolates|box|chocolate|chest|container|suitcase"), ("link", "After that|Following that")]
PATTERNS += [(slot, "|".join(words.split()) + "|" + "|".join(words.title().split())) for slot, words in SLOTS.items()]


def templates(file: str) -> set[str]:
    for slot, words in PATTERNS:
        file = re.sub(rf"\b(?:{words})\b", f"<{slot}>", file)
    file = file.replace("<colour> <shape>", "<shape>").replace("<way> back", "<way>")
    file = re.sub(r"\t[nsew],[nsew]\t", "\t<way>\t", re.sub(r"<thing>(,<thing>)+", "<thing>", file))
    return {re.sub(r"[0-9]+( [0-9]+)*", "#", line) for line in file.splitlines()}


@pytest.mark.parametrize("task", TASKS)
def test_the_sentences_are_character_for_character_those_of_the_published_files(task: int, published_babi) -> None:
    published = published_babi(task, "train") + published_babi(task, "test")
    assert templates(text(task)) == templates(published)
    assert len(templates(published)) <= 24  # the slots do hide the open classes
