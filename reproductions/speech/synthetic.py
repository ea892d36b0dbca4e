"""Speech synthesised by eSpeak NG: real waveforms, synthetic voices, exact phones.

Variants of one American English voice are the speakers, other ones for training, pilots and test. Each utterance has a rate, a pitch and a
share of white noise of its own. What is said is a sentence of a simulated bAbI story or of WikiText-2. The corpus is the same for every
seed, as TIMIT is.
"""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.seeding import numpy_generator
from reproductions.speech import espeak
from reproductions.speech.utterance import Utterance

VOICE = "en-us"
# The variants that whisper or breathe: their noise is another one in every process.
UNSTEADY = ("Alicia", "Demonic", "f2", "f3", "f5", "sandro", "victor", "whisper", "whisperf")
OTHERS = 10  # speakers of the pilots, and as many of the test; all others train
RATES, PITCHES = (140, 211), (30, 71)  # words a minute, and eSpeak's own scale; the end is left out
LOUDNESS_OVER_NOISE = (5.0, 20.0)  # dB
PAUSE = "_"
STRESS = "',%="  # marks in front of a phone
WORDS = (4, 10)  # of a sentence
STORY_TASKS = (1, 2, 3, 14)  # bAbI tasks with long sentences
ENGINE = "espeakng_loader"  # the package of the synthesiser
INSTALL = "`pip install 'rin-claims[speech]'`"
MISSING = f"the speech synthesiser {ENGINE} is not installed; {INSTALL} brings it"

Request = tuple[str, int, int, str]  # voice, words a minute, pitch, text


@functools.lru_cache(maxsize=8)  # the trials of a process share the utterances and their features
def corpus(split: str, size: int, texts: bool) -> tuple[Utterance, ...]:
    """Make ``size`` utterances of the split "train", "validation" or "test".

    With ``texts`` every other sentence is of WikiText-2, otherwise all are of bAbI stories. Raises DataError.
    """
    rng = numpy_generator("synthetic speech", split, size, int(texts))
    speakers = speakers_of(split)
    said = sentences(split, size, texts)
    drawn = [(speakers[number % len(speakers)], int(rng.integers(*RATES)), int(rng.integers(*PITCHES))) for number in range(size)]
    requests = tuple((f"{VOICE}+{speaker}", rate, pitch, text) for (speaker, rate, pitch), text in zip(drawn, said, strict=True))
    rate, spoken = _spoken(requests)
    return tuple(
        Utterance(speaker, _noisy(samples, rng), rate, tuple(start for start, _ in phones), tuple(_phone(name) for _, name in phones))
        for (speaker, _, _), (samples, phones) in zip(drawn, spoken, strict=True)
    )


def speakers_of(split: str) -> list[str]:
    """Return the speakers of a split, in a fixed random order. Raises DataError."""
    _required()
    folder = importlib.resources.files(ENGINE).joinpath("espeak-ng-data/voices/!v")
    steady = sorted(variant.name for variant in folder.iterdir() if variant.name not in UNSTEADY)
    order = [steady[place] for place in numpy_generator("synthetic speakers").permutation(len(steady))]
    parts = {"train": order[2 * OTHERS :], "validation": order[:OTHERS], "test": order[OTHERS : 2 * OTHERS]}
    return parts[split]


def sentences(split: str, size: int, texts: bool) -> list[str]:
    """Return ``size`` sentences of a split. Raises DataError."""
    stories = [sentence for task in STORY_TASKS for sentence in _of_stories(task, split, size)]
    rng = numpy_generator("synthetic sentences", split, size, int(texts))
    chosen = [stories[place] for place in rng.permutation(len(stories))[:size]]
    if not texts:
        return chosen
    read = _of_text(datasets.wikitext_test() if split == "test" else datasets.wikitext_valid())
    halves = {"train": read[: len(read) // 2], "validation": read[len(read) // 2 :], "test": read}
    own = [halves[split][place] for place in rng.permutation(len(halves[split]))]
    return [own[number // 2 % len(own)] if number % 2 else sentence for number, sentence in enumerate(chosen)]


def _of_stories(task: int, split: str, size: int) -> list[str]:
    from reproductions.tasks.babi_simulator import simulate  # here, because the package of the tasks brings in torch

    text = simulate(task, size, numpy_generator("synthetic stories", task, split, size))
    lines = (line.partition("\t")[0].partition(" ")[2].strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def _of_text(text: str) -> list[str]:
    """Return the sentences of plain words in a text, each once."""
    found = (sentence.replace(" ,", ",") for sentence in re.findall(r"(?<= \. )([A-Z][a-z]*(?:(?: ,)? [A-Za-z]+)+) \.", text))
    return list(dict.fromkeys(sentence for sentence in found if WORDS[0] <= len(sentence.split()) <= WORDS[1]))


def _phone(name: str) -> str:
    """Fold a phone of eSpeak: stress does not count, and every pause is one."""
    bare = name.lstrip(STRESS)
    return PAUSE if not bare or bare.startswith(PAUSE) else bare


def _noisy(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add white noise to a waveform, LOUDNESS_OVER_NOISE below it."""
    loud = np.sqrt(np.mean(samples.astype(np.float64) ** 2))
    noise = rng.standard_normal(len(samples)) * loud / 10 ** (rng.uniform(*LOUDNESS_OVER_NOISE) / 20)
    return np.clip(np.round(samples + noise), -32_768, 32_767).astype(np.int16)


def _required() -> None:
    if importlib.util.find_spec(ENGINE) is None:
        raise DataError(MISSING)


def _spoken(requests: Sequence[Request]) -> tuple[int, list[tuple[np.ndarray, list[tuple[int, str]]]]]:
    """Return the rate, and samples and phones of each of ``requests``, spoken by a fresh process. Raises DataError."""
    _required()
    with tempfile.TemporaryDirectory() as folder:
        asked, made = Path(folder) / "requests.json", Path(folder) / "spoken.npz"
        asked.write_text(json.dumps(requests), encoding="utf-8")
        done = subprocess.run([sys.executable, str(espeak.__file__), str(asked), str(made)], capture_output=True, text=True, check=False)
        if done.returncode:
            cause = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise DataError(f"eSpeak NG did not speak ({cause}); reinstall it by {INSTALL}")
        with np.load(made) as content:
            ends = np.cumsum(content["lengths"])[:-1]
            waves = np.split(content["samples"], ends)
            phones = [[(start, name) for start, name in one] for one in json.loads(str(content["phones"]))]
            return int(content["rate"]), list(zip(waves, phones, strict=True))
