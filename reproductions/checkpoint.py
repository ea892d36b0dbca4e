"""The state of an interrupted trial on disk: checksummed, written atomically, set aside when damaged."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

from reproductions.store import REMEDY, StoreError, set_aside, write_atomically

HEADER = b"rin-claims checkpoint 1\n"  # the number is the version of the layout: header, SHA-256 of the rest, torch.save bytes


class CheckpointFile:
    """One file that holds the latest state of one trial.

    A state is a dict of tensors, numbers, text, lists, tuples and dicts: what ``torch.load(weights_only=True)`` reads, so that a
    checkpoint from a shared folder cannot run code. ``reports`` collects one line for every damaged file found.
    """

    def __init__(self, path: Path | str, set_aside_folder: Path | None = None) -> None:
        self.path = Path(path)
        self.reports: list[str] = []
        self._set_aside_folder = set_aside_folder or self.path.parent / "set-aside"

    def save(self, state: dict[str, Any]) -> None:
        """Replaces the state on disk. Raises StoreError when it cannot be written; the previous state then stays."""
        import torch  # here, as everywhere outside the numerics: the store and its commands work without loading torch

        buffer = io.BytesIO()
        torch.save(state, buffer)
        content = buffer.getvalue()
        write_atomically(self.path, HEADER + hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def load(self) -> dict[str, Any] | None:
        """The latest state, tensors on the CPU; None when there is none, or when it was damaged and has been set aside."""
        import torch

        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read ({error.strerror or error}); mend its permissions or {REMEDY}") from error
        header, checksum, content = data[: len(HEADER)], data[len(HEADER) : len(HEADER) + 64], data[len(HEADER) + 65 :]
        if header != HEADER:
            return self._refuse("is no checkpoint of this version")
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            return self._refuse("is truncated or damaged: it does not match its checksum")
        try:
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError) as error:
            return self._refuse(f"cannot be read by torch {torch.__version__} ({' '.join(str(error).split())[:100]})")

    def remove(self) -> None:
        """Deletes the state of a trial that is finished."""
        self.path.unlink(missing_ok=True)

    def _refuse(self, problem: str) -> None:
        moved = set_aside(self.path, problem, self._set_aside_folder)
        self.reports.append(f"{self.path} {problem}; it was set aside as {moved} and its trial starts from the beginning")
