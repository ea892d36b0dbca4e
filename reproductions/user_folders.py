"""The folders of this project in the user's home: a cache, which may be lost, and data, which may not."""

from __future__ import annotations

from pathlib import Path

import platformdirs


class NoHomeError(ValueError):
    """There is no home folder, so nothing can be kept there; the one-line message says what to set."""


def cache() -> Path:
    """Return the project's cache folder, which need not exist. Raises NoHomeError."""
    try:
        return _absolute(platformdirs.user_cache_path("rin-claims"))
    except RuntimeError as error:
        raise NoHomeError("there is no home folder for a cache; set HOME or XDG_CACHE_HOME") from error


def data() -> Path:
    """Return the project's data folder, which need not exist. Raises NoHomeError."""
    try:
        return _absolute(platformdirs.user_data_path("rin-claims"))
    except RuntimeError as error:
        raise NoHomeError("there is no home folder for the store; set HOME or XDG_DATA_HOME") from error


def _absolute(path: Path) -> Path:
    """Return ``path`` if it is absolute.

    Raises RuntimeError for a path in ``~``.
    """
    if not path.is_absolute():
        # Older versions of platformdirs return a path in ``~`` where newer ones raise RuntimeError themselves.
        raise RuntimeError(f"{path} is in no home folder")
    return path
