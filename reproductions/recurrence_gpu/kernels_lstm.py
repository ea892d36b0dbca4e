"""The Triton kernels of the LSTM.

As in ``kernels_plain``, a program takes a tile of batch rows of one trial through all steps. The columns of U^T are read gate by gate
within each unit (i, f, g, o of unit 0, of unit 1, ...). So one product gives a thread all four gates of its units, and the cell is updated
in registers. In memory everything is stacked as i, f, g, o.
"""
# ruff: noqa: RUF005 - a compiled kernel can add tuples but not unpack one into another

from __future__ import annotations

import triton
import triton.language as tl

from reproductions.recurrence_gpu.blocks import (
    accumulate,
    add,
    add_inputs,
    load_block,
    load_input_weights,
    load_matrix,
    load_rows,
    logistic,
    numbers,
    quarters,
    read_inputs,
    store_rows,
    tanh,
    terms,
    times,
    zeros,
)


@triton.jit
def _units_gates(BLOCKS: tl.constexpr, HIDDEN: tl.constexpr):
    """Make the column numbers of U^T, unit by unit with the four gates of each.

    Past the last unit the number is 4 HIDDEN, which is no column.
    """
    made = ()
    first = 0
    for j in tl.static_range(len(BLOCKS)):
        n = tl.arange(0, 4 * BLOCKS[j])
        unit = first + n // 4
        made = made + (tl.where(unit < HIDDEN, n % 4 * HIDDEN + unit, 4 * HIDDEN)[None, :],)
        first += BLOCKS[j]
    return made


@triton.jit
def _gates_of_blocks(columns, HIDDEN: tl.constexpr):
    """Make the row numbers of U for each block of units, gate after gate.

    The gradients of the gates are multiplied by these rows.
    """
    made = ()
    for j in tl.static_range(len(columns)):
        for gate in tl.static_range(4):
            made = made + (tl.where(columns[j] < HIDDEN, gate * HIDDEN + columns[j], 4 * HIDDEN),)
    return made


@triton.jit
def _cell(z, c, columns, limit):
    """Compute every block's (i, f, g, o), flat, and the blocks of c_t and h_t.

    ``z`` holds the arguments of the gates, ordered as ``_units_gates`` orders them.
    """
    arguments = quarters(z)
    gates, cells, outputs = (), (), ()
    for j in tl.static_range(len(c)):
        i, f = logistic(arguments[4 * j]), logistic(arguments[4 * j + 1])
        g, o = tanh(arguments[4 * j + 2]), logistic(arguments[4 * j + 3])
        cell = tl.where(columns[j] < limit, f * c[j] + i * g, 0.0)  # infinite inputs make NaN of the columns that pad, too
        gates = gates + (i, f, g, o)
        cells = cells + (cell,)
        outputs = outputs + (tl.where(columns[j] < limit, o * tanh(cell), 0.0),)
    return gates, cells, outputs


