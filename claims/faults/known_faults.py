"""The planted faults there are, each with the claims that must notice it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from claims.faults.in_judging import JUDGING_FAULTS
from claims.model import Claim
from claims.paper import FaultClaims
from claims.text import did_you_mean, one_line
from reproductions.faults import FAULTS, Fault

LISTED = "`rin-claims faults` lists them"


class FaultError(ValueError):
    """A planted fault that cannot be had; the message names it and the remedy."""


@dataclass(frozen=True)
class WatchedFault:
    """A fault with the claims that must notice it.

    ``claims`` are looked at without training and ``trained`` on networks that train with the fault. Where these are known to keep their
    verdicts, ``kept_because`` says why. A fault without claims must be noticed by a guard.
    """

    fault: Fault
    claims: tuple[Claim, ...] = ()
    trained: tuple[Claim, ...] = ()
    kept_because: str = ""

    @property
    def name(self) -> str:
        """The name of the fault."""
        return self.fault.name

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant the fault for a ``with`` block.

        An error in the block that is none of this project's becomes a FaultError.
        """
        try:
            with self.fault.plant():
                yield
        except Exception as error:
            if type(error).__module__.partition(".")[0] in ("claims", "reproductions", "reference_results"):
                raise
            cause = one_line(f"{type(error).__name__}: {error}")
            raise FaultError(f"{self.name}: with the fault planted something fails ({cause}); make it change numbers alone") from error


def own_faults() -> tuple[WatchedFault, ...]:
    """Return every fault that this project brings, of the experiments and of the judging, without claims."""
    return tuple(map(WatchedFault, (*FAULTS, *JUDGING_FAULTS)))


def watched(named: Iterable[FaultClaims], claims: Iterable[Claim]) -> tuple[WatchedFault, ...]:
    """Join each fault that ``named`` names with its claims; several entries for one fault become one.

    A fault of another repository is imported here. Raises FaultError for an unknown fault or claim, with the nearest names there are, and
    for two faults of one name.
    """
    own = {fault.name: fault.fault for fault in own_faults()}
    known = {claim.id: claim for claim in claims}
    found: dict[str, WatchedFault] = {}
    for entry in named:
        fault = _imported(entry.fault) if ":" in entry.fault else own.get(entry.fault)
        if fault is None:
            raise FaultError(f"unknown fault {entry.fault!r} in a FaultClaims; {did_you_mean(entry.fault, own, 'correct its name')}")
        before = found.get(fault.name, WatchedFault(fault))
        if before.fault is not fault or own.get(fault.name, fault) is not fault:
            raise FaultError(f"two planted faults are called {fault.name!r}; rename the one in {entry.fault}")
        found[fault.name] = WatchedFault(
            fault,
            _joined(before.claims, _claims(fault, entry.claims, known)),
            _joined(before.trained, _claims(fault, entry.trained, known)),
            before.kept_because or entry.kept_because,
        )
    return tuple(found.values())


def find(name: str, faults: Sequence[WatchedFault]) -> WatchedFault:
    """Return the fault with this name, of ``faults`` or else of this project.

    Raises FaultError for an unknown fault or one that changes nothing here.
    """
    known = {fault.name: fault for fault in (*own_faults(), *faults)}
    if name not in known:
        raise FaultError(f"unknown fault {name!r}; {did_you_mean(name, known, LISTED)}")
    if reason := known[name].fault.inapplicable():
        raise FaultError(f"{name} does not apply: {reason}")
    return known[name]


def smallest_profile(claim: Claim) -> str:
    """Return the first profile that measures the claim; "" if none does."""
    return next(iter(claim.profiles), "")


def _imported(name: str) -> Fault:
    """Return the Fault that ``package.module:NAME`` names. Raises FaultError."""
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        cause = one_line(f"{type(error).__name__}: {error}")
        raise FaultError(f"planted fault {name!r}: {module_name!r} cannot be imported ({cause}); mend it, or correct the name") from None
    fault = getattr(module, attribute, None)
    if not isinstance(fault, Fault):
        there = [other for other, value in vars(module).items() if isinstance(value, Fault)]
        raise FaultError(f"planted fault {name!r}: {module_name} has no Fault {attribute!r}; {did_you_mean(attribute, there, 'add it')}")
    return fault


def _claims(fault: Fault, ids: Iterable[str], known: Mapping[str, Claim]) -> Iterator[Claim]:
    for claim_id in ids:
        if claim_id not in known:
            near = did_you_mean(claim_id, known, "`rin-claims list` shows every id")
            raise FaultError(f"the planted fault {fault.name} names the unknown claim {claim_id!r}; {near}")
        yield known[claim_id]


def _joined(*claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims in order, each once."""
    return tuple({claim.id: claim for part in claims for claim in part}.values())
