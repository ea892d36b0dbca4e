"""A terminal that lacks a character is shown what reads the same."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from claims import encodings
from claims.report.words import SYMBOLS


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("✓ 3 × 4 ± 1 … α\n", "ascii", "v 3 x 4 +- 1 ... alpha\n"),
        ("✓ 3 × 4 ± 1 … α\n", "latin-1", "v 3 × 4 ± 1 ... alpha\n"),
        ("✓ 3 × 4 ± 1 … α\n", "cp1252", "v 3 × 4 ± 1 … alpha\n"),
        ("✓ 3 × 4 ± 1 … α\n", "utf-8", "✓ 3 × 4 ± 1 … α\n"),
        ("Gödel’s “Ω”, −∞ ≤ x\n", "ascii", 'Godel\'s "Omega", -inf <= x\n'),
        ("東\udc80\n", "ascii", "\\u6771\\udc80\n"),
    ],
)
def test_what_the_encoding_has_stays_and_the_rest_reads_the_same(text: str, encoding: str, shown: str) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    encodings.make_readable(terminal)
    terminal.write(text)
    terminal.seek(0)
    assert terminal.read() == shown


def test_the_symbols_of_the_verdicts_stay_different() -> None:
    shown = [encodings.stand_in(symbol) if not symbol.isascii() else symbol for symbol in SYMBOLS.values()]
    assert len(set(shown)) == len(shown)
    assert all(len(symbol) == 1 for symbol in shown)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii"])
def test_a_command_prints_no_escapes(encoding: str) -> None:
    command = [sys.executable, "-m", "claims.cli", "show", "rin-2018/adding/rin-faster-than-irnn/T400"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert b"\\" not in done.stdout
    assert len(done.stdout.decode(encoding).splitlines()) > 5
