"""The outcomes of a store at one moment, found by the names of their files.

One look at the folder serves any number of questions, and only the files that answer a question are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reproductions.recipe_data import as_data
from reproductions.store.outcomes import SUFFIX, Entry, Store
from reproductions.trials import Trial


class Listing:
    """The outcome files that ``store`` has when the listing is made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_address: dict[str, list[str]] = {}
        self._by_recipe: dict[str, list[str]] = {}
        for name in store.names():
            address = name.rpartition("-")[0]
            self._by_address.setdefault(address, []).append(name)
            self._by_recipe.setdefault(address.rpartition("-")[0], []).append(name)

    def made_by_other_code(self, trial: Trial) -> list[Entry]:
        """List the sound outcomes of the trial's recipe and seed that other numerics code made, the youngest first."""
        present = {code[:16] for code in self._store.accepted(trial.recipe)}
        names = (name for name in self._by_address.get(trial.address, ()) if _code(name) not in present)
        found = [entry for entry in self._store.entries(names) if entry.recipe == as_data(trial.recipe)]
        return sorted(found, key=lambda entry: str(entry.outcome.provenance.get("ended", "")), reverse=True)

    def one_of_each_recipe(self, besides: Collection[str]) -> Iterator[Entry]:
        """Yield a sound outcome of every recipe, except the recipes whose digests begin with one of ``besides``."""
        for digest, names in self._by_recipe.items():
            if digest not in besides and (entry := next(self._store.entries(names), None)) is not None:
                yield entry

    def of_other_code(self) -> Iterator[Entry]:
        """Yield the sound outcomes that numerics code which is no longer here made, of any recipe.

        Of a recipe whose outcomes are all of the present code, one is read.
        """
        for names in self._by_recipe.values():
            present: dict[str, bool] = {}  # by the code in a file's name
            for name in names:
                if present.get(_code(name)):
                    continue
                for entry in self._store.entries((name,)):
                    present[_code(name)] = not self._store.is_of_other_code(entry)
                    if not present[_code(name)]:
                        yield entry


def _code(name: str) -> str:
    """Return the first digits of the code fingerprint in a file's name."""
    return name.removesuffix(SUFFIX).rpartition("-")[2]
