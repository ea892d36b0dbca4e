"""Compiles the C++ kernels of ``kernels/`` into one shared library when they are first needed, and loads it by ctypes.

The library is built by the C++ compiler at hand for the instruction set of this CPU and kept in the user's cache folder, under a name that
holds two digests: of everything that decides the library (sources, flags, compiler) and of its own bytes. It is written under a
temporary name and renamed under a lock, so neither a killed build nor two at once leave a broken one; one that was altered or does not
load is set aside and built again. So is one that another user owns or can write: the folder is this user's alone, and so is what is
loaded from it. Where there is no such folder every process compiles for itself, and without a compiler the recurrences run on torch's
operations; ``fallback`` says so in one sentence.

``RIN_CLAIMS_KERNELS`` forces a path; see ``kernel_choice``.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import torch
from filelock import FileLock

from reproductions import user_folders
from reproductions.kernel_choice import VARIABLE, KernelError, requested

COMPILERS = ("c++", "g++", "clang++")  # looked for in this order, after the one that CXX names
COMPILE_SECONDS = 300.0  # it takes a few; a compiler that hangs is one that does not work
# No option that gives up NaN or infinity: a diverged run has to stay visible. Without trapping or errno nothing of a result changes.
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
OPTIONS_OF_CXX_KEEP = "-fno-fast-math"  # after the options that CXX names, for the same reason
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
    return _library(requested())[0]


def path_taken() -> str:
    """The instruction set of the compiled kernels ("avx512", "avx2", "neon", "plain"), or "torch" where none are used."""
    choice = requested()
    return "torch" if _library(choice)[0] is None else _instruction_set(choice)


def fallback() -> str:
    """Say in one sentence why torch's operations run, or why every process compiles the kernels anew.

    Returns "" where the kernels of the cache run, and where RIN_CLAIMS_KERNELS asks for torch. Builds the kernels if need be.
    Raises KernelError as ``library`` does.
    """
    return _library(requested())[1]


@functools.cache
def _library(choice: str) -> tuple[ctypes.CDLL | None, str]:
    """The compiled kernels, and what ``fallback`` says of them."""
    if choice == "torch":
        return None, ""
    instructions = _instruction_set(choice)
    loaded: ctypes.CDLL | None = None
    try:
        loaded, said = _build_somewhere(instructions)
    except BuildError as error:
        if choice != "native":
            raise KernelError(f"{VARIABLE}={choice}, but {error}; set {VARIABLE}=torch to do without") from error
        said = f"the recurrences run on torch's operations, several times slower: {error}"
    if said:
        _log.warning("%s", said)
    return loaded, said


def _build_somewhere(instructions: str) -> tuple[ctypes.CDLL, str]:
    """The library from the cache, or else from a folder of this process; and why it is not from the cache. Raises BuildError."""
    try:
        return build(instructions, cache_folder()), ""
    except FolderError as error:
        problem = error
    try:
        with tempfile.TemporaryDirectory(prefix="rin-claims-kernels-", ignore_cleanup_errors=True) as folder:
            return build(instructions, Path(folder)), f"every process compiles the kernels anew: {problem}"
    except (FolderError, OSError) as error:
        raise BuildError(f"{problem}, and there is no temporary folder to use instead ({error})") from error


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
    """Where compiled kernels are kept: ``kernels`` in the user's cache folder of the platform. Raises FolderError without a home."""
    try:
        return user_folders.cache() / "kernels"
    except user_folders.NoHomeError as error:
        raise FolderError(str(error)) from error


# --- Building ---


class BuildError(RuntimeError):
    """Why there are no compiled kernels, in one line."""


class FolderError(BuildError):
    """Why they cannot be kept in a folder, or loaded from it; another folder may do."""


class _UnsoundError(Exception):
    """Why a file in the cache is not loaded, as the end of a sentence about it."""


def build(instructions: str, folder: Path) -> ctypes.CDLL:
    """The library for a row of INSTRUCTIONS, from ``folder`` or compiled into it. Raises BuildError.

    Raises FolderError for a folder of another user, or one that cannot be used.
    """
    compiler = find_compiler()
    key = _key(compiler, instructions)
    try:
        _make_private(folder)
        if (loaded := _load(folder, key)) is not None:
            return loaded
        with FileLock(folder / f"{key}.lock"):
            if (loaded := _load(folder, key)) is None:  # nobody built it while this process waited
                _compile(compiler, instructions, folder, key)
                loaded = _load(folder, key)
    except OSError as error:
        raise FolderError(f"the cache folder {folder} cannot be used ({error.strerror or error})") from error
    if loaded is None:
        raise BuildError(f"the library that {shlex.join(compiler)} made does not load")
    return loaded


def find_compiler() -> tuple[str, ...]:
    """The path of the C++ compiler and its options: what CXX names, or the first of COMPILERS. Raises BuildError if there is none.

    CXX is read as a shell reads it, so that it may name options, or a program before the compiler.
    """
    named = os.environ.get("CXX", "")
    try:
        command = [named] if shutil.which(named) else shlex.split(named)
    except ValueError as error:
        raise BuildError(f"CXX names no command ({named!r}: {error})") from error
    for name in command[:1] or COMPILERS:
        if (found := shutil.which(name)) is not None:
            return found, *command[1:]
    raise BuildError(f"there is no C++ compiler ({named.strip() or ', '.join(COMPILERS)})")


