"""A checkpoint gives back the exact state, or nothing."""

import errno
import os
from collections import OrderedDict

import pytest
import torch

from reproductions.checkpoint import HEADER, CheckpointFile
from reproductions.seeding import numpy_generator, torch_generator
from reproductions.store import outcomes as store_module
from reproductions.store.files import StoreError


@pytest.fixture
def checkpoint(tmp_path):
    return CheckpointFile(tmp_path / "trial.pt")


def test_model_optimizer_and_random_streams_come_back_to_the_bit(checkpoint):
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    stream, numbers = torch_generator("a", 1), numpy_generator("a", 1)
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "torch": stream.get_state(),
        "numpy": numbers.bit_generator.state,  # PCG64 keeps integers of 128 bits
        "update": 17,
        "curves": {"updates": [1, 2], "loss": [0.1, None]},
        "loss": (0.25, 3),
    }
    checkpoint.save(state)
    loaded = checkpoint.load()
    assert isinstance(loaded["model"], OrderedDict)
    assert all(torch.equal(loaded["model"][name], value) for name, value in state["model"].items())
    moments = loaded["optimizer"]["state"][0]["exp_avg"]
    assert torch.equal(moments, optimizer.state_dict()["state"][0]["exp_avg"])
    assert torch.equal(loaded["torch"], state["torch"])
    assert loaded["numpy"] == state["numpy"]
    assert {name: loaded[name] for name in ("update", "curves", "loss")} == {name: state[name] for name in ("update", "curves", "loss")}


def test_there_is_nothing_before_the_first_save_and_after_removal(checkpoint):
    assert checkpoint.load() is None
    checkpoint.save({"update": 1})
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None
    assert checkpoint.reports == []


def test_the_latest_state_wins_and_no_other_file_is_left(checkpoint):
    for update in (1, 2):
        checkpoint.save({"update": update})
    assert checkpoint.load() == {"update": 2}
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 4]) + data[position + 1 :]


DAMAGES = {
    "truncated": lambda data: data[:-1],
    "cut inside the header": lambda data: data[:10],
    "empty": lambda data: b"",
    "bit flipped in the state": lambda data: flip(data, len(data) // 2),
    "bit flipped in the checksum": lambda data: flip(data, len(HEADER) + 5),
    "another version": lambda data: data.replace(b"checkpoint 1", b"checkpoint 2", 1),
    "no checkpoint": lambda data: b"hello",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_checkpoint_is_set_aside_and_the_trial_starts_anew(checkpoint, damage):
    checkpoint.save({"update": 5, "values": torch.arange(100)})
    damaged = damage(checkpoint.path.read_bytes())
    checkpoint.path.write_bytes(damaged)
    assert checkpoint.load() is None
    assert not checkpoint.path.exists()
    assert (checkpoint.path.parent / "set-aside" / "trial.pt.0").read_bytes() == damaged
    assert len(checkpoint.reports) == 1
    assert "\n" not in checkpoint.reports[0]
    assert str(checkpoint.path) in checkpoint.reports[0]
    checkpoint.save({"update": 1})
    assert checkpoint.load() == {"update": 1}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_who_only_asks_for_the_position_changes_nothing(checkpoint, damage):
    assert checkpoint.position() is None
    checkpoint.save({"update": 5, "values": torch.arange(100)})
    assert checkpoint.position() == 5
    damaged = damage(checkpoint.path.read_bytes())
    checkpoint.path.write_bytes(damaged)
    assert checkpoint.position() is None
    assert checkpoint.path.read_bytes() == damaged
    assert checkpoint.reports == []


class Hostile:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_checkpoint_cannot_run_code(checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint.save({"update": 1, "values": Hostile()})
    assert checkpoint.load() is None
    assert not (tmp_path / "executed").exists()
    assert len(checkpoint.reports) == 1


def test_a_full_disk_keeps_the_previous_state(checkpoint, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    checkpoint.save({"update": 1})
    with monkeypatch.context() as patched:
        patched.setattr(store_module.os, "fsync", full)
        with pytest.raises(StoreError, match="No space left on device"):
            checkpoint.save({"update": 2})
    assert checkpoint.load() == {"update": 1}
