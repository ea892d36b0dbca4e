"""Solvers of the bAbI tasks about where people are: 1, 6 and 9 to 14."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Sentence = tuple[str, ...]
TIMES = ("yesterday", "this morning", "this afternoon", "this evening")
HANDLING = {"took", "got", "grabbed", "picked", "dropped", "left", "discarded", "put"}


def subjects(words: Sentence, before: tuple[str, ...]) -> tuple[str, ...]:
    """Whom a statement is about; ``before`` are those that the last statement was about, for a pronoun."""
    if {"he", "she", "they"} & set(words):
        return before
    return (words[0], words[2]) if words[1] == "and" else (words[0],)


def whereabouts(statements: Sequence[Sentence]) -> dict[str, tuple[str, frozenset[str]]]:
    """Person -> "in", "either in" or "not in", and the rooms, as last stated."""
    known: dict[str, tuple[str, frozenset[str]]] = {}
    about: tuple[str, ...] = ()
    for words in statements:
        if words[1] in HANDLING:
            continue
        about = subjects(words, about)
        if "either" in words:
            last = "either in", frozenset((words[words.index("or") - 1], words[-1]))
        else:
            last = "not in" if {"not", "no"} & set(words) else "in", frozenset((words[-1],))
        known |= dict.fromkeys(about, last)
    return known


def where_is(statements: Sequence[Sentence], question: Sentence) -> str | None:
    how, rooms = whereabouts(statements).get(question[2], ("", frozenset()))
    return next(iter(rooms)) if how == "in" else None


def is_in(statements: Sequence[Sentence], question: Sentence) -> str | None:
    _, person, _, _, room = question
    how, rooms = whereabouts(statements).get(person, ("", frozenset()))
    if how == "not in":
        return "no" if room in rooms else None
    return {"in": "yes", "either in": "maybe", "": None}[how] if room in rooms or not how else "no"


def where_was(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """Where somebody was before they last came to a room from another one."""
    person, room = question[2], question[-1]
    visits = {}
    for words in statements:
        text = " ".join(words)
        time = next(time for time in TIMES if time in text)
        who, *_, where = text.replace(time, "").split()
        if who == person:
            visits[TIMES.index(time)] = where
    rooms = [visits[time] for time in sorted(visits)]
    return next((before for before, there in reversed(list(pairwise(rooms))) if there == room), None)
