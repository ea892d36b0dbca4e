"""Ctrl-C and SIGTERM: both end a run in order, and neither disturbs the ending."""

from __future__ import annotations

import atexit
import signal
import threading
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """The handlers of Ctrl-C and SIGTERM in this process.

    A signal that the process was told to ignore, as by nohup, or that it handles itself, stays as it is.
    """

    def __init__(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()  # no other thread may set what a signal does
        found = {each: signal.getsignal(each) for each in SIGNALS} if in_main else {}
        self._before = {each: did for each, did in found.items() if did in (signal.SIG_DFL, signal.default_int_handler)}

    def heed(self) -> None:
        """Raise KeyboardInterrupt at both signals."""
        self._set(signal.default_int_handler)

    def be_killed(self) -> None:
        """Stop the process at once at both signals; the store is safe from that at any moment."""
        self._set(signal.SIG_DFL)

    def pass_over(self) -> None:
        """Ignore the next signal, and stop the process at once at the one after it."""
        self._set(_once)

    def come_down(self) -> None:
        """Pass over the next signal until the process exits, and ignore both while it does."""
        self.pass_over()
        atexit.register(self._set, signal.SIG_IGN)  # Python gives its own handlers up while it exits, and the default kills

    def give_back(self) -> None:
        """Give both signals the handlers that they had before this object was made."""
        for each, did in self._before.items():
            signal.signal(each, did)

    def _set(self, handler: Any) -> None:
        for each in self._before:
            signal.signal(each, handler)


def _once(number: int, frame: FrameType | None) -> None:
    # an ending may hang, in a fixture of somebody else
    signal.signal(number, signal.SIG_DFL)
