"""What of torch and of the GPUs works on this machine, in words."""

from __future__ import annotations

import torch


def torch_build() -> str:
    """Describe the installed torch: its version, what it was built for, its threads."""
    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for the CPU alone"
    threads = torch.get_num_threads()
    return f"{torch.__version__}, {built}, {threads} {'thread' if threads == 1 else 'threads'}"


def gpu_products() -> tuple[str, str]:
    """Multiply on every GPU in single precision, and hold the product against double precision on the CPU.

    Returns the names of the GPUs, and what is wrong ("" if nothing is).
    """
    names, generator = [], torch.Generator().manual_seed(0)
    left, right = (torch.randn(128, 128, generator=generator, dtype=torch.float64) for _ in range(2))
    for index in range(torch.cuda.device_count()):
        device = f"cuda:{index}"
        names.append(torch.cuda.get_device_name(device))
        product = (left.float().to(device) @ right.float().to(device)).double().cpu()
        if not torch.allclose(product, left @ right, atol=1e-2):
            return ", ".join(names), f"{names[-1]} ({device}) multiplies wrongly"
    return ", ".join(names), ""
