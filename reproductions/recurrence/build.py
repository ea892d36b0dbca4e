"""The build of the C++ kernels of ``kernels/``: one shared library, compiled when first needed and loaded by ctypes.

The C++ compiler at hand builds the library for the instruction set of this CPU. The library is kept in the user's cache folder. Its name
holds two digests: of everything that decides the library (sources, flags, compiler), and of its own bytes. It is written under a temporary
name and renamed under a lock, so neither a killed build nor two at once leave a broken one.

A library that was altered or does not load is set aside and built again. So is a library that another user owns or can write: the folder is
this user's alone, and so is what is loaded from it. Without such a folder every process compiles for itself. Without a compiler the
recurrences run on torch's operations. ``fallback`` says so in one sentence.

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
    """Return the compiled kernels, built if need be.

    Returns None if the recurrences run on torch's operations. Raises KernelError for an unknown RIN_CLAIMS_KERNELS, or one that this
    machine cannot satisfy.
    """
    return _library(requested())[0]


def path_taken() -> str:
    """Return the instruction set of the compiled kernels ("avx512", "avx2", "neon", "plain"), or "torch" if none are used."""
    choice = requested()
    return "torch" if _library(choice)[0] is None else _instruction_set(choice)


def fallback() -> str:
    """Say in one sentence why torch's operations run, or why every process compiles the kernels anew.

    Returns "" if the kernels of the cache run, or if RIN_CLAIMS_KERNELS asks for torch. Builds the kernels if need be. Raises KernelError
    as ``library`` does.
    """
    return _library(requested())[1]


@functools.cache
def _library(choice: str) -> tuple[ctypes.CDLL | None, str]:
    """Return the compiled kernels, and what ``fallback`` says of them."""
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
    """Build the library in the cache, or else in a folder of this process.

    Returns the library, and why it is not in the cache ("" if it is). Raises BuildError.
    """
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
    """Choose a row of INSTRUCTIONS.

    Raises KernelError if this CPU does not have it.
    """
    found = available()
    if choice == "native":
        return found[0]
    if choice not in found:
        raise KernelError(f"{VARIABLE}={choice}, but this CPU has only {', '.join(found)}")
    return choice


@functools.cache
def available() -> tuple[str, ...]:
    """List the rows of INSTRUCTIONS that this CPU runs, best first."""
    if platform.machine().lower() in ("aarch64", "arm64"):
        return ("neon", "plain")
    capability = torch.backends.cpu.get_cpu_capability()
    if capability.startswith("AVX512"):
        return ("avx512", "avx2", "plain")
    return ("avx2", "plain") if capability.startswith("AVX2") else ("plain",)


def cache_folder() -> Path:
    """Return the folder of compiled kernels: ``kernels`` in the user's cache folder of the platform.

    Raises FolderError if there is no home folder.
    """
    try:
        return user_folders.cache() / "kernels"
    except user_folders.NoHomeError as error:
        raise FolderError(str(error)) from error


# --- Building ---


class BuildError(RuntimeError):
    """The reason, in one line, why there are no compiled kernels."""


class FolderError(BuildError):
    """The reason why a folder cannot keep compiled kernels, or load them; another folder may do."""


class _UnsoundError(Exception):
    """The reason why a file in the cache is not loaded, as the end of a sentence about it."""


def build(instructions: str, folder: Path) -> ctypes.CDLL:
    """Load the library for a row of INSTRUCTIONS from ``folder``, compiled into it if need be.

    Raises BuildError. Raises FolderError for a folder of another user, or one that cannot be used.
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
    """Find the C++ compiler that CXX names, or the first of COMPILERS, and return its path and its options.

    CXX is read as a shell reads it, so that it may name options, or a program before the compiler. Raises BuildError if there is no
    compiler.
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
    """Name everything that decides the library: its instruction set and 16 hexadecimal digits of a digest."""
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
    """Make the folder, or make it this user's alone.

    Raises FolderError if another user could change what is in it.
    """
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
    """Compile into a folder of its own inside ``folder``, then move the library to its name.

    The caller holds the lock of ``key``. Raises BuildError.
    """
    # The caller holds the lock, so a folder that is there already was left by a killed build.
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
    """Load the library of ``key`` if a sound one is there.

    Returns None if there is none. An unsound library is set aside as ``*.broken``. Raises FolderError.
    """
    for path in sorted(folder.glob(f"{key}-*.so")):
        try:
            return _load_file(path, key)
        except _UnsoundError as problem:
            _log.warning("%s %s; it is set aside and built again", path, problem)
        path.replace(path.with_suffix(".broken"))
    return None


def _load_file(path: Path, key: str) -> ctypes.CDLL:
    """Load a library that is this user's alone and unchanged since it was written.

    Raises _UnsoundError, and FolderError if nothing there loads.
    """
    try:
        # The file stays open, so that what is loaded is what was checked, whatever is at ``path`` by then.
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
    """Load from memory a library whose ``folder`` is mounted noexec.

    Raises FolderError if memory forbids it too.
    """
    try:
        memory = os.memfd_create("kernels")  # open as long as the library is loaded
        with open(memory, "wb", closefd=False) as stream:
            stream.write(content)
        return ctypes.CDLL(f"/proc/self/fd/{memory}")
    except (AttributeError, OSError) as error:
        raise FolderError(f"the cache folder {folder} is mounted noexec") from error


def _noexec(file: int) -> bool:
    """Say whether the file lies where programs may not run."""
    return hasattr(os, "fstatvfs") and hasattr(os, "ST_NOEXEC") and bool(os.fstatvfs(file).f_flag & os.ST_NOEXEC)


def _content_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
