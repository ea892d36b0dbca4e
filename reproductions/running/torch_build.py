"""The installed torch, in words."""

from __future__ import annotations

import torch


def torch_build() -> str:
    """Describe the installed torch: its version, what it was built for, its threads."""
    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for the CPU alone"
    threads = torch.get_num_threads()
    return f"{torch.__version__}, {built}, {threads} {'thread' if threads == 1 else 'threads'}"
