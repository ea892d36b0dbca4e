"""The state of an interrupted trial on disk: checksummed, written atomically, set aside when damaged."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

from reproductions.store.files import content_of, set_aside, write_atomically

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
        """Replace the state on disk.

        Raises StoreError when the state cannot be written; the previous state then stays.
        """
        import torch  # here, as everywhere outside the numerics: the store and its commands work without loading torch

        buffer = io.BytesIO()
        torch.save(state, buffer)
        content = buffer.getvalue()
        write_atomically(self.path, HEADER + hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def load(self) -> dict[str, Any] | None:
        """Return the latest state, tensors on the CPU.

        Returns None when there is no state, or when it was damaged and has been set aside.
        """
        content = self.content()
        if content is None:
            return None
        import torch

        try:
            return _state(content)
        except (pickle.UnpicklingError, RuntimeError) as error:
            return self._refuse(f"cannot be read by torch {torch.__version__} ({' '.join(str(error).split())[:100]})")

    def content(self) -> bytes | None:
        """Return the bytes of the latest state, checked against their checksum.

        Returns None when there is no state, or when a damaged one was set aside.
        """
        content, problem = self._checked()
        return self._refuse(problem) if problem else content

    def position(self) -> int | None:
        """Return the update that the latest state has reached.

        Returns None where there is no state or a damaged one. The file is left as it is, because another process may be writing the next
        state.
        """
        content, problem = self._checked()
        if content is None or problem:
            return None
        try:
            update = _state(content).get("update")
        except (pickle.UnpicklingError, RuntimeError):
            return None
        return update if isinstance(update, int) else None

    def copy_to(self, path: Path) -> None:
        """Write the latest state to another file. Raises StoreError."""
        write_atomically(path, self.path.read_bytes())

    def remove(self) -> None:
        """Delete the state of a trial that is finished."""
        self.path.unlink(missing_ok=True)

    def _checked(self) -> tuple[bytes | None, str]:
        """Return the bytes of the latest state, None without one, and what is wrong with them.

        Raises StoredFileError.
        """
        try:
            data, problem = content_of(self.path)
        except FileNotFoundError:
            return None, ""
        if problem:
            return data, problem
        header, checksum, content = data[: len(HEADER)], data[len(HEADER) : len(HEADER) + 64], data[len(HEADER) + 65 :]
        if header != HEADER:
            return content, "is no checkpoint of this version"
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            return content, "is truncated or damaged: it does not match its checksum"
        return content, ""

    def _refuse(self, problem: str) -> None:
        try:
            moved = set_aside(self.path, problem, self._set_aside_folder)
        except FileNotFoundError:  # another process has just set it aside
            return
        self.reports.append(f"{self.path} {problem}; it was set aside as {moved} and its trial starts from the beginning")


def _state(content: bytes) -> dict[str, Any]:
    import torch

    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
