"""The machine and the software that an outcome came from."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

from reproductions import kernel_choice
from reproductions.store.fingerprint import gpu_fingerprint

PACKAGES = ("rin-claims", "torch", "numpy", "scipy", "pandas", "mlxtend")

CPU_INFO = "/proc/cpuinfo"
OWN = Path(__file__).resolve().parents[2]  # the root of this project's checkout, where it runs from one


def environment(device: str = "cpu", root: Path | None = None) -> dict[str, Any]:
    """Describe versions, machine, threads, precision flags and git states, as JSON data.

    What cannot be found out is None. ``root`` is a folder of the repository that is measured, whose state is "git" (None: this project).
    "rin_claims_git" is the state of this project.
    """
    import torch  # here, because fingerprints are computed without torch

    from reproductions import recurrence_gpu
    from reproductions.compiled_update import kernels

    on_gpu = device.startswith("cuda")
    software = _software(root or OWN)
    return {
        **software,
        "packages": {**software["packages"], "torch": str(torch.__version__)},  # torch's own word names the build, as +cpu or +cu130
        "device": device,
        "gpu": torch.cuda.get_device_name(device) if on_gpu else None,
        "gpu_numerics": gpu_fingerprint() if on_gpu else None,
        "torch_threads": torch.get_num_threads(),
        **(recurrence_gpu.provenance() if on_gpu else _recurrence_on_cpu()),
        "update": "readable" if on_gpu or kernels() is None else "compiled",  # compiled where ``compiled_update`` applies
        "precision": {
            "default_dtype": str(torch.get_default_dtype()),
            "float32_matmul": torch.get_float32_matmul_precision(),
            "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        },
    }


def _recurrence_on_cpu() -> dict[str, str]:
    """Describe the kernels that recurrences run on: an instruction set, or torch and why."""
    from reproductions.recurrence import build

    return {"recurrence": build.path_taken(), **({"fallback": fallback} if (fallback := build.fallback()) else {})}


@functools.cache
def _software(root: Path) -> dict[str, Any]:
    return {
        "packages": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu_model(),
        "cpu_kind": cpu_kind(),
        "cpu_count": os.cpu_count(),
        "git": _git_state(root),
        "rin_claims_git": _git_state(OWN),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def cpu_model() -> str | None:
    """Name the model of this machine's processor, or return None where the system does not say."""
    return _of_cpu("model name") if Path(CPU_INFO).exists() else platform.processor() or None


@functools.cache
def cpu_kind() -> str | None:
    """Name vendor, family and model of this machine's processor: what a library chooses its instructions by.

    A model name may be that of a virtual machine, which several kinds share. Returns None where the system does not say.
    """
    known = [_of_cpu(name) for name in ("vendor_id", "cpu family", "model")]
    return None if None in known else "{} family {} model {}".format(*known)


def _of_cpu(name: str) -> str | None:
    try:
        lines = Path(CPU_INFO).read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return None
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in pairs if key.strip() == name), None)


def numerics_here() -> tuple[object, ...]:
    """Return what numbers and their speed depend on beside code and data: machine, kernels and compiler asked for, versions.

    Raises KernelError where the environment asks for kernels that there are not, and PackageNotFoundError.
    """
    kernels = kernel_choice.requested(), kernel_choice.requested_update(), os.environ.get("CXX", "")
    versions = tuple(importlib.metadata.version(name) for name in ("torch", "numpy", "scipy", "mlxtend"))
    return platform.python_version(), platform.node(), cpu_model(), *kernels, *versions


def _git_state(folder: Path) -> dict[str, Any]:
    """Read {"commit", "dirty"} of the checkout that tracks files in ``folder``.

    Both are None if no checkout does, as for an installed package.
    """

    def git(*arguments: str) -> str | None:
        try:
            command = ["git", "-C", str(folder), *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            return None

    if not git("ls-files"):  # a site-packages folder may lie inside somebody else's checkout
        return {"commit": None, "dirty": None}
    changes = git("status", "--porcelain")
    return {"commit": git("rev-parse", "--verify", "HEAD"), "dirty": None if changes is None else bool(changes)}


def cuda_available() -> bool:
    """Say whether torch sees a CUDA device, which decides whether a full run takes the paper's own settings."""
    return cuda()[0]


@functools.cache
def cuda() -> tuple[bool, str]:
    """Return whether torch sees a CUDA device, and what keeps it from one that is there.

    The second is "" where nothing does: torch was built without CUDA, or the machine has no device.
    """
    import torch

    with warnings.catch_warnings(record=True) as told:  # torch warns, for example, of a driver that is too old for it
        warnings.simplefilter("always")
        available = bool(torch.cuda.is_available())
    if available or torch.version.cuda is None:
        return available, ""
    said = " ".join(str(told[0].message).split()) if told else ""
    old = re.search(r"driver on your system is too old \(found version (\d+)\)", said)
    if old:
        return False, f"the NVIDIA driver (CUDA {int(old[1]) // 1000}.{int(old[1]) % 1000 // 10}) is too old for torch {torch.__version__}"
    return False, f"torch cannot use CUDA ({said[:200]})" if said else ""
