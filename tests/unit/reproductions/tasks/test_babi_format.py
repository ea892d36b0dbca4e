"""The bAbI text format and its encoding, against files written by hand and the published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproductions.tasks import babi
from reproductions.tasks.babi import BabiFormatError, BabiVocabularyError, Question, QuestionLine, Vocabulary

TWO_STORIES = (
    "1 Mary moved to the bathroom.\n"
    "2 John went to the hallway.\n"
    "3 Where is Mary? \tbathroom\t1\n"
    "4 John got the milk there.\n"
    "5 What is John carrying?\tmilk,Apple\t4 2\n"
    "1 Emily is a cat.\n"
    "2 What is emily?\tcat\t1\n"
)
MARY, JOHN, MILK = (
    ("mary", "moved", "to", "the", "bathroom"),
    ("john", "went", "to", "the", "hallway"),
    ("john", "got", "the", "milk", "there"),
)


def test_a_story_is_every_statement_of_its_story_before_the_question_and_no_question() -> None:
    assert babi.parse(TWO_STORIES, "qa") == [
        Question((MARY, JOHN), ("where", "is", "mary"), "bathroom", (0,)),
        Question((MARY, JOHN, MILK), ("what", "is", "john", "carrying"), "milk,apple", (2, 1)),
        Question((("emily", "is", "a", "cat"),), ("what", "is", "emily"), "cat", (0,)),
    ]


def test_bytes_and_text_read_the_same() -> None:
    assert babi.parse(TWO_STORIES.encode("ascii"), "qa") == babi.parse(TWO_STORIES, "qa")


STATEMENT, ASKED = "1 Mary moved to the bathroom.\n", "2 Where is Mary?\tbathroom\t1\n"


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ("", 1, "empty"),
        ("Mary moved to the bathroom.\n", 1, "<number> <text>"),
        (STATEMENT + "\n" + ASKED, 2, "<number> <text>"),
        (STATEMENT + "2\n", 2, "<number> <text>"),
        ("2 Mary moved.\n" + ASKED, 1, "expected 1"),
        ("0 Mary moved.\n" + ASKED, 1, "<number> <text>"),
        ("9" * 5000 + " Mary moved.\n", 1, "<number> <text>"),
        (STATEMENT + "3 Where is Mary?\tbathroom\t1\n", 2, "the line number is 3; expected 2 or 1"),
        (STATEMENT + ASKED + "2 Where is Mary?\tbathroom\t1\n", 3, "the line number is 2; expected 3 or 1"),
        (STATEMENT + "2 Where is Mary?\n", 2, "ends with '.'"),
        (STATEMENT + "2 Where is Mary?\tbathroom\n", 2, "3 fields between tabs"),
        (STATEMENT + "2 Where is Mary?\tbathroom\t1\t1\n", 2, "3 fields between tabs"),
        (STATEMENT + "2 Where is Mary\tbathroom\t1\n", 2, "ends with '?'"),
        (STATEMENT + "2 Where is Mary?  \tbathroom\t1\n", 2, "ends with '?'"),
        (STATEMENT + "2 Where is Mary?\t\t1\n", 2, "an answer is"),
        (STATEMENT + "2 Where is Mary?\tbath room\t1\n", 2, "an answer is"),
        (STATEMENT + "2 Where is Mary?\tbathroom\t\n", 2, "supporting lines are numbers"),
        (STATEMENT + "2 Where is Mary?\tbathroom\tone\n", 2, "supporting lines are numbers"),
        (STATEMENT + "2 Where is Mary?\tbathroom\t1 1\n", 2, "named twice"),
        (STATEMENT + "2 Where is Mary?\tbathroom\t2\n", 2, "supporting line 2 is not a statement before the question"),
        (STATEMENT + "2 Where is Mary?\tbathroom\t3\n3 Mary left.\n", 2, "supporting line 3 is not a statement before the question"),
        (STATEMENT + ASKED + "3 Where is Mary?\tbathroom\t2\n", 3, "supporting line 2 is not a statement before the question"),
        (STATEMENT + ASKED + "1 Mary left.\n2 Where is John?\tbathroom\t1\n3 Where is Mary?\tbathroom\t4\n", 5, "supporting line 4"),
        ("1 Where is Mary?\tbathroom\t1\n", 1, "before any statement"),
        (STATEMENT + "1 Mary left.\n" + ASKED, 2, "no question follows"),
        (STATEMENT + ASKED + "3 Mary left.\n", 3, "cut short"),
        (STATEMENT + ASKED.rstrip("\n"), 2, "no line end"),
        ("1 Mary moved  to the bathroom.\n" + ASKED, 1, "single spaces"),
        ("1 Mary moved to room 7.\n" + ASKED, 1, "words of letters"),
        ("1 Mary left. John left.\n" + ASKED, 1, "words of letters"),
        (STATEMENT + ASKED.replace("\n", "\r\n"), 2, r"'\r' is not allowed"),
        ("1 Mary moved to the caf\u00e9.\n" + ASKED, 1, r"'\xe9' is not allowed"),
        (("1 Mary moved to the caf\u00e9.\n" + ASKED).encode(), 1, r"'\xc3' is not allowed"),
        (STATEMENT.encode() + b"2 \xff\xfe\n", 2, r"'\xff' is not allowed"),
        (STATEMENT + "2 Where is\x0b Mary?\tbathroom\t1\n", 2, r"'\x0b' is not allowed"),
        (b"\x1f\x8b\x08\x00", 1, r"'\x1f' is not allowed"),
    ],
)
def test_malformed_text_is_refused_in_one_line_that_names_file_and_line(text: str | bytes, row: int, says: str) -> None:
    with pytest.raises(BabiFormatError) as caught:
        babi.parse(text, "qa1_train.txt")
    message = str(caught.value)
    assert message.startswith(f"qa1_train.txt, line {row}: ")
    assert says in message
    assert message.isascii()
    assert "\n" not in message
    assert len(message) < 200


words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=4)
sentences = st.lists(words, min_size=1, max_size=4).map(tuple)


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, ...] | Question]:
    """A story of statements and questions that starts with a statement and ends with a question."""
    lines: list[tuple[str, ...] | Question] = []
    told: list[tuple[str, ...]] = []
    for block in draw(st.lists(st.lists(sentences, min_size=1, max_size=3), min_size=1, max_size=3)):
        told += block
        lines += block
        supporting = draw(st.lists(st.integers(0, len(told) - 1), min_size=1, max_size=3, unique=True))
        answer = ",".join(draw(st.lists(words, min_size=1, max_size=2)))
        lines.append(Question(tuple(told), draw(sentences), answer, tuple(supporting)))
    return lines


def as_line(line: tuple[str, ...] | Question) -> str | QuestionLine:
    if isinstance(line, Question):
        return QuestionLine(" ".join(line.question) + "?", line.answer, line.supporting)
    return " ".join(line) + "."


@given(st.lists(stories(), min_size=1, max_size=3))
def test_what_is_formatted_is_parsed_back(written: list[list[tuple[str, ...] | Question]]) -> None:
    text = babi.format_text([as_line(line) for line in story] for story in written)
    assert babi.parse(text, "round trip") == [line for story in written for line in story if isinstance(line, Question)]


def test_line_numbers_count_questions_and_start_again_with_each_story() -> None:
    story = ["A moved.", QuestionLine("Where is A? ", "x", (0,)), "B moved.", QuestionLine("Where is B? ", "y", (1, 0))]
    one = "1 A moved.\n2 Where is A? \tx\t1\n3 B moved.\n4 Where is B? \ty\t3 1\n"
    assert babi.format_text([story, story]) == one + one


def test_ids_start_at_one_so_that_no_word_is_padding() -> None:
    vocabulary = Vocabulary.of(babi.parse(TWO_STORIES, "qa"))
    assert vocabulary.words == tuple(sorted({*MARY, *JOHN, *MILK, "where", "is", "what", "carrying", "emily", "a", "cat"}))
    assert vocabulary.answers == ("bathroom", "cat", "milk,apple")
    encoded = babi.encode(babi.parse(TWO_STORIES, "qa"), vocabulary)
    assert max(encoded.story.max(), encoded.question.max()) == len(vocabulary.words)
    assert all((row[:length] > babi.PADDING).all() for row, length in zip(encoded.story, encoded.story_length, strict=True))


def test_statements_are_appended_to_one_sequence_padded_on_the_right() -> None:
    vocabulary = Vocabulary(("a", "b", "c", "d"), ("no", "yes"))
    questions = [Question((("d", "a"), ("b",)), ("c",), "yes", (0,)), Question((("a",),), ("a", "b"), "no", (0,))]
    encoded = babi.encode(questions, vocabulary)
    np.testing.assert_array_equal(encoded.story, [[4, 1, 2], [1, 0, 0]])
    np.testing.assert_array_equal(encoded.story_length, [3, 1])
    np.testing.assert_array_equal(encoded.question, [[3, 0], [1, 2]])
    np.testing.assert_array_equal(encoded.question_length, [1, 2])
    np.testing.assert_array_equal(encoded.answer, [1, 0])
    assert {array.dtype for array in vars(encoded).values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize(
    ("question", "unknown"), [(Question((("a",),), ("z",), "no", (0,)), "'z'"), (Question((("a",),), ("a",), "maybe", (0,)), "'maybe'")]
)
def test_a_word_or_answer_outside_the_vocabulary_is_named(question: Question, unknown: str) -> None:
    with pytest.raises(BabiVocabularyError, match=f"{unknown} is not in the vocabulary"):
        babi.encode([question], Vocabulary(("a",), ("no",)))


def answered(*answers: str) -> list[Question]:
    return [Question((("a",),), ("b",), answer, (0,)) for answer in answers]


def test_majority_accuracy_scores_the_commonest_training_answer_on_the_test_questions() -> None:
    assert babi.answer_distribution(answered("no", "yes", "no", "maybe")) == {"no": 0.5, "maybe": 0.25, "yes": 0.25}
    assert babi.majority_accuracy(answered("no", "yes", "no"), answered("yes", "no", "yes", "yes")) == 0.25
    assert babi.majority_accuracy(answered("b", "a"), answered("a", "a", "b", "c")) == 0.5  # a tie goes to "a"


@pytest.mark.parametrize("task", range(1, 21))
def test_every_published_file_parses_into_a_thousand_questions(task: int, published_babi) -> None:
    train, test = (babi.parse(published_babi(task, split), f"task {task} {split}") for split in ("train", "test"))
    assert (len(train), len(test)) == (1000, 1000)
    encoded = babi.encode(train, Vocabulary.of(train + test))
    assert all(sum(map(len, question.story)) == length for question, length in zip(train, encoded.story_length, strict=True))


def test_the_last_question_of_a_published_file_is_read_as_it_stands(published_babi) -> None:
    question = babi.parse(published_babi(1, "train"), "task 1")[4]
    assert question.question == ("where", "is", "sandra")
    assert (question.answer, question.story[question.supporting[0]]) == ("bathroom", ("sandra", "journeyed", "to", "the", "bathroom"))
    assert len(question.story) == 10
