"""Ctrl-C and SIGTERM: one ends a run, a second leaves the ending alone, a third kills; what others set stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from claims.run.interrupts import SIGNALS, Interrupts

pytestmark = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """The handlers of an ordinary process, and afterwards those of this one."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for each, did in before.items():
        signal.signal(each, did)


def test_a_signal_that_is_heeded_interrupts(number: signal.Signals) -> None:
    Interrupts().heed()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_an_ending_passes_over_one_signal_and_is_killed_by_the_next(number: signal.Signals) -> None:
    Interrupts().pass_over()
    signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_no_signal_kills_a_process_that_comes_down(number: signal.Signals) -> None:
    send = f"[os.kill(os.getpid(), {int(number)}) for _ in range(3)]"  # at exit, after what the process registers later
    code = f"import atexit, os; from claims.run.interrupts import Interrupts; atexit.register(lambda: {send}); Interrupts().come_down()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_a_signal_did_before_is_given_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    interrupts = Interrupts()
    for state in (interrupts.heed, interrupts.pass_over, interrupts.be_killed):
        state()
    interrupts.give_back()
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("own", [signal.SIG_IGN, lambda number, frame: None], ids=["ignored", "handled"])
def test_a_signal_that_is_ignored_or_handled_stays_so(number: signal.Signals, own: signal.Handlers) -> None:
    signal.signal(number, own)
    interrupts = Interrupts()
    for state in (interrupts.heed, interrupts.pass_over, interrupts.be_killed, interrupts.give_back):
        state()
        assert signal.getsignal(number) is own


def test_a_run_in_another_thread_leaves_signals_alone(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    thread = threading.Thread(target=lambda: Interrupts().heed())
    thread.start()
    thread.join()
    assert signal.getsignal(number) is before
