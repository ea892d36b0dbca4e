"""The simulated bAbI tasks, against solvers that know nothing of the simulator and against the published files.

The comparisons with the published files take one observation per story, because the questions of a story depend on each other while
stories do not. Comparisons of one task do depend on each other, which Bonferroni's bound allows. Three constants of the simulator were
measured on the same files, so for what they govern (the middle in task 4, tries and repeated statements in task 18) a pass says that
the form is right, not the value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from reproductions.recipes import SIMULATED_BABI_TASKS
from reproductions.tasks import babi
from reproductions.tasks.babi import Question
from reproductions.tasks.babi_simulator import SimulatorError, simulate, task01, task04, task15, task18

TASKS = (1, 4, 15, 18)
QUESTIONS = 1000

# --- Solvers: the answer that some statements give to a question, None when they do not give one ---

Sentence = tuple[str, ...]
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
SINGULAR = {"cats": "cat", "mice": "mouse", "sheep": "sheep", "wolves": "wolf"}


def where_is(statements: Sequence[Sentence], question: Sentence) -> str | None:
    places = [words[-1] for words in statements if words[0] == question[-1]]
    return places[-1] if places else None


def which_room(statements: Sequence[Sentence], question: Sentence) -> str | None:
    neighbours: dict[tuple[str, str], str] = {}  # (room, direction) -> the room that lies there
    for _, a, _, direction, _, _, b in statements:
        neighbours[b, direction], neighbours[a, OPPOSITE[direction]] = a, b
    if question[2] == "the":  # what is the <room> <direction> of
        return neighbours.get((question[3], OPPOSITE[question[4]]))
    return neighbours.get((question[5], question[2]))  # what is <direction> of the <room>


def afraid_of(statements: Sequence[Sentence], question: Sentence) -> str | None:
    kind = {words[0]: words[3] for words in statements if words[1:3] == ("is", "a")}
    fear = {SINGULAR[words[0]]: SINGULAR[words[4]] for words in statements if words[1:4] == ("are", "afraid", "of")}
    return fear.get(kind.get(question[2], ""))


def size_order(statements: Sequence[Sentence]) -> set[tuple[str, str]]:
    """All (smaller, larger) that follow from the statements."""
    order = set()
    for words in statements:
        text = " ".join(words)
        if found := re.fullmatch("the (.+) fits inside the (.+)", text):
            order.add((found[1], found[2]))
        elif found := re.fullmatch("the (.+) is bigger than the (.+)", text):
            order.add((found[2], found[1]))
        else:
            raise AssertionError(text)
    while more := {(a, d) for a, b in order for c, d in order if b == c} - order:
        order |= more
    return order


def fits(statements: Sequence[Sentence], question: Sentence) -> str | None:
    text = " ".join(question)
    if found := re.fullmatch("does the (.+) fit in the (.+)", text):
        smaller, larger = found[1], found[2]
    else:
        found = re.fullmatch("is the (.+) bigger than the (.+)", text)
        larger, smaller = found[1], found[2]
    order = size_order(statements)
    assert not {(smaller, larger), (larger, smaller)} <= order, "the statements contradict each other"
    return "yes" if (smaller, larger) in order else "no" if (larger, smaller) in order else None


SOLVERS = {1: where_is, 4: which_room, 15: afraid_of, 18: fits}


def check_answers(task: int, questions: list[Question]) -> None:
    """Every answer follows from the story, and from the supporting statements alone but from no fewer of them."""
    solve = SOLVERS[task]
    for question in questions:
        supporting = [question.story[position] for position in question.supporting]
        assert solve(question.story, question.question) == question.answer, question
        assert solve(supporting, question.question) == question.answer, question
        for fewer in combinations(supporting, len(supporting) - 1):
            assert solve(fewer, question.question) is None, question


def simulated(task: int, questions: int = QUESTIONS, seed: int = 0) -> str:
    return simulate(task, questions, np.random.default_rng(seed))


@pytest.mark.parametrize("task", TASKS)
def test_answers_and_supporting_statements_follow_by_logic(task: int) -> None:
    check_answers(task, babi.parse(simulated(task), "simulated"))


@pytest.mark.parametrize("task", TASKS)
def test_the_solvers_agree_with_the_published_answers(task: int, published_babi) -> None:
    for split in ("train", "test"):
        check_answers(task, babi.parse(published_babi(task, split), "published"))


# --- The text ---


def test_the_simulated_tasks_are_those_that_recipes_allow() -> None:
    assert SIMULATED_BABI_TASKS == TASKS
    with pytest.raises(SimulatorError, match=r"^bAbI task 2 is not simulated; simulated are 1, 4, 15, 18, the others need the data files$"):
        simulated(2)
    with pytest.raises(SimulatorError, match=r"^a bAbI file has at least 1 question, not 0$"):
        simulated(1, 0)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("questions", [1, 7, 1000])
def test_there_are_exactly_as_many_questions_as_asked_for(task: int, questions: int) -> None:
    assert len(babi.parse(simulated(task, questions), "simulated")) == questions


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides_the_text(task: int) -> None:
    assert simulated(task, seed=3) == simulated(task, seed=3)
    assert simulated(task, seed=3) != simulated(task, seed=4)


LOCATIONS = "bathroom bedroom garden hallway kitchen office"
WORDS = {
    1: f"daniel john mary sandra went journeyed travelled moved back to the where is {LOCATIONS}",
    4: f"the is of what north south east west {LOCATIONS}",
    15: "emily gertrude jessica winona cat mouse sheep wolf cats mice wolves are afraid of is a what",
    18: "the fits fit inside in is bigger than does box of chocolates chocolate chest container suitcase",
}
ANSWERS = {1: LOCATIONS, 4: LOCATIONS, 15: "cat mouse sheep wolf", 18: "no yes"}


@pytest.mark.parametrize("task", TASKS)
def test_the_vocabulary_is_that_of_the_task(task: int) -> None:
    vocabulary = babi.Vocabulary.of(babi.parse(simulated(task), "simulated"))
    assert vocabulary.words == tuple(sorted(WORDS[task].split()))
    assert vocabulary.answers == tuple(ANSWERS[task].split())


@pytest.mark.parametrize("task", TASKS)
def test_the_vocabulary_is_that_of_the_published_files(task: int, published_babi) -> None:
    for split in ("train", "test"):
        published = babi.Vocabulary.of(babi.parse(published_babi(task, split), "published"))
        assert published == babi.Vocabulary.of(babi.parse(simulated(task), "simulated"))


SLOTS = {  # words of open classes; what remains of a sentence is its template
    "person": "daniel|john|mary|sandra|Daniel|John|Mary|Sandra|emily|gertrude|jessica|winona|Emily|Gertrude|Jessica|Winona",
    "place": LOCATIONS.replace(" ", "|"),
    "direction": "north|south|east|west",
    "Species": "Cats|Mice|Sheep|Wolves",
    "species": "cats|mice|wolves|sheep|cat|mouse|wolf",
    "thing": "box of chocolates|box|chocolate|chest|container|suitcase",
    "answer": "yes|no",
}


def templates(text: str) -> set[str]:
    for slot, words in SLOTS.items():
        text = re.sub(rf"\b(?:{words})\b", f"<{slot}>", text)
    return {re.sub(r"[0-9]+", "#", line) for line in text.splitlines()}


@pytest.mark.parametrize("task", TASKS)
def test_the_sentences_are_character_for_character_those_of_the_published_files(task: int, published_babi) -> None:
    published = published_babi(task, "train") + published_babi(task, "test")
    assert templates(simulated(task)) == templates(published)
    assert len(templates(published)) <= 6  # the slots do hide the open classes


def test_nobody_moves_to_where_they_already_are() -> None:
    for story in stories(simulated(1)):
        whereabouts: dict[str, str] = {}
        for words, _, _ in (line for line in story if line[1] is None):
            assert whereabouts.get(words[0]) != words[-1]
            whereabouts[words[0]] = words[-1]


def test_an_animal_comes_after_the_fear_of_its_species() -> None:
    for story in stories(simulated(15)):
        statements, _ = parts(story)
        feared = {SINGULAR[words[0]]: place for place, words in enumerate(statements) if words[1] == "are"}
        assert all(feared[words[3]] < place for place, words in enumerate(statements) if words[1] == "is")


def test_the_support_of_a_yes_runs_from_large_to_small_and_of_a_no_from_small_to_large() -> None:
    for question in babi.parse(simulated(18), "simulated"):
        ((a, b),), ((c, d),) = (size_order([question.story[position]]) for position in question.supporting)
        assert (a == d) if question.answer == "yes" else (b == c)


def test_sizes_never_contradict_each_other() -> None:
    for story in stories(simulated(18)):
        order = size_order([words for words, answer, _ in story if answer is None])
        assert not any((b, a) in order for a, b in order)
        assert all(b not in ("chocolate", "box of chocolates") or (a, b) == ("chocolate", "box of chocolates") for a, b in order)


# --- Comparison with the published files: what one story looks like, by several names ---

Line = tuple[Sentence, str | None, tuple[int, ...]]  # words, the answer of a question, its supporting statements
Observations = dict[str, Hashable]


def stories(text: str) -> Iterator[list[Line]]:
    """The stories of a file as lines; supporting statements are positions among the statements."""
    for block in re.split(r"^1 ", text, flags=re.MULTILINE)[1:]:
        lines: list[Line] = []
        numbers: list[int] = []
        for number, line in enumerate(("1 " + block).splitlines(), start=1):
            sentence, *fields = line.split(" ", 1)[1].split("\t")
            words = tuple(sentence.lower().strip(" .?").split())
            if fields:
                lines.append((words, fields[0], tuple(numbers.index(int(n)) for n in fields[1].split())))
            else:
                numbers.append(number)
                lines.append((words, None, ()))
        yield lines


def parts(story: list[Line]) -> tuple[list[Sentence], list[Line]]:
    return [words for words, answer, _ in story if answer is None], [line for line in story if line[1] is not None]


def moving(story: list[Line]) -> Observations:
    statements, questions = parts(story)
    seen: Observations = {
        "layout": "".join("s" if answer is None else "q" for _, answer, _ in story),
        "first statement": statements[0][0],
        "first way to move": statements[0][1:-2],
        "last way to move": statements[-1][1:-2],
        "last destination": statements[-1][-1],
        "people": len({words[0] for words in statements}),
        "people asked about": len({words for words, _, _ in questions}),
    }
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        seen[f"answer {k}"] = answer
        seen[f"statements since the supporting one, question {k}"] = 2 * k - supporting[0]
        seen[f"statements about the person asked, question {k}"] = sum(s[0] == words[-1] for s in statements[: 2 * k])
    return seen


def rooms(story: list[Line]) -> Observations:
    (first, second), ((words, answer, supporting),) = parts(story)
    middle = ({first[1], first[6]} & {second[1], second[6]}).pop()
    return {
        "directions": (first[3], second[3]),
        "middle is the object": (first[6] == middle, second[6] == middle),
        "question": (words[2] == "the", supporting, words[4] if words[2] == "the" else words[2]),
        "answer": answer,
        "middle": middle,
        "first room": first[1],
        "asks about the middle": (answer == middle, supporting),
    }


def animals(story: list[Line]) -> Observations:
    statements, questions = parts(story)
    kind = {words[0]: words[3] for words in statements if words[1] == "is"}
    fear = {words[0]: words[4] for words in statements if words[1] == "are"}
    stated = list(fear)
    seen: Observations = {
        "layout": "".join("s" if answer is None else "q" for _, answer, _ in story),
        "order of fears and kinds": "".join(words[1][0] for words in statements),
        "animals of a species": tuple(sorted(Counter(kind.values()).values())),
        "species that fear one": tuple(sorted(Counter(fear.values()).values())),
        "order of names": tuple(kind),
        "order of species": tuple(stated),
        "names asked about": len({words for words, _, _ in questions}),
        "fear": fear["cats"],
        "species of the first animal": [SINGULAR[species] for species in stated].index(next(iter(kind.values()))),
        "species of the last animal": [SINGULAR[species] for species in stated].index(list(kind.values())[-1]),
    }
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        seen[f"answer {k}"] = answer
        seen[f"name {k}"] = words[2]
        seen[f"place of its statement {k}"] = supporting[0]
    return seen


def sizes(story: list[Line]) -> Observations:
    statements, questions = parts(story)
    facts = [
        re.sub("the (.+) is bigger than the (.+)|the (.+) fits inside the (.+)", r"\2\3 < \1\4", " ".join(words)) for words in statements
    ]
    last = questions[-5:]
    seen: Observations = {
        "layout": "".join("s" if answer is None else "q" for _, answer, _ in story),
        "different facts in the first block": len(set(facts[:5])),
        "first fact": facts[0],
        "fits inside in the first block": sum("fits" in words for words in statements[:5]),
        "different questions": len({words for words, _, _ in last}),
        "different supports": len({supporting for _, _, supporting in last}),
        "answers yes": sum(answer == "yes" for _, answer, _ in last),
    }
    for k, (words, answer, supporting) in enumerate(last, start=1):
        start, partner = supporting
        seen[f"form and answer {k}"] = (words[0], answer)
        seen[f"support {k}"] = supporting if len(facts) == 5 else None
        seen[f"statements since the start {k}"] = len(facts) - start
        seen[f"statements since the partner {k}"] = len(facts) - partner
        seen[f"things {k}"] = frozenset(" ".join(words).replace("box of chocolates", "sweets").split()) & {"sweets", "chocolate"}
        seen[f"occurrence of the start {k}"] = (facts[start] in facts[:start], facts[start] in facts[start + 1 :])
    return seen


OBSERVE: dict[int, Callable[[list[Line]], Observations]] = {1: moving, 4: rooms, 15: animals, 18: sizes}
FEWEST_EXPECTED = 5  # published stories in a category, below which categories are pooled (Cochran, 1954)
FALSE_ALARM = 0.01  # of all comparisons of one task together
SIMULATED_QUESTIONS = {1: 15_000, 4: 5_000, 15: 12_000, 18: 12_000}  # six or more times the published stories


def observed(task: int, text: str) -> list[Observations]:
    """What every story looks like; the last one is left out when the end of the file cut it."""
    told = list(stories(text))
    if task == 18 and sum(answer is not None for _, answer, _ in told[-1]) < 5:
        told.pop()
    return [OBSERVE[task](story) for story in told]


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


def differences(task: int, published_babi: Callable[[int, str], str]) -> dict[str, float]:
    """The comparisons whose p-value is below the Bonferroni level."""
    published = [story for split in ("train", "test") for story in observed(task, published_babi(task, split))]
    found = p_values(published, observed(task, simulated(task, SIMULATED_QUESTIONS[task])))
    return {name: p for name, p in found.items() if p < FALSE_ALARM / len(found)}


@pytest.mark.parametrize("task", TASKS)
def test_simulated_stories_are_distributed_like_the_published_ones(task: int, published_babi) -> None:
    assert differences(task, published_babi) == {}


def tilted(items: Sequence[str], rng: np.random.Generator) -> str:
    """A choice that prefers the first items a little: the first of four has probability 0.34 instead of 0.25."""
    return items[int(len(items) * rng.random() ** 1.3)]


@pytest.mark.parametrize(
    ("task", "module", "name", "wrong"),
    [
        (1, task01, "RECENT_STATEMENTS", 4),
        (1, task01, "RECENT_STATEMENTS", 10),
        (1, task01, "pick", tilted),
        (4, task04, "MIDDLE_IS_OBJECT", 0.5),
        (4, task04, "pick", tilted),
        (15, task15, "pick", tilted),
        (18, task18, "TRIES", 5),
        (18, task18, "REPEATED_MEANS_LAST", 0.0),
        (18, task18, "pick", tilted),
    ],
)
def test_a_slightly_wrong_simulator_is_told_apart(
    task: int, module: object, name: str, wrong: object, published_babi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert differences(task, published_babi) != {}
