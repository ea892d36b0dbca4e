"""The file ``<paper>/hyperparameters.toml``: every setting a paper prints, with its locator and the words behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference_results.errors import ReferenceDataError
from reference_results.texts import of_papers, text_of, toml_of


@dataclass(frozen=True)
class Setting:
    """One printed setting: ``value`` is a number, a text or a list of either; ``quote`` are the paper's words."""

    value: Any
    locator: str
    quote: str
    unit: str = ""


def hyperparameters(paper: str) -> dict[str, dict[str, Setting]]:
    """Return the printed settings of ``paper`` as ``{section: {name: Setting}}``.

    Raises ReferenceDataError for a malformed or missing file.
    """
    files = of_papers("hyperparameters.toml")
    name = f"reference_results/{paper}/hyperparameters.toml"
    if paper not in files:
        raise ReferenceDataError(f"{name} does not exist; the papers with printed hyper-parameters are: {', '.join(files)}")
    return parse_hyperparameters(text_of(files[paper], name), name)


def parse_hyperparameters(text: str, file: str) -> dict[str, dict[str, Setting]]:
    """Read the settings in ``text``; ``file`` names it in messages. Raises ReferenceDataError."""
    return {
        section: {name: _setting(f"{file} [{section}.{name}]", entry) for name, entry in names.items()}
        for section, names in toml_of(text, file).items()
    }


def _setting(where: str, entry: Any) -> Setting:
    if not isinstance(entry, Mapping):
        raise ReferenceDataError(f"{where}: a setting is a table with value, locator and quote")
    for field in ("value", "locator", "quote"):
        if entry.get(field) in (None, "", []):
            raise ReferenceDataError(f"{where}: {field} is missing; a printed number needs value, locator and quote")
    unknown = sorted(set(entry) - {"value", "unit", "locator", "quote"})
    if unknown:
        raise ReferenceDataError(f"{where}: unknown field {unknown[0]!r}; a setting has value, unit, locator and quote")
    return Setting(**entry)
