"""A miniature TIMIT, written byte by byte: the LDC's folders, NIST SPHERE headers and .PHN files."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

RATE = 16_000
SENTENCES = ("SX1", "SX2", "SI3", "SA1")
PHONES = ("h#", "sh", "ix", "hv", "eh", "dcl", "jh", "q", "ih", "h#")  # ten in a sentence, 1,600 samples each


def sphere(samples: np.ndarray, order: str = "01", **header: object) -> bytes:
    """A waveform with the header of NIST SPHERE 2.6, 1,024 bytes long."""
    known = {"channel_count": 1, "sample_count": len(samples), "sample_rate": RATE, "sample_n_bytes": 2, "sample_coding": "pcm"} | header
    lines = [f"{name} -{'s' + str(len(value)) if isinstance(value, str) else 'i'} {value}" for name, value in known.items()]
    text = "\n".join(["NIST_1A", "   1024", *lines, f"sample_byte_format -s2 {order}", "end_head", ""])
    return text.encode().ljust(1024) + samples.astype("<i2" if order == "01" else ">i2").tobytes()


def riff(samples: np.ndarray, channels: int = 1) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return stream.getvalue()


def spoken(seed: int) -> np.ndarray:
    """Ten stretches of noise, each as loud as its phone: a sentence whose phones can be heard."""
    rng = np.random.default_rng(seed)
    return np.concatenate([np.round(rng.standard_normal(1_600) * (30 + 40 * place)) for place in range(len(PHONES))]).astype(np.int16)


def phn() -> str:
    return "".join(f"{1_600 * place} {1_600 * (place + 1)} {phone}\n" for place, phone in enumerate(PHONES))


def miniature_timit(folder: Path, lower: bool = False, wav: str = "sphere") -> Path:
    """Two training speakers, one of the core test set and one of the test set alone, with three sentences and a dialect sentence each."""
    speakers = {"TRAIN/DR1/FCJF0": 0, "TRAIN/DR2/MABC0": 10, "TEST/DR1/MDAB0": 20, "TEST/DR1/FXYZ0": 30}
    for path, seed in speakers.items():
        for number, sentence in enumerate(SENTENCES):
            name = f"{path}/{sentence}"
            place = folder / "timit" / (name.lower() if lower else name)
            place.parent.mkdir(parents=True, exist_ok=True)
            samples = spoken(seed + number)
            place.with_suffix(".wav" if lower else ".WAV").write_bytes(sphere(samples) if wav == "sphere" else riff(samples))
            place.with_suffix(".phn" if lower else ".PHN").write_text(phn())
    return folder / "timit"