@triton.jit
def _every_fourth(values, FIRST: tl.constexpr):
    made = ()
    for j in tl.static_range(len(values) // 4):
        made = made + (values[4 * j + FIRST],)
    return made


@triton.jit
def forward(
    x, x_trial, x_step, x_row, x_column, W, U, b, outputs, kept, last, steps, batch, area,
    HIDDEN: tl.constexpr, WIDTH: tl.constexpr, KEEP: tl.constexpr, LAST_ONLY: tl.constexpr,
    TILE: tl.constexpr, BLOCKS: tl.constexpr, RESIDENT: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Compute the outputs (trials, steps, batch, HIDDEN), or the last alone, (trials, batch, HIDDEN).

    The last alone is computed with LAST_ONLY and without KEEP. With KEEP, i, f, g, o and c of every step are kept too, (trials, 5, steps,
    batch, HIDDEN). x has the given strides. W (trials, 4 HIDDEN, WIDTH), U transposed (trials, HIDDEN, 4 HIDDEN) and b (trials, 4 HIDDEN)
    are contiguous. ``area`` is steps x batch x HIDDEN.
    """
    tiles = tl.cdiv(batch, TILE)
    trial = (tl.program_id(0) // tiles).to(tl.int64)
    row = (tl.program_id(0) % tiles) * TILE + tl.arange(0, TILE)[:, None]
    present, columns, gate_columns = row < batch, numbers(BLOCKS), _units_gates(BLOCKS, HIDDEN)
    x += trial * x_trial + row * x_row
    outputs += trial * area + row * HIDDEN
    kept += trial * 5 * area + row * HIDDEN
    weights = load_input_weights(W + trial * 4 * HIDDEN * WIDTH, b + trial * 4 * HIDDEN, gate_columns, 4 * HIDDEN, WIDTH)
    place = (U + trial * 4 * HIDDEN * HIDDEN, 4 * HIDDEN, 1, terms(BLOCKS), gate_columns, HIDDEN, 4 * HIDDEN)
    matrix = load_matrix(place) if RESIDENT else ()
    z = zeros(TILE, BLOCKS, 4)
    h, c = zeros(TILE, BLOCKS), zeros(TILE, BLOCKS)
    for _ in range(steps):
        read = read_inputs(x, x_column, present, gate_columns, 4 * HIDDEN, WIDTH)
        gates, c, h = _cell(add_inputs(z, read, weights, WIDTH), c, columns, HIDDEN)
        if KEEP:
            for gate in tl.static_range(4):
                store_rows(kept + gate * area, present, columns, HIDDEN, _every_fourth(gates, gate))
            store_rows(kept + 4 * area, present, columns, HIDDEN, c)
        if KEEP or not LAST_ONLY:
            store_rows(outputs, present, columns, HIDDEN, h)
        z = times(quarters(h), zeros(TILE, BLOCKS, 4), matrix, place, RESIDENT, PRECISION)  # the next step's
        x += x_step
        outputs += batch * HIDDEN
        kept += batch * HIDDEN
    if LAST_ONLY and not KEEP:
        store_rows(last + (trial * batch + row) * HIDDEN, present, columns, HIDDEN, h)


@triton.jit
def _cell_backward(to_h, to_c, i, f, g, o, c, before, real):
    """Compute the gradients of the arguments of i, f, g, o and of c_{t-1} in one block of units.

    They are zero where ``real`` is false.
    """
    squashed = tanh(c)
    to_c = tl.where(real, to_c + to_h * o * (1.0 - squashed * squashed), 0.0)  # 0 x inf in the columns that pad is no gradient
    to_o = tl.where(real, to_h * squashed * o * (1.0 - o), 0.0)
    return to_c * g * i * (1.0 - i), to_c * before * f * (1.0 - f), to_c * i * (1.0 - g * g), to_o, to_c * f


@triton.jit
def backward(
    gradient, to_trial, to_step, to_row, to_column, kept, U, deltas, steps, batch, area,
    HIDDEN: tl.constexpr, LAST_ONLY: tl.constexpr,
    TILE: tl.constexpr, BLOCKS: tl.constexpr, RESIDENT: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Compute the gradients of the arguments of i, f, g and o at every step, (trials, 4, steps, batch, HIDDEN).

    ``gradient`` is the gradient of every output, or with LAST_ONLY of the last output; then ``to_step`` counts for nothing. U is (trials, 4
    HIDDEN, HIDDEN).
    """
    tiles = tl.cdiv(batch, TILE)
    trial = (tl.program_id(0) // tiles).to(tl.int64)
    row = (tl.program_id(0) % tiles) * TILE + tl.arange(0, TILE)[:, None]
    present, columns = row < batch, numbers(BLOCKS)
    within = area - batch * HIDDEN + row * HIDDEN  # the last step
    kept += trial * 5 * area + within
    deltas += trial * 4 * area + within
    gradient += trial * to_trial + row * to_row
    place = (U + trial * 4 * HIDDEN * HIDDEN, HIDDEN, 1, _gates_of_blocks(columns, HIDDEN), columns, 4 * HIDDEN, HIDDEN)
    matrix = load_matrix(place) if RESIDENT else ()
    if LAST_ONLY:
        to_h = load_rows(gradient, present, columns, HIDDEN, to_column)
    else:
        to_h = zeros(TILE, BLOCKS)
        gradient += (steps - 1) * to_step
    to_c = zeros(TILE, BLOCKS)
    c = load_rows(kept + 4 * area, present, columns, HIDDEN, 1)
    for step in range(steps):
        if not LAST_ONLY:
            to_h = add(to_h, load_rows(gradient, present, columns, HIDDEN, to_column))
            gradient -= to_step
        earlier = present & (step < steps - 1)  # c_0 = 0
        to_before, before, totals = (), (), zeros(TILE, BLOCKS)
        for j in tl.static_range(len(BLOCKS)):  # block by block, so that only one block's operands of the product exist at a time
            i = load_block(kept, present, columns[j], HIDDEN, 1)
            f = load_block(kept + area, present, columns[j], HIDDEN, 1)
            g = load_block(kept + 2 * area, present, columns[j], HIDDEN, 1)
            o = load_block(kept + 3 * area, present, columns[j], HIDDEN, 1)
            cell = load_block(kept + 4 * area - batch * HIDDEN, earlier, columns[j], HIDDEN, 1)
            to_i, to_f, to_g, to_o, to_cell = _cell_backward(to_h[j], to_c[j], i, f, g, o, c[j], cell, columns[j] < HIDDEN)
            made = (to_i, to_f, to_g, to_o)
            for gate in tl.static_range(4):
                tl.store(deltas + gate * area + columns[j], made[gate], mask=present & (columns[j] < HIDDEN))
                totals = accumulate(totals, made[gate], 4 * j + gate, matrix, place, RESIDENT, PRECISION)
            before, to_before = before + (cell,), to_before + (to_cell,)
        to_h, to_c, c = totals, to_before, before
        kept -= batch * HIDDEN
        deltas -= batch * HIDDEN
