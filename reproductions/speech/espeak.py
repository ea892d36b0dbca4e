"""Speak texts with eSpeak NG: waveforms, and where each phone begins. Runs as a program of its own.

    python reproductions/speech/espeak.py requests.json spoken.npz

eSpeak's synthesiser keeps a state from one text to the next and across its own initialisation. So a whole list of texts is spoken by a
fresh process, in order, and comes out the same to the bit every time. ``requests.json`` is a list of [voice, words a minute, pitch, text].
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import numpy as np

SYNCHRONOUS, PHONE_EVENTS, DO_NOT_EXIT = 2, 0x0001, 0x8000  # as espeak-ng/speak_lib.h numbers them
END_OF_LIST, PHONE = 0, 7  # of events
RATE, PITCH = 1, 3  # of parameters
CHARACTERS, UTF8 = 1, 1  # what a position counts; how a text is encoded


class _Identifier(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identifier),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Speaker:
    """The library of the package espeakng_loader, initialised once in this process.

    ``rate`` is the number of samples a second.
    """

    def __init__(self) -> None:
        import espeakng_loader  # here, because it is the optional extra ``speech``

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, data, PHONE_EVENTS | DO_NOT_EXIT)
        self._samples: list[np.ndarray] = []
        self._phones: list[tuple[int, str]] = []
        self._callback = _CALLBACK(self._note)  # kept, because the library calls it later
        self._library.espeak_SetSynthCallback(self._callback)

    def _note(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        place = 0
        while events[place].type != END_OF_LIST:
            if events[place].type == PHONE:
                self._phones.append((events[place].sample, events[place].id.string.decode()))
            place += 1
        if count > 0:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def speak(self, voice: str, rate: int, pitch: int, text: str) -> tuple[np.ndarray, list[tuple[int, str]]]:
        """Return the samples (int16) of a text, and its phones with the sample where each begins. Raises ValueError."""
        self._samples, self._phones = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"eSpeak NG has no voice {voice!r}")
        self._library.espeak_SetParameter(RATE, rate, 0)
        self._library.espeak_SetParameter(PITCH, pitch, 0)
        written = text.encode() + b"\0"
        if self._library.espeak_Synth(written, ctypes.c_size_t(len(written)), 0, CHARACTERS, 0, UTF8, None, None):
            raise ValueError(f"eSpeak NG cannot speak {text!r}")
        return np.concatenate(self._samples), self._phones


def main(requests: str, spoken: str) -> None:
    speaker = Speaker()
    found = [speaker.speak(*request) for request in json.loads(Path(requests).read_text(encoding="utf-8"))]
    samples, phones = zip(*found, strict=True)
    np.savez(
        spoken,
        rate=np.array(speaker.rate),
        samples=np.concatenate(samples),
        lengths=np.array([len(one) for one in samples]),
        phones=np.array(json.dumps(phones)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
