"""The layout of a recurrent matrix on a GPU: the blocks of its padded sides, and what stays on chip.

A tensor inside a Triton kernel has sides that are powers of two. Padding hidden 100 to 128 costs 64 % more products than 100 x 100, which
is cheap beside a step's fixed cost. Padding 200 to 256 would take 256 KB, more than the 227 KB of shared memory that a program may have on
an H100 or H200. A side is therefore cut into the fewest powers of two with which the matrix fits: 128 + 64 + 16 = 208 for 200, 169 KB.

This is what stays on chip (in shared memory, read from global memory once before the first step), with products in IEEE float32 on an H100
or H200:

    one matrix   (RIN, IRNN, tanh)   hidden 100: one block of 128, 72 KB      hidden 200: 128 + 64 + 16, 195 KB
    two matrices (RIN-DT)            hidden 100: one block of 128, 136 KB     hidden 200: no
    four gates   (LSTM)              hidden 100: 64 + 32 + 16, 216 KB         hidden 200: no

The sizes are what a program takes in all, with the rows that are multiplied by the matrix. "tf32x3" keeps two tf32 numbers for each float32
and takes twice as much. A matrix may not fit: one marked "no" above, or any on a smaller GPU. Then its blocks of at most 64 x 64 are read
anew at every step. All programs of a trial read the same blocks, so they come from the second-level cache.
"""

from __future__ import annotations

import dataclasses

import torch

H100_SHARED_BYTES = 232_448  # the most that a program may have there; what the interpreter plans for
LARGEST_HIDDEN = 256  # the kernels are unrolled over pairs of blocks: more would take minutes to compile
SMALLEST_BLOCK = 16  # the least side of a product on every GPU
STREAMED_BLOCK = 64
TILES = (16, 32)  # least and greatest number of batch rows of a program


@dataclasses.dataclass(frozen=True)
class Layout:
    """The blocks of a matrix and the size of a program.

    ``blocks`` are the widths that a padded side is cut into. ``resident`` says whether the matrices stay on chip for all steps.
    """

    blocks: tuple[int, ...]
    resident: bool
    tile: int
    warps: int
    shared_bytes: int


def layout(stages: int, gates: int, hidden: int, batch: int, precision: str, shared: int) -> Layout:
    """Lay out ``stages`` matrices (gates x H, H) within ``shared`` bytes of shared memory, for a batch."""
    for count in (1, 2, 3):
        blocks = cut(hidden, count)
        # A matrix of one block leaves room for several programs beside each other: 16 rows and four warps each give every thread
        # 4 x 4 results of a product. A matrix of several blocks fills the memory: 32 rows and eight warps, if the batch has the rows
        # and they fit.
        tiles = TILES[:1] if count == 1 or batch <= TILES[0] else TILES[::-1]
        for tile in tiles:
            needed = shared_bytes(blocks, tile, stages, gates, precision)
            if needed <= shared:
                return Layout(blocks, True, tile, 4 if gates == 1 and tile == TILES[0] else 8, needed)
    whole, rest = divmod(hidden, STREAMED_BLOCK)
    blocks = (STREAMED_BLOCK,) * whole + (cut(rest, 1) if rest else ())
    return Layout(blocks, False, TILES[0], 8, 0)


def cut(hidden: int, count: int) -> tuple[int, ...]:
    """Cut ``hidden`` into at most ``count`` powers of two, falling, that add up to it or a little more."""
    rest, blocks = -(-hidden // SMALLEST_BLOCK) * SMALLEST_BLOCK, []
    while rest > 0:
        power = 1 << (rest.bit_length() - 1)  # the greatest within the rest
        if len(blocks) == count - 1 and power < rest:
            power *= 2
        blocks.append(power)
        rest -= power
    return tuple(blocks)


def shared_bytes(blocks: tuple[int, ...], tile: int, stages: int, gates: int, precision: str) -> int:
    """Add up the bytes of the matrices and of the rows that are multiplied by one of them.

    The rows are (tile, gates x H).
    """
    width = sum(blocks)
    return 4 * (2 if precision == "tf32x3" else 1) * gates * width * (stages * width + tile)


def shared_memory(device: torch.device) -> int:
    """Return the bytes of shared memory that one program may have on ``device``."""
    if device.type != "cuda":
        return H100_SHARED_BYTES
    return torch.cuda.get_device_properties(device).shared_memory_per_block_optin
