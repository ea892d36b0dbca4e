"""The text format of the bAbI tasks v1.2 (Weston et al., 2015), read strictly, and its encoding as integer arrays.

A file is a list of stories. Lines are numbered from 1 within a story; a line is a statement, ``N text.``, or a question about the
statements before it, ``N text?<tab>answer<tab>numbers of the supporting statements``. The simulator writes what this module reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PADDING = 0  # the word id that fills a row; no word has it

_NUMBERED = re.compile(r"([1-9][0-9]{0,8}) (.+)")  # nine digits; the longest published story has 233 lines
_SENTENCE = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
_ANSWER = re.compile(r"[A-Za-z]+(?:,[A-Za-z]+)*")
_SUPPORT = re.compile(r"[1-9][0-9]{0,8}(?: [1-9][0-9]{0,8})*")


class BabiFormatError(ValueError):
    """Text that is not in the bAbI format; the message names the file, the line and what is wrong."""


class BabiVocabularyError(ValueError):
    """A question with a word or an answer that the vocabulary lacks; the message names it."""


@dataclass(frozen=True)
class Question:
    """A question with everything stated before it in its story, in lower case.

    ``supporting`` are positions (from 0) in ``story``, in the order of the file. An answer of several parts, "apple,milk", is one answer.
    """

    story: tuple[tuple[str, ...], ...]
    question: tuple[str, ...]
    answer: str
    supporting: tuple[int, ...]


@dataclass(frozen=True)
class QuestionLine:
    """A question as it stands in a file; ``supporting`` are positions (from 0) among the statements of its story."""

    text: str
    answer: str
    supporting: tuple[int, ...]


# --- Text to questions and back ---


def parse(text: str | bytes, name: str) -> list[Question]:
    """Read the questions of a bAbI file, in order. Raises BabiFormatError with ``name`` and the line number."""
    questions: list[Question] = []
    story: list[tuple[str, ...]] = []
    positions: dict[int, int] = {}  # line number of a statement -> its position in the story
    previous, asked = 0, True  # ``asked``: the last line was a question, so a story may end here
    lines = _lines(text, name)
    for row, line in enumerate(lines, start=1):
        where = f"{name}, line {row}"
        numbered = _NUMBERED.fullmatch(line)
        if not numbered:
            raise BabiFormatError(f"{where}: a line reads '<number> <text>', not {_shown(line)}")
        number, rest = int(numbered[1]), numbered[2]
        if number == 1:
            if not asked:
                raise BabiFormatError(f"{where}: a new story starts, but no question follows the last statement of the story before")
            story, positions = [], {}
        elif number != previous + 1 or previous == 0:
            raise BabiFormatError(f"{where}: the line number is {number}; expected {'1' if previous == 0 else f'{previous + 1} or 1'}")
        previous, asked = number, "\t" in rest
        if asked:
            questions.append(_question(rest, story, positions, where))
        else:
            positions[number] = len(story)
            story.append(_words(rest, ".", where))
    if not asked:
        raise BabiFormatError(f"{name}, line {len(lines)}: the file is cut short: no question follows the last statement")
    return questions


def format_text(stories: Iterable[Sequence[str | QuestionLine]]) -> str:
    """Write the file of ``stories``, each a sequence of statements ("Mary moved to the bathroom.") and question lines."""
    lines: list[str] = []
    for story in stories:
        numbers: list[int] = []  # line number of each statement
        for number, line in enumerate(story, start=1):
            if isinstance(line, QuestionLine):
                support = " ".join(str(numbers[position]) for position in line.supporting)
                lines.append(f"{number} {line.text}\t{line.answer}\t{support}")
            else:
                numbers.append(number)
                lines.append(f"{number} {line}")
    return "".join(line + "\n" for line in lines)


def _lines(text: str | bytes, name: str) -> list[str]:
    """Return the lines of a file that is printable ASCII with tabs and ends every line with a line feed."""
    # Latin-1 keeps every byte, so that a bad one is still there to be found on its line
    characters = text.decode("latin-1") if isinstance(text, bytes) else text
    if not characters:
        raise BabiFormatError(f"{name}, line 1: the file is empty")
    lines = characters.split("\n")
    for row, line in enumerate(lines, start=1):
        bad = next((c for c in line if not (c == "\t" or " " <= c <= "~")), None)
        if bad is not None:
            raise BabiFormatError(f"{name}, line {row}: {bad!a} is not allowed; bAbI text is printable ASCII with Unix line ends")
    if lines.pop():
        raise BabiFormatError(f"{name}, line {len(lines) + 1}: the last line has no line end; the file is cut short")
    return lines


def _question(rest: str, story: list[tuple[str, ...]], positions: dict[int, int], where: str) -> Question:
    fields = rest.split("\t")
    if len(fields) != 3:
        raise BabiFormatError(f"{where}: a question has 3 fields between tabs (question, answer, supporting lines), not {len(fields)}")
    text, answer, support = fields
    if not story:
        raise BabiFormatError(f"{where}: a question before any statement of its story")
    if not _ANSWER.fullmatch(answer):
        raise BabiFormatError(f"{where}: an answer is a word, or words joined by commas, not {_shown(answer)}")
    if not _SUPPORT.fullmatch(support):
        raise BabiFormatError(f"{where}: supporting lines are numbers with single spaces between them, not {_shown(support)}")
    numbers = [int(number) for number in support.split(" ")]
    for number in numbers:
        if number not in positions:
            raise BabiFormatError(f"{where}: supporting line {number} is not a statement before the question")
    if len(set(numbers)) < len(numbers):
        raise BabiFormatError(f"{where}: a supporting line is named twice in {_shown(support)}")
    # tasks with a question like "Where is Mary? " keep a space before the tab
    words = _words(text.removesuffix(" "), "?", where)
    return Question(tuple(story), words, answer.lower(), tuple(positions[number] for number in numbers))


def _words(sentence: str, end: str, where: str) -> tuple[str, ...]:
    kind = "statement" if end == "." else "question"
    if not sentence.endswith(end):
        raise BabiFormatError(f"{where}: a {kind} ends with '{end}', unlike {_shown(sentence)}")
    body = sentence[:-1]
    if not _SENTENCE.fullmatch(body):
        raise BabiFormatError(f"{where}: a {kind} is words of letters with single spaces between them, not {_shown(sentence)}")
    return tuple(body.lower().split(" "))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")  # the message stays one readable line


# --- Questions to arrays ---


@dataclass(frozen=True)
class Vocabulary:
    """The words and the answers of a task, each with its number.

    Words have ids 1 to ``len(words)`` (0 is padding), answers have classes 0 to ``len(answers) - 1``.
    """

    words: tuple[str, ...]
    answers: tuple[str, ...]

    @classmethod
    def of(cls, questions: Iterable[Question]) -> Vocabulary:
        """Collect the sorted words and answers of ``questions``.

        Pass training and test questions together. A bAbI task has a small closed vocabulary that is part of its definition, and which
        word occurs in which split is not used: a word or an answer that only the test has keeps its untrained weights.
        """
        questions = list(questions)
        words = {word for question in questions for sentence in (*question.story, question.question) for word in sentence}
        return cls(tuple(sorted(words)), tuple(sorted({question.answer for question in questions})))


@dataclass(frozen=True, eq=False)
class EncodedBabi:
    """n questions as int64 arrays, rows padded on the right with ``PADDING``.

    A row means its first ``*_length`` ids only: whoever reads a row stops there, so that padding never enters a state.
    """

    story: np.ndarray  # (n, longest story), the words of all statements in one sequence (RIN paper, section 3.3)
    story_length: np.ndarray  # (n,)
    question: np.ndarray  # (n, longest question)
    question_length: np.ndarray  # (n,)
    answer: np.ndarray  # (n,), classes


def encode(questions: Sequence[Question], vocabulary: Vocabulary) -> EncodedBabi:
    """Encode ``questions`` as arrays of word ids and answer classes.

    Raises BabiVocabularyError for a word or answer that the vocabulary lacks.
    """
    word_ids = {word: number for number, word in enumerate(vocabulary.words, start=PADDING + 1)}
    classes = {answer: number for number, answer in enumerate(vocabulary.answers)}
    try:
        stories = [[word_ids[word] for statement in question.story for word in statement] for question in questions]
        asked = [[word_ids[word] for word in question.question] for question in questions]
        answers = np.array([classes[question.answer] for question in questions], dtype=np.int64)
    except KeyError as error:
        raise BabiVocabularyError(f"{error.args[0]!r} is not in the vocabulary; build it from training and test questions") from None
    return EncodedBabi(*_padded(stories), *_padded(asked), answers)


def _padded(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of unequal length as an array (n, longest), and their lengths (n,)."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    padded = np.full((len(rows), lengths.max(initial=0)), PADDING, dtype=np.int64)
    for row, ids in enumerate(rows):
        padded[row, : len(ids)] = ids
    return padded, lengths


# --- What a network that ignores the story reaches ---


def answer_distribution(questions: Sequence[Question]) -> dict[str, float]:
    """Return the share of each answer, commonest first (ties in alphabetical order)."""
    counts = Counter(question.answer for question in questions)
    return {answer: count / len(questions) for answer, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def majority_accuracy(train: Sequence[Question], test: Sequence[Question]) -> float:
    """Return the test accuracy, in [0, 1], of always giving the commonest training answer.

    Of equally common answers it is the first in alphabetical order.
    """
    commonest = next(iter(answer_distribution(train)))
    return sum(question.answer == commonest for question in test) / len(test)
