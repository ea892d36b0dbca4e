"""Ctrl-C and SIGTERM: both end a run in order, and neither disturbs the ending."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """What this process does on Ctrl-C and SIGTERM.

    A signal that the process was told to ignore, as by nohup, or that it handles itself, stays as it is.
    """

    def __init__(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()  # no other thread may set what a signal does
        found = {each: signal.getsignal(each) for each in SIGNALS} if in_main else {}
        self._before = {each: did for each, did in found.items() if did in (signal.SIG_DFL, signal.default_int_handler)}

    def heed(self) -> None:
        """Have both signals raise KeyboardInterrupt."""
        self._set(signal.default_int_handler)

    def be_killed(self) -> None:
        """Have both signals end the process at once; the store is safe from that at any moment."""
        self._set(signal.SIG_DFL)

    def pass_over(self) -> None:
        """Have the next signal do nothing, and the one after it end the process at once."""
        self._set(_once)

    def give_back(self) -> None:
        """Have both signals do what they did before this object was made."""
        for each, did in self._before.items():
            signal.signal(each, did)

    def _set(self, handler: Any) -> None:
        for each in self._before:
            signal.signal(each, handler)


def _once(number: int, frame: FrameType | None) -> None:
    # an ending may hang, in a fixture of somebody else
    signal.signal(number, signal.SIG_DFL)
