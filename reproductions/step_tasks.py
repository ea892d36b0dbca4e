"""The tasks with a target at every step, as data: the next word, and the phone of a frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from reproductions.recipes import GENERATED, RecipeError, Task, _interim, _one_of, _positive

# The sources of a task's data: in a report's words, and how to get it.
WIKITEXT = "WikiText-2: `rin-claims data fetch wikitext-2`"
TEXT_SOURCES = {
    "stories": ("simulated bAbI stories", GENERATED),
    "wikitext-2": ("WikiText-2, the benchmark's training and test text", WIKITEXT),
    "wikitext-2-validation": ("WikiText-2, the benchmark's training and validation text", WIKITEXT),
    "wikitext-2-small": ("WikiText-2, trained on its validation text (not the benchmark's split) and tested on its test text", WIKITEXT),
    "wikitext-2-small-validation": ("WikiText-2, trained on and tested on two parts of its validation text", WIKITEXT),
}
TIMIT = "TIMIT (LDC93S1, licensed) in the folder timit of RIN_CLAIMS_DATA"
ESPEAK = "the extra speech: `pip install 'rin-claims[speech]'`"
SPEECH_SOURCES = {
    "espeak": ("speech synthesised by eSpeak NG", f"{ESPEAK}; {WIKITEXT}"),
    "espeak-validation": ("speech synthesised by eSpeak NG, tested on speakers for pilots alone", f"{ESPEAK}; {WIKITEXT}"),
    "espeak-stories": ("speech synthesised by eSpeak NG, of bAbI stories alone", ESPEAK),
    "timit": ("TIMIT", TIMIT),
}


@dataclass(frozen=True)
class Language(Task):
    """Next-word prediction (IRNN paper section 2.3, on the One Billion Word benchmark), in windows of ``length`` words.

    The words before a window are its context, ``length`` of them: the state in which the window begins. ``source`` names what trains and
    what tests, one of TEXT_SOURCES. The ``vocabulary`` most frequent words of the training windows are kept. With ``cutoffs`` the read-out
    is an adaptive softmax whose clusters end at these ranks. ``interim_test_size`` is as in PixelMnist.
    """

    problem = "reproductions.tasks.language:LanguageProblem"
    embeds_words = True
    source: str
    vocabulary: int
    length: int
    train_size: int
    test_size: int
    interim_test_size: int | None = None
    cutoffs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _one_of("text", self.source, tuple(TEXT_SOURCES))
        if self.vocabulary < 2:
            raise RecipeError(f"a vocabulary has at least 2 words, not {self.vocabulary}")
        for name in ("length", "train_size", "test_size"):
            _positive(name, getattr(self, name))
        _interim(self.interim_test_size, self.test_size)
        if list(self.cutoffs) != sorted({*self.cutoffs} - {0}) or max(self.cutoffs, default=0) >= self.vocabulary:
            raise RecipeError(f"the cutoffs of a softmax rise and lie below the {self.vocabulary} words, unlike {self.cutoffs!r}")

    @property
    def label(self) -> str:
        return f"language {self.source}"

    @property
    def steps(self) -> int:
        return 2 * self.length

    @property
    def needs(self) -> str:
        return TEXT_SOURCES[self.source][1]

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        task = tasks[0]
        return f"next word of {TEXT_SOURCES[task.source][0]}, {task.vocabulary:,} words, windows of {task.length}"

    def shortened(self, batch: int) -> Task:
        sizes = {"train_size": 2 * batch, "test_size": batch, "interim_test_size": None}
        return dataclasses.replace(self, source="stories", **sizes)


@dataclass(frozen=True)
class Speech(Task):
    """Frame-wise phone recognition (IRNN paper section 2.4, on TIMIT): the phone of each of an utterance's first ``frames`` frames.

    ``source`` is one of SPEECH_SOURCES. ``train_size`` and ``test_size`` are utterances, of different speakers.
    """

    problem = "reproductions.tasks.speech:SpeechProblem"
    source: str
    frames: int
    train_size: int
    test_size: int

    def __post_init__(self) -> None:
        _one_of("speech", self.source, tuple(SPEECH_SOURCES))
        for name in ("frames", "train_size", "test_size"):
            _positive(name, getattr(self, name))

    @property
    def label(self) -> str:
        return f"speech {self.source}"

    @property
    def steps(self) -> int:
        return self.frames

    @property
    def needs(self) -> str:
        return SPEECH_SOURCES[self.source][1]

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        return f"phones of {SPEECH_SOURCES[tasks[0].source][0]}, up to {tasks[0].frames} frames"

    def shortened(self, batch: int) -> Task:
        source = self.source if self.source == "timit" else "espeak-stories"
        return dataclasses.replace(self, source=source, train_size=2 * batch, test_size=batch)
