"""The state of an interrupted trial on disk: checksummed, written atomically, set aside when damaged."""

from __future__ import annotations

import datetime
import hashlib
import io
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproductions.store.files import content_of, set_aside, write_atomically
from reproductions.store.fingerprint import gpu_fingerprint

HEADER = b"rin-claims checkpoint 1\n"  # the number is the version of the layout: header, SHA-256 of the rest, torch.save bytes
MADE_BY = "made_by"  # in a state: the machine and software of each process that trained up to it, in their order
DATES = ("started", "ended")
# What an outcome says of a machine that trained a part of it: these of its provenance, and the version of these packages.
SAID = ("device", "gpu", "cpu", "cpu_kind", "platform", "python", "recurrence", "update", "fallback")
PACKAGES = ("rin-claims", "torch", "numpy")

MadeBy = Sequence[Mapping[str, Any]]  # provenances of processes


class CheckpointFile:
    """One file that holds the latest state of one trial.

    A state is a dict of tensors, numbers, text, lists, tuples and dicts: what ``torch.load(weights_only=True)`` reads, so that a
    checkpoint from a shared folder cannot run code. ``here`` describes machine and software of this process, which a state then keeps.
    ``trial`` is the recipe's digest and the seed that a state must be of. ``made_by`` is what the state that was loaded says of the
    processes that made it. ``reports`` collects one line for every file that was set aside.
    """

    def __init__(
        self,
        path: Path | str,
        set_aside_folder: Path | None = None,
        here: Callable[[], Mapping[str, Any]] | None = None,
        trial: tuple[str, int] | None = None,
    ) -> None:
        self.path = Path(path)
        self.reports: list[str] = []
        self.made_by: MadeBy = ()
        self._set_aside_folder = set_aside_folder or self.path.parent / "set-aside"
        self._here, self._trial = here, trial
        self._started = now()

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state on disk.

        Raises StoreError when the state cannot be written; the previous state then stays.
        """
        import torch  # here, as everywhere outside the numerics: the store and its commands work without loading torch

        if self._here is not None:
            here = {**self._here(), "started": self._started, "ended": now()}
            state = {**state, MADE_BY: list(_joined(self.made_by, here))}
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.write(buffer.getvalue())

    def write(self, content: bytes) -> None:
        """Replace the state on disk by the bytes of a state.

        Raises StoreError as ``save`` does.
        """
        write_atomically(self.path, HEADER + hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def load(self) -> dict[str, Any] | None:
        """Return the latest state, tensors on the CPU.

        Returns None when there is no state, or when it was set aside: damaged, of another trial, or made by other GPU kernels.
        """
        content = self.content()
        if content is None:
            return None
        import torch

        try:
            state = _state(content)
        except (pickle.UnpicklingError, RuntimeError) as error:
            return self._refuse(f"cannot be read by torch {torch.__version__} ({' '.join(str(error).split())[:100]})")
        if self._trial is not None and "recipe" in state and (state["recipe"], state["seed"]) != self._trial:
            return self._refuse("holds the state of another trial")
        made_by = state.pop(MADE_BY, [])
        if not is_of_these_gpu_kernels(made_by):
            return self._refuse("was made by other GPU kernels than those of this version")
        self.made_by = tuple(made_by)
        return state

    def content(self) -> bytes | None:
        """Return the bytes of the latest state, checked against their checksum.

        Returns None when there is no state, or when a damaged one was set aside.
        """
        content, problem = self._checked()
        return self._refuse(problem) if problem else content

    def position(self) -> int | None:
        """Return the update that the latest state has reached.

        Returns None where there is no state or a damaged one. The file is left as it is, because another process may be writing the next
        state.
        """
        content, problem = self._checked()
        if content is None or problem:
            return None
        update = described(content).get("update")
        return update if isinstance(update, int) else None

    def copy_to(self, path: Path) -> None:
        """Write the latest state to another file. Raises StoreError."""
        write_atomically(path, self.path.read_bytes())

    def remove(self) -> None:
        """Delete the state of a trial that is finished."""
        self.path.unlink(missing_ok=True)

    def _checked(self) -> tuple[bytes | None, str]:
        """Return the bytes of the latest state, None without one, and what is wrong with them.

        Raises StoredFileError.
        """
        try:
            data, problem = content_of(self.path)
        except FileNotFoundError:
            return None, ""
        if problem:
            return data, problem
        header, checksum, content = data[: len(HEADER)], data[len(HEADER) : len(HEADER) + 64], data[len(HEADER) + 65 :]
        if header != HEADER:
            return content, "is no checkpoint of this version"
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            return content, "is truncated or damaged: it does not match its checksum"
        return content, ""

    def _refuse(self, problem: str) -> None:
        try:
            moved = set_aside(self.path, problem, self._set_aside_folder)
        except FileNotFoundError:  # another process has just set it aside
            return
        self.reports.append(f"{self.path} {problem}; it was set aside as {moved} and its trial starts from the beginning")


def described(content: bytes) -> dict[str, Any]:
    """Return what the bytes of a state say beside its numbers: recipe, seed, update, made_by.

    Returns {} where torch cannot read them.
    """
    try:
        state = _state(content)
    except (pickle.UnpicklingError, RuntimeError):
        return {}
    return {name: state[name] for name in ("recipe", "seed", "update", MADE_BY) if name in state}


def _state(content: bytes) -> dict[str, Any]:
    import torch

    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise pickle.UnpicklingError("it holds no state of a trial")
    return state


# --- Who trained a trial that went on elsewhere ---


def is_of_these_gpu_kernels(made_by: MadeBy) -> bool:
    """Say whether every process of ``made_by`` that used a GPU ran the kernels of this version."""
    return all(one.get("gpu_numerics") in (None, gpu_fingerprint()) for one in made_by)


def _joined(made_by: MadeBy, here: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield ``made_by`` and then ``here``, as one with the last of them where these are the same machine and software."""
    *before, last = made_by or [here]
    yield from before
    if _undated(last) == _undated(here):
        yield {**here, "started": last["started"]}
    else:
        yield from (last, here)


def history(made_by: MadeBy, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Describe, for the ``provenance`` of an outcome, the processes that trained up to the state it went on from.

    "started" is when the first one did. "earlier" has what each said of its machine, where it was not as in the provenance.
    """
    if not made_by:
        return {}
    here = _summary(provenance)
    earlier = [said for one in made_by if _undated(said := _summary(one)) != _undated(here)]
    return {"started": made_by[0]["started"], **({"earlier": earlier} if earlier else {})}


def _summary(provenance: Mapping[str, Any]) -> dict[str, Any]:
    versions = {name: provenance["packages"].get(name) for name in PACKAGES}
    found = {**{name: provenance.get(name) for name in (*SAID, *DATES)}, **versions}
    return {name: value for name, value in found.items() if value is not None}


def _undated(provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in provenance.items() if name not in DATES}


def now() -> str:
    """Return the time of day in UTC, as a provenance has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
