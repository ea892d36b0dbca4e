"""The operations of the kernels on numbers cut into blocks.

A row of H numbers is a tuple of tensors (TILE, width), one for each of BLOCKS. A matrix is a flat tuple of tensors, block row by block row.
Tuples are unrolled when a kernel is compiled.

Products in IEEE float32 keep both operands of a whole ``tl.dot`` alive, so that one of 128 terms spills its registers. Rows are therefore
multiplied in quarters of their blocks, every fourth column together. A thread then holds four columns side by side, and no number moves. A
barrier after each product keeps the compiler from starting to read the next one's operands. It also keeps a matrix that does not fit from
being taken out of the loop over time.
"""
# ruff: noqa: RUF005 - a compiled kernel can add tuples but not unpack one into another

from __future__ import annotations

import triton
import triton.language as tl

NARROW = 2  # inputs of at most this width are multiplied inside the loop over time


@triton.jit
def numbers(BLOCKS: tl.constexpr):
    """Make the column numbers of each block, (1, width)."""
    made = ()
    first = 0
    for j in tl.static_range(len(BLOCKS)):
        made = made + ((first + tl.arange(0, BLOCKS[j]))[None, :],)
        first += BLOCKS[j]
    return made


@triton.jit
def terms(BLOCKS: tl.constexpr):
    """Make the column numbers of each part that ``quarters`` makes, (1, width)."""
    made = ()
    first = 0
    for j in tl.static_range(len(BLOCKS)):
        if BLOCKS[j] >= 64:
            for part in tl.static_range(4):
                made = made + ((first + part + 4 * tl.arange(0, BLOCKS[j] // 4))[None, :],)
        else:
            made = made + ((first + tl.arange(0, BLOCKS[j]))[None, :],)
        first += BLOCKS[j]
    return made


@triton.jit
def quarters(rows):
    """Cut rows into narrower blocks: every fourth column of each block of 64 or more together."""
    made = ()
    for j in tl.static_range(len(rows)):
        if rows[j].shape[1] >= 64:
            pairs = tl.reshape(rows[j], (rows[j].shape[0], rows[j].shape[1] // 4, 2, 2))
            even, odd = tl.split(pairs)
            first, third = tl.split(even)
            second, fourth = tl.split(odd)
            made = made + (first, second, third, fourth)
        else:
            made = made + (rows[j],)
    return made


@triton.jit
def _zero_block(ROWS: tl.constexpr, WIDTH: tl.constexpr):
    return tl.zeros([ROWS, WIDTH], tl.float32)


@triton.jit
def zeros(ROWS: tl.constexpr, BLOCKS: tl.constexpr, TIMES: tl.constexpr = 1):
    """Make rows of zeros, each block TIMES as wide as in BLOCKS."""
    made = ()
    for j in tl.static_range(len(BLOCKS)):
        made = made + (_zero_block(ROWS, TIMES * BLOCKS[j]),)
    return made


@triton.jit
def load_block(rows, present, column, limit, stride):
    """Load the columns ``column`` (1, width) below ``limit`` of the rows that begin at the addresses ``rows``.

    Two columns are ``stride`` apart.
    """
    return tl.load(rows + column * stride, mask=present & (column < limit), other=0.0)


@triton.jit
def load_rows(rows, present, columns, limit, stride):
    """Load the columns below ``limit`` of the rows that begin at the addresses ``rows`` (TILE, 1).

    Two columns are ``stride`` apart. Columns from ``limit`` on are zeros.
    """
    made = ()
    for j in tl.static_range(len(columns)):
        made = made + (load_block(rows, present, columns[j], limit, stride),)
    return made


@triton.jit
def store_rows(rows, present, columns, limit, values):
    """Store ``values`` in the columns below ``limit`` of the rows that begin at the addresses ``rows`` (TILE, 1)."""
    for j in tl.static_range(len(columns)):
        tl.store(rows + columns[j], values[j], mask=present & (columns[j] < limit))


@triton.jit
def load_row(row, columns, limit, stride):
    """Load one row for all of a tile, in (1, width) blocks."""
    made = ()
    for j in tl.static_range(len(columns)):
        made = made + (tl.load(row + columns[j] * stride, mask=columns[j] < limit, other=0.0),)
    return made


@triton.jit
def _load_matrix_block(place, row, column):
    matrix, row_stride, column_stride, _, _, row_limit, column_limit = place
    inside = (row < row_limit) & (column < column_limit)
    return tl.load(matrix + row * row_stride + column * column_stride, mask=inside, other=0.0)


@triton.jit
def load_matrix(place):
    """Load the blocks of a matrix, with zeros past its limits.

    ``place`` is its address, the strides of its rows and columns, the numbers of its block rows and of its block columns (both as (1,
    width)), and the numbers of its rows and columns.
    """
    made = ()
    for j in tl.static_range(len(place[3])):
        for k in tl.static_range(len(place[4])):
            made = made + (_load_matrix_block(place, tl.trans(place[3][j]), place[4][k]),)
    return made


@triton.jit
def accumulate(totals, rows, J: tl.constexpr, matrix, place, RESIDENT: tl.constexpr, PRECISION: tl.constexpr):
    """Add the product of one block of rows with block row J of a matrix to ``totals``.

    ``matrix`` holds the blocks if RESIDENT. Otherwise they are read.
    """
    made = ()
    for k in tl.static_range(len(place[4])):
        block = matrix[J * len(place[4]) + k] if RESIDENT else _load_matrix_block(place, tl.trans(place[3][J]), place[4][k])
        made = made + (tl.dot(rows, block, totals[k], input_precision=PRECISION),)
        tl.debug_barrier()
    return made


@triton.jit
def times(rows, totals, matrix, place, RESIDENT: tl.constexpr, PRECISION: tl.constexpr):
    """Multiply rows by a matrix, and add the product to ``totals`` in one fixed order."""
    for j in tl.static_range(len(place[3])):
        totals = accumulate(totals, rows[j], j, matrix, place, RESIDENT, PRECISION)
    return totals


@triton.jit
def add(these, those):
    """Add two rows."""
    made = ()
    for j in tl.static_range(len(these)):
        made = made + (these[j] + those[j],)
    return made


@triton.jit
def load_input_weights(W, b, columns, limit, WIDTH: tl.constexpr):
    """Load b and then the WIDTH columns of W (limit, WIDTH), each as a row for all of a tile."""
    made = load_row(b, columns, limit, 1)
    for d in tl.static_range(WIDTH):
        made = made + load_row(W + d, columns, limit, WIDTH)
    return made


@triton.jit
def read_inputs(x, x_column, present, columns, limit, WIDTH: tl.constexpr):
    """Read the WIDTH numbers of each row that a step needs, as (TILE, 1) tensors.

    For WIDTH = 0 it reads the row of W x_t + b.
    """
    if WIDTH == 0:
        return load_rows(x, present, columns, limit, x_column)
    else:
        made = ()
        for d in tl.static_range(WIDTH):
            made = made + (tl.load(x + d * x_column, mask=present, other=0.0),)
        return made


@triton.jit
def add_inputs(z, read, weights, WIDTH: tl.constexpr):
    """Compute z + W x_t + b from what ``read_inputs`` and ``load_input_weights`` returned."""
    made = ()
    for j in tl.static_range(len(z)):
        if WIDTH == 0:
            total = z[j] + read[j]
        else:
            total = z[j] + weights[j]
            for d in tl.static_range(WIDTH):
                total += read[d] * weights[(d + 1) * len(z) + j]
        made = made + (total,)
    return made


@triton.jit
def tanh(x):
    """Compute tanh to about two units in the last place."""
    # Near 0, 1 - 2 / (e^2x + 1) would lose every digit.
    square = x * x
    # the continued fraction x / (1 + x^2 / (3 + x^2 / (5 + ...))) up to 9, written out: off by 8e-9 of the value at |x| = 0.8
    near = x * (945.0 + square * (105.0 + square)) / (945.0 + square * (420.0 + square * 15.0))
    e = tl.exp(-2.0 * tl.abs(x))
    far = (1.0 - e) / (1.0 + e)
    return tl.where(square < 0.64, near, tl.where(x < 0, -far, far))


@triton.jit
def logistic(x):
    """Compute 1 / (1 + e^-x), which is 0 where e^-x overflows."""
    return 1.0 / (1.0 + tl.exp(-x))
