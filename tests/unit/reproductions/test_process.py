"""A process that trains uses one thread and no TF32."""

from __future__ import annotations

import torch

from reproductions.running import process


def test_a_prepared_process_trains_on_one_thread_in_full_single_precision() -> None:
    torch.set_num_threads(2)
    process.prepare.cache_clear()
    process.prepare()
    assert torch.get_num_threads() == 1
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def test_preparing_twice_changes_nothing_more() -> None:
    process.prepare()
    torch.set_num_threads(2)
    process.prepare()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
