"""The planted fault, and how it is planted and taken out again."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from reproductions.recurrence import build

Change = tuple[Any, str, Callable[[Any], Any]]  # owner, attribute, and what makes its replacement of it


@dataclass(frozen=True)
class Fault:
    """A change of the code under test, to be noticed.

    ``changes`` are made by ``plant``; ``description`` says in one line what is wrong then. A ``compiled`` fault changes what calls the
    compiled kernels alone: where there are no kernels, there is nothing to break. So it is without the package that a fault ``needs``.
    """

    name: str
    description: str
    changes: tuple[Change, ...]
    compiled: bool = False
    needs: str = ""

    def inapplicable(self) -> str:
        """Return why the fault would change nothing on this machine; "" if it would.

        Raises KernelError for a bad RIN_CLAIMS_KERNELS.
        """
        if self.compiled and build.library() is None:
            here = "it is one of the compiled kernels, and here the recurrences run on torch's operations"
            return f"{here}; a C++ compiler, or another RIN_CLAIMS_KERNELS than torch, makes it apply"
        if self.needs and importlib.util.find_spec(self.needs) is None:
            return f"its data is made by the package {self.needs}, which is not installed; installing it makes the fault apply"
        return ""

    @contextmanager
    def plant(self) -> Iterator[None]:
        """Plant the fault inside the ``with`` block; it is gone after the block whatever happens."""
        with ExitStack() as planted:
            for owner, attribute, replacement in self.changes:
                planted.enter_context(mock.patch.object(owner, attribute, replacement(getattr(owner, attribute))))
            yield


def after(change: Callable[[Any], object]) -> Callable[[Any], Any]:
    """Return the replacement of a constructor that does ``change`` to what it has built."""

    def replacement(original: Any) -> Any:
        def build(self: Any, *args: Any, **options: Any) -> None:
            original(self, *args, **options)
            change(self)

        return build

    return replacement


def instead(value: Any) -> Callable[[Any], Any]:
    """Return the replacement of anything by ``value``."""
    return lambda original: value