def _sources() -> list[Path]:
    return sorted(path for path in SOURCES.iterdir() if path.suffix in (".cpp", ".h"))


def _key(compiler: tuple[str, ...], instructions: str) -> str:
    """16 hexadecimal digits of everything that decides the library."""
    try:
        version = subprocess.run([*compiler, "--version"], capture_output=True, timeout=COMPILE_SECONDS).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"{shlex.join(compiler)} does not run ({error})") from error
    flags = (*compiler[1:], *FLAGS)
    digest = hashlib.sha256(repr((version, flags, INSTRUCTIONS[instructions], platform.system(), platform.machine())).encode())
    for source in _sources():
        digest.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    return f"{instructions}-{digest.hexdigest()[:16]}"


def _make_private(folder: Path) -> None:
    """Makes the folder, or makes it this user's alone. Raises FolderError where another user could change what is in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _foreign(folder.stat()):
        raise FolderError(f"the cache folder {folder} belongs to another user")
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    if folder.stat().st_mode & 0o022:  # a file system that keeps no modes
        raise FolderError(f"the cache folder {folder} can be written by other users")


def _foreign(state: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and state.st_uid != os.geteuid()


def _compile(compiler: tuple[str, ...], instructions: str, folder: Path, key: str) -> None:
    """Compiles into a folder of its own inside ``folder``, then moves the library to its name. Raises BuildError.

    Whoever calls holds the lock of ``key``, so that a folder which is there already was left by a killed build.
    """
    for left in folder.glob(f"build-{key}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"build-{key}-") as work:
        made = Path(work) / "kernels.so"
        sources = [str(source) for source in _sources() if source.suffix == ".cpp"]
        own = [*compiler, OPTIONS_OF_CXX_KEEP] if compiler[1:] else compiler
        command = [*own, *FLAGS, *INSTRUCTIONS[instructions], *sources, "-o", str(made)]
        try:
            finished = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=COMPILE_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise BuildError(f"{shlex.join(compiler)} does not run ({error})") from error
        if finished.returncode != 0 or not made.is_file():
            complaint = next((line for line in finished.stderr.splitlines() if "error" in line), finished.stderr.strip()[:200])
            raise BuildError(f"{shlex.join(compiler)} cannot compile the kernels ({complaint})")
        made.chmod(0o700)
        made.replace(folder / f"{key}-{_content_digest(made.read_bytes())}.so")


def _load(folder: Path, key: str) -> ctypes.CDLL | None:
    """The library of ``key`` if a sound one is there; one that is not is set aside, as ``*.broken``. Raises FolderError."""
    for path in sorted(folder.glob(f"{key}-*.so")):
        try:
            return _load_file(path, key)
        except _UnsoundError as problem:
            _log.warning("%s %s; it is set aside and built again", path, problem)
        path.replace(path.with_suffix(".broken"))
    return None


def _load_file(path: Path, key: str) -> ctypes.CDLL:
    """Loads a library that is this user's alone and as it was written. Raises _UnsoundError, and FolderError if nothing there loads.

    The file stays open, so that what is loaded is what was checked, whatever is at ``path`` by then.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise _UnsoundError(f"cannot be opened ({error.strerror})") from error
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode) or _foreign(state):
            raise _UnsoundError("is no file of this user")
        if state.st_mode & 0o022:
            raise _UnsoundError("can be written by other users")
        with open(file, "rb", closefd=False) as stream:
            content = stream.read()
        # the digest first: loading a truncated file may kill the process instead of failing
        if path.name != f"{key}-{_content_digest(content)}.so":
            raise _UnsoundError("was altered")
        if _noexec(file):
            return _load_from_memory(content, path.parent)
        try:
            # a library is known by its path, which no two may share: the file's number is its own as long as it is open
            return ctypes.CDLL(name if os.path.exists(name := f"/proc/self/fd/{file}") else str(path))
        except OSError as error:
            raise _UnsoundError("does not load") from error
    except BaseException:
        os.close(file)
        raise


def _load_from_memory(content: bytes, folder: Path) -> ctypes.CDLL:
    """Loads a library that ``folder``, which is mounted noexec, only keeps. Raises FolderError where memory forbids it too."""
    try:
        memory = os.memfd_create("kernels")  # open as long as the library is loaded
        with open(memory, "wb", closefd=False) as stream:
            stream.write(content)
        return ctypes.CDLL(f"/proc/self/fd/{memory}")
    except (AttributeError, OSError) as error:
        raise FolderError(f"the cache folder {folder} is mounted noexec") from error


def _noexec(file: int) -> bool:
    """Whether the file lies where programs may not run."""
    return hasattr(os, "fstatvfs") and hasattr(os, "ST_NOEXEC") and bool(os.fstatvfs(file).f_flag & os.ST_NOEXEC)


def _content_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
