"""The kernels are built once and survive a kill, a race and a damaged cache.

Their absence costs speed and nothing else.
"""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest
import torch

from reproductions import kernel_choice
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.recurrence import build, plain
from reproductions.store import environment, fingerprint

SOURCE = 'extern "C" int answer() { return 42; }\n'
CACHE_FOLDER = build.cache_folder  # the genuine one, which ``fresh`` replaces
BUILD = """
import sys
from pathlib import Path
from reproductions.recurrence import build
build.SOURCES = Path(sys.argv[1])
print(build.build("plain", Path(sys.argv[2])).answer())
"""


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """An empty cache folder, nothing loaded yet, and neither RIN_CLAIMS_KERNELS nor CXX set."""
    monkeypatch.delenv(kernel_choice.VARIABLE, raising=False)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(build, "cache_folder", lambda: tmp_path / "cache")
    build._library.cache_clear()
    yield tmp_path / "cache"
    build._library.cache_clear()


@pytest.fixture
def small(fresh, compiler, monkeypatch, tmp_path):
    """One tiny source in place of the kernels; the folder that holds it."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "answer.cpp").write_text(SOURCE)
    monkeypatch.setattr(build, "SOURCES", folder)
    return folder


def compiler(folder, script):
    """A C++ compiler of our own: its path. ``$real`` in the script is the machine's."""
    path = folder / "our-compiler"
    path.write_text(f'#!/bin/sh\nreal={build.find_compiler()[0]}\nif [ "$1" = --version ]; then exec $real --version; fi\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def building(sources, cache, cxx):
    """A process of its own that builds and prints what the library answers."""
    command = [sys.executable, "-c", BUILD, str(sources), str(cache)]
    return subprocess.Popen(command, env={**os.environ, "CXX": cxx}, stdout=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- Built once ---


def test_a_library_is_built_once_and_then_loaded(small, fresh, monkeypatch, tmp_path):
    log = tmp_path / "log"
    monkeypatch.setenv("CXX", compiler(tmp_path, f'echo run >> {log}; exec $real "$@"'))
    assert [build.build("plain", fresh).answer() for _ in range(2)] == [42, 42]
    assert log.read_text() == "run\n"
    (small / "answer.cpp").write_text(SOURCE.replace("42", "43"))
    assert build.build("plain", fresh).answer() == 43  # another source is another library


def test_the_instruction_set_the_flags_and_the_compiler_are_part_of_the_key(small, monkeypatch):
    found = build.find_compiler()
    keys = {build._key(found, instructions) for instructions in build.INSTRUCTIONS}
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-DOTHER"))
    keys.add(build._key(found, "plain"))
    keys.add(build._key((sys.executable,), "plain"))  # answers --version with something else
    assert len(keys) == len(build.INSTRUCTIONS) + 2


def test_two_processes_that_build_at_once_compile_once(small, fresh, tmp_path):
    log = tmp_path / "log"
    cxx = compiler(tmp_path, f'echo run >> {log}; sleep 1; exec $real "$@"')
    processes = [building(small, fresh, cxx) for _ in range(2)]
    assert [process.communicate(timeout=120)[0] for process in processes] == ["42\n", "42\n"]
    assert log.read_text() == "run\n"


def test_a_killed_build_leaves_nothing_that_is_loaded(small, fresh, tmp_path, monkeypatch):
    begun = tmp_path / "begun"
    last = "for last; do :; done"  # the path of the output
    cxx = compiler(tmp_path, f"{last}; echo half a library > $last; touch {begun}; sleep 600")
    process = building(small, fresh, cxx)
    try:
        wait_for(begun.exists)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert list(fresh.glob("build-*/*"))  # it was under way
    assert not list(fresh.glob("*.so"))
    compiler(tmp_path, 'exec $real "$@"')  # the same path and version, so the same key
    monkeypatch.setenv("CXX", cxx)
    assert build.build("plain", fresh).answer() == 42
    assert not list(fresh.glob("build-*"))  # and what the killed one left is gone


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty"])
def test_a_damaged_library_is_set_aside_and_built_again(small, fresh, caplog, damage):
    build.build("plain", fresh)
    (path,) = fresh.glob("*.so")
    content = path.read_bytes()
    path.unlink()  # the loaded one keeps its own bytes
    path.write_bytes({"truncated": content[:700], "altered": content[:-1] + b"?", "empty": b""}[damage])
    assert build.build("plain", fresh).answer() == 42
    assert f"{path} was altered; it is set aside and built again" in caplog.text
    assert len(list(fresh.glob("*.broken"))) == 1
    assert [found.read_bytes() for found in fresh.glob("*.so")] == [content]


def test_a_sound_file_that_is_no_library_is_set_aside_and_built_again(small, fresh, caplog):
    fresh.mkdir()
    key, content = build._key(build.find_compiler(), "plain"), b"not a library"
    impostor = fresh / f"{key}-{build._content_digest(content)}.so"
    impostor.write_bytes(content)
    impostor.chmod(0o700)
    assert build.build("plain", fresh).answer() == 42
    assert f"{impostor} does not load; it is set aside and built again" in caplog.text


# --- Nothing that another user could have written ---


def test_the_folder_and_the_library_are_this_user_s_alone(small, fresh):
    old = os.umask(0)
    try:
        build.build("plain", fresh)
    finally:
        os.umask(old)
    (path,) = fresh.glob("*.so")
    assert [stat.S_IMODE(found.stat().st_mode) for found in (fresh, path)] == [0o700, 0o700]


def test_a_folder_that_others_could_write_is_made_private_and_what_they_could_write_is_built_again(small, fresh, caplog):
    build.build("plain", fresh)
    (path,) = fresh.glob("*.so")
    path.chmod(0o722)
    fresh.chmod(0o777)
    assert build.build("plain", fresh).answer() == 42
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700
    assert f"{path} can be written by other users; it is set aside and built again" in caplog.text
    assert [stat.S_IMODE(found.stat().st_mode) for found in fresh.glob("*.so")] == [0o700]


def planted(folder, answer=666):
    """Puts a library that answers otherwise into ``folder``, under the name that the genuine one has: its path."""
    source = folder.parent / "planted.cpp"
    source.write_text(SOURCE.replace("42", str(answer)))
    made = folder / "planted"
    subprocess.run([*build.find_compiler(), "-shared", "-fPIC", str(source), "-o", str(made)], check=True)
    made.chmod(0o700)
    return made.rename(folder / f"{build._key(build.find_compiler(), 'plain')}-{build._content_digest(made.read_bytes())}.so")


@pytest.fixture
def another_user():
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root gives a file to another user")
    return 12345


def test_a_planted_library_is_what_the_name_alone_would_load(small, fresh):
    fresh.mkdir()
    planted(fresh)
    assert build.build("plain", fresh).answer() == 666  # so the tests below would fail without the checks


def test_a_library_of_another_user_is_set_aside_and_built_again(small, fresh, caplog, another_user):
    fresh.mkdir()
    path = planted(fresh)
    os.chown(path, another_user, another_user)
    assert build.build("plain", fresh).answer() == 42
    assert f"{path} is no file of this user; it is set aside and built again" in caplog.text


def test_a_link_to_a_library_is_set_aside_and_built_again(small, fresh, caplog):
    fresh.mkdir()
    path = planted(fresh)
    path.symlink_to(path.rename(fresh.parent / "elsewhere"))
    assert build.build("plain", fresh).answer() == 42
    assert f"{path} cannot be opened (" in caplog.text


def test_a_folder_of_another_user_is_left_alone_and_said(small, fresh, caplog, another_user):
    fresh.mkdir()
    path = planted(fresh)
    os.chown(fresh, another_user, another_user)
    assert build.library().answer() == 42
    assert build.fallback() == f"every process compiles the kernels anew: the cache folder {fresh} belongs to another user"
    assert caplog.messages == [build.fallback()]
    assert list(fresh.iterdir()) == [path]


def test_a_folder_whose_file_system_keeps_no_modes_is_not_used(small, fresh, monkeypatch):
    fresh.mkdir()
    planted(fresh)
    fresh.chmod(0o777)
    monkeypatch.setattr(build.Path, "chmod", lambda path, mode: None)
    with pytest.raises(build.FolderError, match=r"can be written by other users$"):
        build.build("plain", fresh)


# --- CXX ---


@pytest.mark.parametrize("options", ["-pthread", "-pthread -DNAME='two words'"])
def test_cxx_may_name_options_as_in_a_shell(small, fresh, monkeypatch, options):
    monkeypatch.setenv("CXX", f"{build.find_compiler()[0]} {options}")
    assert build.library().answer() == 42
    assert build.fallback() == ""
    assert len(build.find_compiler()) == options.count("-") + 1


def test_cxx_may_name_a_program_before_the_compiler(small, fresh, monkeypatch):
    monkeypatch.setenv("CXX", f"env {build.find_compiler()[0]}")
    assert build.library().answer() == 42


def test_a_compiler_with_a_space_in_its_path_is_found(small, monkeypatch, tmp_path):
    (tmp_path / "my compiler").mkdir()
    path = compiler(tmp_path / "my compiler", 'exec $real "$@"')
    monkeypatch.setenv("CXX", path)
    assert build.find_compiler() == (path,)


def test_another_option_is_another_library(small, fresh):
    (path,) = build.find_compiler()
    assert build._key((path, "-pthread"), "plain") != build._key((path,), "plain")


def test_no_option_of_cxx_gives_up_nan_or_infinity(small, fresh, monkeypatch):
    source = 'extern "C" int answer() {\n#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__\nreturn 1;\n#endif\nreturn 42; }\n'
    (small / "answer.cpp").write_text(source)
    monkeypatch.setenv("CXX", f"{build.find_compiler()[0]} -ffast-math")
    assert build.library().answer() == 42


def test_a_cxx_that_is_no_command_is_said(fresh, monkeypatch):
    monkeypatch.setenv("CXX", "g++ 'unclosed")
    assert build.library() is None
    assert "CXX names no command" in build.fallback()


# --- Doing without ---


def test_without_a_compiler_the_recurrence_runs_on_torch_and_says_so_once(fresh, monkeypatch, caplog):
    operands = torch.randn(6, 4, 2), torch.randn(5, 2), torch.eye(5), torch.zeros(5)
    expected = plain.plain_recurrence(*(value.double() for value in operands), "relu")
    monkeypatch.setenv("CXX", "no-such-compiler")
    for _ in range(3):
        torch.testing.assert_close(plain.plain_recurrence(*operands, "relu"), expected.float())
    assert [record.getMessage() for record in caplog.records] == [
        "the recurrences run on torch's operations, several times slower: there is no C++ compiler (no-such-compiler)"
    ]
    assert build.path_taken() == "torch"
    assert build.fallback() == caplog.messages[0]


def test_a_compiler_that_fails_is_one_line_with_its_complaint(small, fresh, monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("CXX", compiler(tmp_path, "echo 'answer.cpp:1: error: out of ideas' >&2; exit 1"))
    assert build.library() is None
    (record,) = caplog.records
    assert "cannot compile the kernels (answer.cpp:1: error: out of ideas)" in record.getMessage()
    assert not list(fresh.glob("*.so"))


def test_where_the_cache_folder_cannot_be_written_every_process_compiles_for_itself_and_says_so_once(small, monkeypatch, caplog, tmp_path):
    folder, temporary = tmp_path / "file" / "cache", tmp_path / "temporary"
    (tmp_path / "file").write_text("")
    temporary.mkdir()
    monkeypatch.setattr(build, "cache_folder", lambda: folder)
    monkeypatch.setattr(build.tempfile, "tempdir", str(temporary))
    assert [build.library().answer() for _ in range(2)] == [42, 42]
    assert build.fallback().startswith(f"every process compiles the kernels anew: the cache folder {folder} cannot be used (")
    assert caplog.messages == [build.fallback()]
    assert build.path_taken() != "torch"
    assert list(temporary.iterdir()) == []


def test_without_a_home_folder_every_process_compiles_for_itself(small, no_home, monkeypatch):
    monkeypatch.setattr(build, "cache_folder", CACHE_FOLDER)
    assert build.library().answer() == 42
    assert build.fallback() == ("every process compiles the kernels anew: there is no home folder for a cache; set HOME or XDG_CACHE_HOME")


def test_with_neither_a_cache_nor_a_temporary_folder_torch_runs_and_both_are_said(small, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(build, "cache_folder", lambda: tmp_path / "file" / "cache")
    monkeypatch.setattr(build.tempfile, "tempdir", str(tmp_path / "file"))
    assert build.library() is None
    assert build.fallback().startswith("the recurrences run on torch's operations, several times slower: the cache folder")
    assert "and there is no temporary folder to use instead (" in build.fallback()


@pytest.fixture
def noexec(monkeypatch):
    """Makes every folder look as if it were mounted noexec, where no library can be loaded from a file of it."""
    loader = build.ctypes.CDLL

    def load(name):
        if "memfd:" not in os.readlink(name):
            raise OSError("failed to map segment from shared object")
        return loader(name)

    monkeypatch.setattr(build, "_noexec", lambda file: True)
    monkeypatch.setattr(build.ctypes, "CDLL", load)


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this platform has no files in memory")
def test_a_cache_folder_that_is_mounted_noexec_keeps_what_runs_from_memory(small, fresh, noexec):
    assert build.library().answer() == 42
    assert build.fallback() == ""
    (path,) = fresh.glob("*.so")
    build._library.cache_clear()
    assert build.library().answer() == 42
    assert list(fresh.glob("*.so")) == [path]


def test_where_no_folder_and_no_memory_runs_programs_torch_runs_and_says_why(small, fresh, noexec, monkeypatch):
    def refuse(name):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    assert build.library() is None
    assert f"several times slower: the cache folder {fresh} is mounted noexec, and there is no temporary folder" in build.fallback()
    assert not list(fresh.glob("*.broken"))


# --- RIN_CLAIMS_KERNELS ---


def test_an_unknown_choice_is_refused_in_one_line(fresh, monkeypatch):
    monkeypatch.setenv(kernel_choice.VARIABLE, "sse9")
    with pytest.raises(kernel_choice.KernelError, match=r"^RIN_CLAIMS_KERNELS is one of native, avx512, avx2, plain, torch, not 'sse9'$"):
        build.library()


def test_an_instruction_set_that_the_cpu_has_not_is_refused(fresh, monkeypatch):
    monkeypatch.setattr(build, "available", lambda: ("avx2", "plain"))
    monkeypatch.setenv(kernel_choice.VARIABLE, "avx512")
    with pytest.raises(kernel_choice.KernelError, match=r"^RIN_CLAIMS_KERNELS=avx512, but this CPU has only avx2, plain$"):
        build.library()


def test_a_forced_instruction_set_does_not_fall_back(fresh, monkeypatch):
    monkeypatch.setenv(kernel_choice.VARIABLE, "plain")
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(kernel_choice.KernelError, match=r"there is no C\+\+ compiler \(no-such-compiler\); set RIN_CLAIMS_KERNELS=torch"):
        build.library()


def test_torch_is_a_choice_that_builds_nothing(fresh, monkeypatch):
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    assert build.library() is None
    assert build.fallback() == ""
    assert not fresh.exists()


@pytest.mark.parametrize(
    ("machine", "capability", "best"),
    [
        ("x86_64", "AVX512", "avx512"),
        ("AMD64", "AVX2", "avx2"),
        ("x86_64", "DEFAULT", "plain"),
        ("aarch64", "SVE256", "neon"),
        ("arm64", "DEFAULT", "neon"),
    ],
)
def test_the_best_instruction_set_of_the_cpu_is_taken(monkeypatch, machine, capability, best):
    monkeypatch.setattr(build.platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert build.available.__wrapped__()[0] == best
    assert set(build.available.__wrapped__()) <= set(build.INSTRUCTIONS)


def test_provenance_names_the_path_that_runs(fresh, monkeypatch):
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    assert environment.environment()["recurrence"] == "torch"


def test_every_source_of_the_kernels_is_in_the_fingerprint_of_a_training():
    sources = build._sources()
    assert {"plain.cpp", "product.h", "vector_math.h", "vectors.h"} <= {source.name for source in sources}
    recipes = [Training("smoke", Adding(5, 8, 8), Network(cell), Optimizer("adam", 1e-3), 4, 2, 1) for cell in ("rin", "lstm")]
    counted = {name.rsplit("/", 1)[-1] for recipe in recipes for name in fingerprint.code_digests(recipe)}
    assert counted >= {source.name for source in sources}
