"""Faults of the tasks with a target at every step: the next word, and the phone of every frame."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import torch

from reproductions.faults.fault import Fault
from reproductions.speech import synthetic, utterance
from reproductions.tasks import language, speech


class _TestWords:
    """The words of the test text that was read last, to make the vocabulary from."""

    words: tuple[str, ...] = ()

    def sources(self, original: Any) -> Any:
        return {name: self._noted(source) for name, source in original.items()}

    def _noted(self, source: Any) -> Any:
        def replacement(task: Any, seed: int) -> Any:
            training, test = source(task, seed)
            self.words = tuple(test)
            return training, test

        return replacement

    def vocabulary(self, original: Any) -> Any:
        return lambda words, size: original(self.words, size)


def _without_context(split: Any) -> Any:
    def replacement(self: Any, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = split(self, rows)
        inputs[: self.length] = language.UNKNOWN
        return inputs, targets

    return replacement


def _one_frame_late(frame_phones: Any) -> Any:
    def replacement(self: Any) -> Any:
        phones = frame_phones(self)
        return [*phones[:1], *phones[:-1]]

    return replacement


def _test_speakers_train(sources: Any) -> Any:
    def shared(source: Any) -> Any:
        def replacement(task: Any) -> Any:
            train, test = source(dataclasses.replace(task, test_size=2 * task.test_size))
            return (*test[task.test_size :], *train), test[: task.test_size]

        return replacement

    return {name: shared(source) for name, source in sources.items()}


def _half_of_the_text(evaluate: Any) -> Any:
    return lambda self, model, windows: evaluate(self, model, windows[: len(windows) // 2])


def _half_of_the_speech(evaluate: Any) -> Any:
    def replacement(self: Any, model: Any) -> Any:
        half = copy.copy(self)
        half._test = tuple(part[: len(part) // 2] for part in self._test)
        return evaluate(half, model)

    return replacement


_TEST_WORDS = _TestWords()

STEP_FAULTS = (
    Fault(
        "vocabulary-of-test-text",
        "the words of a language model are the frequent words of the test text",
        ((language, "SOURCES", _TEST_WORDS.sources), (language, "vocabulary", _TEST_WORDS.vocabulary)),
    ),
    Fault(
        "state-not-carried-on",
        "every window of a text begins without the words before it",
        ((language.LanguageProblem, "_split", _without_context),),
    ),
    Fault(
        "half-of-text-scored",
        "the perplexity is that of the first half of the test windows",
        ((language.LanguageProblem, "_evaluated", _half_of_the_text),),
    ),
    Fault(
        "labels-one-frame-late",
        "every frame of speech has the label of the frame before it",
        ((utterance.Utterance, "frame_phones", _one_frame_late),),
        needs=synthetic.ENGINE,
    ),
    Fault(
        "test-speakers-in-training",
        "other sentences of the test speakers are among the training utterances",
        ((speech, "SOURCES", _test_speakers_train),),
        needs=synthetic.ENGINE,
    ),
    Fault(
        "half-of-speech-scored",
        "the frame error rate is that of the first half of the test utterances",
        ((speech.SpeechProblem, "evaluate", _half_of_the_speech),),
        needs=synthetic.ENGINE,
    ),
)
