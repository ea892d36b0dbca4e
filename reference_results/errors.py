"""The one error of this package."""

from __future__ import annotations


class ReferenceDataError(ValueError):
    """A reference number that cannot be used as it stands.

    The one-line message names the file, the place and the remedy.
    """
