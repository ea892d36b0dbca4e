"""TIMIT, for those who have a licence: utterances with their marked phones, folded from 61 to 39.

The corpus is read as the LDC distributes it (LDC93S1): folders TRAIN and TEST, a region, a speaker, and of each sentence a waveform and its
phones, names in upper or lower case. The free sample of NLTK is read too: speakers without TRAIN and TEST, of which every fourth tests.
"""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproductions import data_files
from reproductions.data_files import DataError
from reproductions.speech.utterance import Utterance

FOLDER = "timit"
LICENCE = "TIMIT is licensed (LDC93S1, https://catalog.ldc.upenn.edu/LDC93S1): name the folder that holds `timit` in RIN_CLAIMS_DATA"
DIALECT_SENTENCES = "sa"  # every speaker says these two, so they are left out
# The core test set: of each of the eight regions two men and a woman (TIMIT's testset.doc).
CORE_TEST = (
    *("mdab0", "mwbt0", "felc0", "mtas1", "mwew0", "fpas0", "mjmp0", "mlnt0", "fpkt0", "mlll0", "mtls0", "fjlm0"),
    *("mbpm0", "mklt0", "fnlp0", "mcmj0", "mjdh0", "fmgd0", "mgrt0", "mnjm0", "fdhc0", "mjln0", "mpam0", "fmld0"),
)
SAMPLE_TEST = 4  # of the sample's speakers, every fourth
SILENCE = "sil"
# Lee and Hon (1989): what the 61 phones become; the others stay, and the glottal stop q is not scored.
FOLDED: dict[str, str | None] = {
    "ao": "aa",
    "ax": "ah",
    "ax-h": "ah",
    "axr": "er",
    "hv": "hh",
    "ix": "ih",
    "el": "l",
    "em": "m",
    "en": "n",
    "nx": "n",
    "eng": "ng",
    "zh": "sh",
    "ux": "uw",
    "q": None,
    **dict.fromkeys(("pcl", "tcl", "kcl", "bcl", "dcl", "gcl", "h#", "pau", "epi"), SILENCE),
}
KEPT = (
    *("aa", "ae", "ah", "aw", "ay", "b", "ch", "d", "dh", "dx", "eh", "er", "ey", "f", "g", "hh", "ih", "iy", "jh", "k"),
    *("l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z", SILENCE),
)  # the 39 phones

SPHERE, RIFF = b"NIST_1A\n", b"RIFF"


def corpus() -> tuple[list[Utterance], list[Utterance]]:
    """Read the training utterances and the core test utterances, in the order of their names. Raises DataError."""
    root = folder()
    if root is None:
        raise DataError(f"the corpus is missing; {LICENCE}")
    splits = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    if {"train", "test"} <= splits.keys():
        train, test = (list(_sentences(splits[name])) for name in ("train", "test"))
        test = [path for path in test if path.parent.name.lower() in CORE_TEST]
    else:
        every = list(_sentences(root))
        speakers = sorted({_speaker(path) for path in every})
        tested = set(speakers[SAMPLE_TEST - 1 :: SAMPLE_TEST])
        train, test = ([path for path in every if (_speaker(path) in tested) == is_test] for is_test in (False, True))
    if not train or not test:
        raise DataError(f"{root} has no {'training' if not train else 'core test'} sentences with a waveform and a .PHN; {LICENCE}")
    return [_utterance(path) for path in train], [_utterance(path) for path in test]


def folder() -> Path | None:
    """Find the folder that holds TRAIN and TEST, or the sample.

    Returns None if there is none. Raises DataError if RIN_CLAIMS_DATA is wrong.
    """
    for place in data_files.folders():
        for above in (place, place / FOLDER, place / FOLDER.upper()):
            for root in (above / FOLDER, above / FOLDER.upper()):
                if root.is_dir() and next(_sentences(root), None):
                    return _with_splits(root)
    return None


def _with_splits(root: Path) -> Path:
    """Return the folder inside ``root`` that has TRAIN and TEST, if one has."""
    inside = (root, *(path for path in sorted(root.iterdir()) if path.is_dir()))
    return next((path for path in inside if {"train", "test"} <= {name.lower() for name in os.listdir(path)}), root)


def _sentences(root: Path) -> Iterator[Path]:
    """Yield the .PHN files below ``root`` that have a waveform, without the dialect sentences."""
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() == ".phn" and not path.name.lower().startswith(DIALECT_SENTENCES) and _waveform(path):
            yield path


