"""What ``python benchmarks/addendum.py --data`` measured on pilot seeds for the open questions. It writes this module whole."""

from __future__ import annotations

from collections.abc import Mapping

from claims.readings import Comparison

MEASURED: Mapping[str, tuple[Comparison, ...]] = {}
