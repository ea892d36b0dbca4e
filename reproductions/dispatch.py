"""The mark of a table that leads from a name to a definition: ``CONSTRUCTORS: Table[str, Constructor] = {"rin": RIN, ...}``.

The fingerprint of a recipe covers the entries that the recipe leads to and never the table, so that one more entry leaves every other
outcome as it is. A key is a text of the recipe, or a class that the recipe reaches anyway.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping
