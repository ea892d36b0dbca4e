"""Compiles the C++ kernels of ``kernels/`` into one shared library when they are first needed, and loads it by ctypes.

The library is built by the C++ compiler at hand for the instruction set of this CPU and kept in the user's cache folder, under a name that
holds two digests: of everything that decides the library (sources, flags, compiler) and of its own bytes. It is written under a
temporary name and renamed under a lock, so neither a killed build nor two at once leave a broken one; one that was altered or does not
load is set aside and built again. Without a compiler the recurrences run on torch's operations, which is said once.

``RIN_CLAIMS_KERNELS`` forces a path; see ``kernel_choice``.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs
import torch
from filelock import FileLock

from reproductions.kernel_choice import VARIABLE, KernelError, requested

COMPILERS = ("c++", "g++", "clang++")  # looked for in this order, after the one that CXX names
COMPILE_SECONDS = 300.0  # it takes a few; a compiler that hangs is one that does not work
# No option that gives up NaN or infinity: a diverged run has to stay visible. Without trapping or errno nothing of a result changes.
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
INSTRUCTIONS: dict[str, tuple[str, ...]] = {
    "avx512": ("-march=x86-64-v4", "-mprefer-vector-width=512", "-DVECTOR_BYTES=64"),
    "avx2": ("-march=x86-64-v3", "-DVECTOR_BYTES=32"),
    "neon": ("-DVECTOR_BYTES=16",),
    "plain": ("-DVECTOR_BYTES=16",),
}
SOURCES = Path(__file__).parent / "kernels"

_log = logging.getLogger(__name__)


def library() -> ctypes.CDLL | None:
    """The compiled kernels, built if need be; None where the recurrences run on torch's operations.

    Raises KernelError for an unknown RIN_CLAIMS_KERNELS, or one that asks for what this machine has not.
    """
    return _library(requested())


def path_taken() -> str:
    """The instruction set of the compiled kernels ("avx512", "avx2", "neon", "plain"), or "torch" where none are used."""
    choice = requested()
    return "torch" if _library(choice) is None else _instruction_set(choice)


@functools.cache
def _library(choice: str) -> ctypes.CDLL | None:
    if choice == "torch":
        return None
    instructions = _instruction_set(choice)
    try:
        return build(instructions, cache_folder())
    except BuildError as error:
        if choice != "native":
            raise KernelError(f"{VARIABLE}={choice}, but {error}; set {VARIABLE}=torch to do without") from error
        _log.warning("the recurrences run on torch's operations, several times slower: %s", error)
        return None


def _instruction_set(choice: str) -> str:
    """The row of INSTRUCTIONS for a choice. KernelError if this CPU has not got it."""
    found = available()
    if choice == "native":
        return found[0]
    if choice not in found:
        raise KernelError(f"{VARIABLE}={choice}, but this CPU has only {', '.join(found)}")
    return choice


@functools.cache
def available() -> tuple[str, ...]:
    """The rows of INSTRUCTIONS that this CPU runs, best first."""
    if platform.machine().lower() in ("aarch64", "arm64"):
        return ("neon", "plain")
    capability = torch.backends.cpu.get_cpu_capability()
    if capability.startswith("AVX512"):
        return ("avx512", "avx2", "plain")
    return ("avx2", "plain") if capability.startswith("AVX2") else ("plain",)


def cache_folder() -> Path:
    """Where compiled kernels are kept: ``kernels`` in the user's cache folder of the platform."""
    return platformdirs.user_cache_path("rin-claims") / "kernels"


# --- Building ---


class BuildError(RuntimeError):
    """Why there are no compiled kernels, in one line."""


def build(instructions: str, folder: Path) -> ctypes.CDLL:
    """The library for a row of INSTRUCTIONS, from ``folder`` or compiled into it. Raises BuildError."""
    compiler = find_compiler()
    key = _key(compiler, instructions)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (loaded := _load(folder, key)) is not None:
            return loaded
        with FileLock(folder / f"{key}.lock"):
            if (loaded := _load(folder, key)) is None:  # nobody built it while this process waited
                _compile(compiler, instructions, folder, key)
                loaded = _load(folder, key)
    except OSError as error:
        raise BuildError(f"the cache folder {folder} cannot be used ({error.strerror or error})") from error
    if loaded is None:
        raise BuildError(f"the library that {compiler} made does not load")
    return loaded


def find_compiler() -> str:
    """The path of the C++ compiler: what CXX names, or the first of COMPILERS. Raises BuildError if there is none."""
    named = os.environ.get("CXX", "")
    for name in (named,) if named else COMPILERS:
        if (found := shutil.which(name)) is not None:
            return found
    raise BuildError(f"there is no C++ compiler ({named or ', '.join(COMPILERS)})")


def _sources() -> list[Path]:
    return sorted(path for path in SOURCES.iterdir() if path.suffix in (".cpp", ".h"))


def _key(compiler: str, instructions: str) -> str:
    """16 hexadecimal digits of everything that decides the library."""
    try:
        version = subprocess.run([compiler, "--version"], capture_output=True, timeout=COMPILE_SECONDS).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"{compiler} does not run ({error})") from error
    digest = hashlib.sha256(repr((version, FLAGS, INSTRUCTIONS[instructions], platform.system(), platform.machine())).encode())
    for source in _sources():
        digest.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    return f"{instructions}-{digest.hexdigest()[:16]}"


def _compile(compiler: str, instructions: str, folder: Path, key: str) -> None:
    """Compiles into a folder of its own inside ``folder``, then moves the library to its name. Raises BuildError.

    Whoever calls holds the lock of ``key``, so that a folder which is there already was left by a killed build.
    """
    for left in folder.glob(f"build-{key}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"build-{key}-") as work:
        made = Path(work) / "kernels.so"
        sources = [str(source) for source in _sources() if source.suffix == ".cpp"]
        command = [compiler, *FLAGS, *INSTRUCTIONS[instructions], *sources, "-o", str(made)]
        try:
            finished = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=COMPILE_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise BuildError(f"{compiler} does not run ({error})") from error
        if finished.returncode != 0 or not made.is_file():
            complaint = next((line for line in finished.stderr.splitlines() if "error" in line), finished.stderr.strip()[:200])
            raise BuildError(f"{compiler} cannot compile the kernels ({complaint})")
        made.replace(folder / f"{key}-{_content_digest(made)}.so")


def _load(folder: Path, key: str) -> ctypes.CDLL | None:
    """The library of ``key`` if a sound one is there; one that is not is set aside, as ``*.broken``."""
    for path in sorted(folder.glob(f"{key}-*.so")):
        # the digest first: loading a truncated file may kill the process instead of failing
        if path.name == f"{key}-{_content_digest(path)}.so":
            try:
                return ctypes.CDLL(str(path))
            except OSError:
                pass
        _log.warning("%s was altered or does not load; it is set aside and built again", path)
        path.replace(path.with_suffix(".broken"))
    return None


def _content_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
