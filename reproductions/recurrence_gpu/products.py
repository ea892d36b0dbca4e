"""Matrix products of a pack whose bits do not depend on the pack.

A program multiplies for one trial, in an order that the shape fixes. A library picks its algorithm, and with it the order of additions, by
the number of matrices too. Here the inner sum is cut into chunks of a fixed length, one program each. One more kernel adds the chunks in
order. So the answer is the same in every run, whoever shares the pack. There are no atomics, and torch's settings for tf32 have no part in
it.

The weight gradients are such products over all (steps x batch) rows. Inside the backward pass the recurrent matrix fills the shared memory,
so sums accumulated there would have to live in registers. Registers have room for a 100 x 100 sum and nothing else, and none for 200 x 200.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

CHUNK = 2048  # terms that one program adds: 49 programs a trial at 784 steps of 128, and short float32 sums
INNER = 16
TILES = (16, 128)  # least and greatest side of a program's part of the result


@triton.jit
def _multiply(
    a, a_trial, a_row, a_column, b, b_trial, b_row, b_column, parts, rows, columns, terms, chunks,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, INNER: tl.constexpr, CHUNK: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Compute parts (trials, chunks, rows, columns), the products over each chunk of terms."""
    down, across = tl.cdiv(rows, ROWS), tl.cdiv(columns, COLUMNS)
    program = tl.program_id(0)
    row = (program // across % down) * ROWS + tl.arange(0, ROWS)[:, None].to(tl.int64)
    column = (program % across) * COLUMNS + tl.arange(0, COLUMNS)[None, :].to(tl.int64)
    part = (program // (across * down)).to(tl.int64)
    trial, first = part // chunks, part % chunks * CHUNK
    a += trial * a_trial + row * a_row
    b += trial * b_trial + column * b_column
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(0, CHUNK, INNER):
        term = first + start + tl.arange(0, INNER)
        left = tl.load(a + term[None, :] * a_column, mask=(row < rows) & (term[None, :] < terms), other=0.0)
        right = tl.load(b + term[:, None] * b_row, mask=(term[:, None] < terms) & (column < columns), other=0.0)
        total = tl.dot(left, right, total, input_precision=PRECISION)
    tl.store(parts + (part * rows + row) * columns + column, total, mask=(row < rows) & (column < columns))


@triton.jit
def _add_up(parts, sums, chunks, size, BLOCK: tl.constexpr):
    """Add up parts (trials, chunks, size), chunk after chunk, to sums (trials, size)."""
    blocks = tl.cdiv(size, BLOCK)
    trial = (tl.program_id(0) // blocks).to(tl.int64)
    element = (tl.program_id(0) % blocks) * BLOCK + tl.arange(0, BLOCK)
    parts += trial * chunks * size + element
    total = tl.zeros([BLOCK], tl.float32)
    for _ in range(chunks):
        total += tl.load(parts, mask=element < size, other=0.0)
        parts += size
    tl.store(sums + trial * size + element, total, mask=element < size)


def product(a: Tensor, b: Tensor, precision: str = "ieee") -> Tensor:
    """Compute a @ b for a (K, M, N) and b (K, N, P), as (K, M, P) in float32.

    The matrices may have any strides. A trial's bits depend on its own matrices and on M, N, P alone.
    """
    (trials, rows, terms), columns = a.shape, b.shape[2]
    chunks = max(1, -(-terms // CHUNK))
    tile_rows, tile_columns = _tile(rows), _tile(columns)
    parts = a.new_empty(trials, chunks, rows, columns)
    programs = trials * chunks * -(-rows // tile_rows) * -(-columns // tile_columns)
    with torch.cuda.device_of(a):
        _multiply[(programs,)](
            a, *a.stride(), b, *b.stride(), parts, rows, columns, terms, chunks, tile_rows, tile_columns, INNER,
            min(CHUNK, -(-terms // INNER) * INNER), precision, num_warps=8, enable_fp_fusion=True,
        )  # fmt: skip
        if chunks == 1:
            return parts[:, 0]
        sums, block = a.new_empty(trials, rows, columns), 1024
        _add_up[(trials * -(-rows * columns // block),)](parts, sums, chunks, rows * columns, block, enable_fp_fusion=True)
    return sums


def total(rows: Tensor) -> Tensor:
    """Compute the sum over N of rows (K, N, P), as (K, P), with the guarantees of ``product``."""
    return product(rows.new_ones(1, 1, 1).expand(rows.shape[0], 1, rows.shape[1]), rows)[:, 0]


def _tile(side: int) -> int:
    least, greatest = TILES
    return max(least, min(greatest, 1 << (side - 1).bit_length()))
