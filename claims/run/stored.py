"""The store of a run or of a command, with the ledger of equivalent code."""

from __future__ import annotations

from pathlib import Path

from reference_results.equivalent_code import equivalent_code, older
from reproductions.store.outcomes import Store


def open_store(folder: Path | str | None = None) -> Store:
    """Open the store in ``folder`` or, without one, the user's own. Raises StoreError or ReferenceDataError."""
    return Store(folder or Store.default_folder(), equivalent=older(equivalent_code()))
