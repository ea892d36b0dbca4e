"""Files of a store: read without trust, replaced in one step, set aside instead of deleted."""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from pathlib import Path

REMEDY = "name another folder with --claims-store=DIR or RIN_CLAIMS_STORE"


class StoreError(ValueError):
    """A store that cannot be read or written; the message names the folder or file and the remedy."""


class StoredFileError(StoreError):
    """One file of a store that cannot be read, moved or removed; the others may be sound."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file as ``replace_file`` does. Raises StoreError."""
    try:
        replace_file(path, content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror or error}); make room or {REMEDY}") from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that after any crash either the old or the new content is there.

    Raises OSError.
    """
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")  # not mkstemp, whose files the rest of a lab could not read
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def keep_newest(path: Path, content: bytes, most: int) -> None:
    """Write a file into a folder that holds at most ``most`` of its kind; the oldest of more are removed.

    Raises OSError.
    """
    path.parent.mkdir(exist_ok=True)
    for oldest in sorted(path.parent.glob(f"*{path.suffix}"), key=lambda file: file.stat().st_mtime)[: 1 - most]:
        oldest.unlink(missing_ok=True)
    replace_file(path, content)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename itself is journalled
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def content_of(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a file and "", or no bytes and why it cannot be read.

    Raises FileNotFoundError where there is nothing, StoredFileError where the system does not let us read it.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.read_bytes(), ""
        return b"", "is a folder" if stat.S_ISDIR(mode) else "is no regular file"  # to read a named pipe would take for ever
    except FileNotFoundError:
        if path.is_symlink():
            return b"", "is a link to nowhere"
        raise
    except OSError as error:
        raise StoredFileError(f"{path} cannot be read ({error.strerror or error}); mend its permissions or {REMEDY}") from error


def set_aside(path: Path, reason: str, folder: Path) -> Path:
    """Move a file that cannot be trusted into ``folder``, and return its new path.

    A ``.reason`` file is written beside it. Nothing is overwritten. Raises FileNotFoundError where another process has moved the file,
    StoredFileError where it cannot be moved.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while os.path.lexists(target := folder / f"{path.name}.{number}"):
            number += 1
        os.replace(path, target)
        target.with_name(target.name + ".reason").write_text(f"{path.name} {reason}\n", encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoredFileError(
            f"{path} {reason} and cannot be set aside in {folder} ({error.strerror or error}); mend the permissions or {REMEDY}"
        ) from error
    return target
