"""Matplotlib without its notices to the user."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """Keep to itself what matplotlib says, when it is imported, of its folder and its fonts.

    Without a home folder it makes one for this process, and removes it at the end.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