def _waveform(phones: Path) -> Path | None:
    return next((path for suffix in (".WAV", ".wav") if (path := phones.with_suffix(suffix)).is_file()), None)


def _speaker(phones: Path) -> str:
    """Name who speaks: the LDC's folder mdab0, or the sample's dr1-mdab0."""
    return phones.parent.name.lower().rpartition("-")[2]


def _utterance(phones: Path) -> Utterance:
    waveform = _waveform(phones)
    assert waveform is not None  # _sentences looked
    rate, samples = read_waveform(waveform.read_bytes(), str(waveform))
    starts, names = read_phones(phones.read_text(encoding="ascii", errors="replace"), str(phones))
    return Utterance(_speaker(phones), samples, rate, starts, names)


# --- Formats ---


def read_phones(text: str, name: str) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    """Read a .PHN file: on each line the first sample of a phone, the sample after it, and the phone.

    Returns the first samples and the folded phones. Raises DataError.
    """
    starts: list[int] = []
    phones: list[str | None] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if len(fields) != 3 or not (fields[0].isdecimal() and fields[1].isdecimal()):
            raise DataError(f"{name}, line {number}: a line reads '<first sample> <end> <phone>', not {line[:60]!r}")
        phone = FOLDED.get(fields[2].lower(), fields[2].lower())
        if phone is not None and phone not in KEPT:
            raise DataError(f"{name}, line {number}: {fields[2][:20]!r} is none of TIMIT's 61 phones")
        if starts and int(fields[0]) < starts[-1]:
            raise DataError(f"{name}, line {number}: the phone begins before the one above it")
        starts.append(int(fields[0]))
        phones.append(phone)
    if not starts:
        raise DataError(f"{name} is empty; TIMIT's .PHN files are not")
    return tuple(starts), tuple(phones)


def read_waveform(content: bytes, name: str) -> tuple[int, NDArray[np.int16]]:
    """Read 16-bit samples of one channel, with their rate, from a NIST SPHERE or a RIFF file. Raises DataError."""
    if content.startswith(SPHERE):
        return _sphere(content, name)
    if content.startswith(RIFF):
        return _riff(content, name)
    raise DataError(f"{name} is neither a NIST SPHERE nor a RIFF waveform; replace it")


def _sphere(content: bytes, name: str) -> tuple[int, NDArray[np.int16]]:
    """Read NIST SPHERE: a header of lines ``name -type value``, then the samples.

    The second line says how long the header is.
    """
    try:
        length = int(content[len(SPHERE) : len(SPHERE) + 8])
        lines = content[len(SPHERE) + 8 : length].decode("ascii").partition("end_head")[0].splitlines()
        header = {fields[0]: fields[2] for line in lines if len(fields := line.split(maxsplit=2)) == 3}
        rate, count = int(header["sample_rate"]), int(header["sample_count"])
    except (ValueError, KeyError) as error:
        raise DataError(f"{name} has a damaged NIST SPHERE header ({error}); replace it") from None
    layout = (header.get("channel_count", "1"), header.get("sample_n_bytes", "2"), header.get("sample_coding", "pcm"))
    if layout != ("1", "2", "pcm"):
        found = f"{layout[0]} channels of {layout[1]} bytes, coded {layout[2]}"
        raise DataError(f"{name} has {found}; TIMIT's are one of 2 bytes, coded pcm: unpack it with `w_decode -o pcm`")
    order = ">i2" if header.get("sample_byte_format") == "10" else "<i2"
    samples = np.frombuffer(content, dtype=order, count=min(count, (len(content) - length) // 2), offset=length)
    if len(samples) < count:
        raise DataError(f"{name} announces {count} samples and holds {len(samples)}; replace it")
    return rate, samples.astype(np.int16)


def _riff(content: bytes, name: str) -> tuple[int, NDArray[np.int16]]:
    try:
        with wave.open(io.BytesIO(content)) as stream:
            layout, rate = (stream.getnchannels(), stream.getsampwidth()), stream.getframerate()
            samples = np.frombuffer(stream.readframes(stream.getnframes()), dtype="<i2") if layout == (1, 2) else None
    except (wave.Error, EOFError) as error:
        raise DataError(f"{name} is a damaged RIFF waveform ({error}); replace it") from None
    if samples is None:
        raise DataError(f"{name} has {layout[0]} channels of {layout[1]} bytes; TIMIT's are one of 2 bytes")
    return rate, samples.astype(np.int16)
