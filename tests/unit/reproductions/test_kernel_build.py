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
def small(fresh, monkeypatch, tmp_path):
    """One tiny source in place of the kernels; the folder that holds it."""
    try:
        build.find_compiler()
    except build.BuildError as error:
        pytest.skip(f"nothing can be compiled: {error}")
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "answer.cpp").write_text(SOURCE)
    monkeypatch.setattr(build, "SOURCES", folder)
    return folder


def compiler(folder, script):
    """A C++ compiler of our own: its path. ``$real`` in the script is the machine's."""
    path = folder / "our-compiler"
    path.write_text(f'#!/bin/sh\nreal={build.find_compiler()}\nif [ "$1" = --version ]; then exec $real --version; fi\n{script}\n')
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
    keys.add(build._key(sys.executable, "plain"))  # answers --version with something else
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
    assert f"{path} was altered or does not load; it is set aside and built again" in caplog.text
    assert len(list(fresh.glob("*.broken"))) == 1
    assert [found.read_bytes() for found in fresh.glob("*.so")] == [content]


def test_a_sound_file_that_is_no_library_is_set_aside_and_built_again(small, fresh, caplog):
    fresh.mkdir()
    key, content = build._key(build.find_compiler(), "plain"), b"not a library"
    impostor = fresh / "content"
    impostor.write_bytes(content)
    impostor.rename(fresh / f"{key}-{build._content_digest(impostor)}.so")
    assert build.build("plain", fresh).answer() == 42
    assert "is set aside and built again" in caplog.text


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


def test_a_compiler_that_fails_is_one_line_with_its_complaint(small, fresh, monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("CXX", compiler(tmp_path, "echo 'answer.cpp:1: error: out of ideas' >&2; exit 1"))
    assert build.library() is None
    (record,) = caplog.records
    assert "cannot compile the kernels (answer.cpp:1: error: out of ideas)" in record.getMessage()
    assert not list(fresh.glob("*.so"))


def test_a_cache_folder_that_cannot_be_written_is_said(small, monkeypatch, caplog, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(build, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert build.library() is None
    assert f"the cache folder {tmp_path / 'file' / 'cache'} cannot be used (" in caplog.text


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
