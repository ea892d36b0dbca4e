"""The types and ranges of every field of a recorded draw, as dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from reference_results.strict_json import Amount, Count, JsonDataError, Plain, decode


@dataclass(frozen=True)
class OutcomeData:
    """An outcome; ``check_outcome`` looks into its provenance."""

    status: str
    metrics: Mapping[str, float | None]
    curves: Mapping[str, tuple[float | None, ...]]
    updates: Count
    diverged_at: Count | None
    seconds: Amount
    provenance: Mapping[str, Any]
    first_losses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # code of before 2026-12 kept none


@dataclass(frozen=True)
class Commit:
    """The state of a checkout."""

    commit: str | None = None
    dirty: bool | None = None


@dataclass(frozen=True)
class Precision:
    """The global state that decides numbers."""

    default_dtype: str | None = None
    float32_matmul: str | None = None
    deterministic_algorithms: bool | None = None
    cpu_capability: str | None = None


@dataclass(frozen=True)
class Provenance:
    """What an outcome came from, as far as this project records it; the admission rule says what must be there."""

    packages: Mapping[str, str | None] = field(default_factory=dict)
    python: str | None = None
    platform: str | None = None
    cpu: str | None = None
    cpu_count: Count | None = None
    git: Commit = field(default_factory=Commit)
    rin_claims_git: Commit = field(default_factory=Commit)
    device: str | None = None
    gpu: str | None = None
    gpu_numerics: str | None = None
    torch_threads: Count | None = None
    recurrence: str | None = None
    update: str | None = None
    fallback: str | None = None
    cpu_kind: str | None = None
    precision: Precision = field(default_factory=Precision)
    modules: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    started: str | None = None
    ended: str | None = None
    earlier: tuple[Mapping[str, Plain], ...] = ()  # the other machines that trained a part of it, in their order


KNOWN = frozenset(known.name for known in fields(Provenance))


def check_outcome(data: Any) -> None:
    """Raise JsonDataError for the first field of an outcome that is of another type or out of range.

    A training of another repository may add to the provenance: single values, and mappings of them.
    """
    check_provenance(decode(OutcomeData, data).provenance)


def check_provenance(provenance: Mapping[str, Any]) -> None:
    """Raise JsonDataError for the first field of a provenance that is of another type or out of range."""
    try:
        decode(Provenance, {name: value for name, value in provenance.items() if name in KNOWN})
        for name, value in provenance.items():
            if name not in KNOWN:
                decode(Mapping[str, Plain], value if isinstance(value, Mapping) else {name: value})
    except JsonDataError as problem:
        raise JsonDataError(f"provenance.{problem.field}", problem.problem) from None
