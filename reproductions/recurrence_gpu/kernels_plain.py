"""The Triton kernels of the plain recurrence: a program takes a tile of batch rows through all steps.

One launch does all steps of all trials. A step of one trial is too little work for a launch of its own (cuDNN's way: 784 launches forward,
more backward). The programs of one trial need nothing of each other, so a grid of (trials x tiles) runs without waiting. The recurrent
matrix is loaded before the loop over time. Where the layout says so it stays in shared memory, because the compiler places the operand of a
product there, once, outside the loop. The state goes from step to step in registers.

What a step reads of the sequence does not depend on the step before. It is added after the product, which hides the wait for it. A width of
one or two is multiplied inside the loop (WIDTH). For wider inputs ``x`` holds W x_t + b already (WIDTH = 0).

Padded columns are set to zero at every step. Zero weights alone would not do: 0 x inf is NaN, and a diverged unit would spread.
"""
# ruff: noqa: RUF005 - a compiled kernel can add tuples but not unpack one into another

from __future__ import annotations

import triton
import triton.language as tl

from reproductions.recurrence_gpu.blocks import (
    add,
    add_inputs,
    load_input_weights,
    load_matrix,
    load_row,
    load_rows,
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
def _activate(z, columns, limit, TANH: tl.constexpr):
    made = ()
    for j in tl.static_range(len(z)):
        value = tanh(z[j]) if TANH else tl.where(z[j] < 0, 0.0, z[j])  # NaN is not below 0 and stays
        made = made + (tl.where(columns[j] < limit, value, 0.0),)
    return made


@triton.jit
def forward(
    x, x_trial, x_step, x_row, x_column, W, R, b, states, last, steps, batch, area,
    HIDDEN: tl.constexpr, STAGES: tl.constexpr, WIDTH: tl.constexpr, TANH: tl.constexpr, KEEP: tl.constexpr,
    TILE: tl.constexpr, BLOCKS: tl.constexpr, RESIDENT: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Compute the states after every transition with KEEP, otherwise the last state alone.

    The states are (trials, STAGES, steps, batch, HIDDEN), the last state is (trials, batch, HIDDEN). x has the given strides. W (trials,
    HIDDEN, WIDTH), R (trials, STAGES, HIDDEN, HIDDEN) and b (trials, STAGES, HIDDEN) are contiguous. ``area`` is steps x batch x HIDDEN.
    """
    tiles = tl.cdiv(batch, TILE)
    trial = (tl.program_id(0) // tiles).to(tl.int64)
    row = (tl.program_id(0) % tiles) * TILE + tl.arange(0, TILE)[:, None]
    present, columns = row < batch, numbers(BLOCKS)
    R += trial * STAGES * HIDDEN * HIDDEN
    b += trial * STAGES * HIDDEN
    x += trial * x_trial + row * x_row
    states += trial * STAGES * area + row * HIDDEN
    weights = load_input_weights(W + trial * HIDDEN * WIDTH, b, columns, HIDDEN, WIDTH)
    second_bias = load_row(b + HIDDEN, columns, HIDDEN, 1) if STAGES == 2 else ()
    place = (R, HIDDEN, 1, terms(BLOCKS), columns, HIDDEN, HIDDEN)
    second_place = (R + HIDDEN * HIDDEN, HIDDEN, 1, terms(BLOCKS), columns, HIDDEN, HIDDEN)
    matrix = load_matrix(place) if RESIDENT else ()
    second = load_matrix(second_place) if RESIDENT and STAGES == 2 else ()
    z = zeros(TILE, BLOCKS)
    h = z
    for _ in range(steps):
        read = read_inputs(x, x_column, present, columns, HIDDEN, WIDTH)
        h = _activate(add_inputs(z, read, weights, WIDTH), columns, HIDDEN, TANH)
        if KEEP:
            store_rows(states, present, columns, HIDDEN, h)
        if STAGES == 2:
            z = times(quarters(h), zeros(TILE, BLOCKS), second, second_place, RESIDENT, PRECISION)
            h = _activate(add_inputs(z, second_bias, (), 0), columns, HIDDEN, TANH)
            if KEEP:
                store_rows(states + area, present, columns, HIDDEN, h)
        z = times(quarters(h), zeros(TILE, BLOCKS), matrix, place, RESIDENT, PRECISION)  # the next step's
        x += x_step
        states += batch * HIDDEN
    if not KEEP:
        store_rows(last + (trial * batch + row) * HIDDEN, present, columns, HIDDEN, h)


@triton.jit
def _through_slope(delta, h, columns, limit, TANH: tl.constexpr):
    """Multiply delta by f'(z), where h = f(z); the slope of ReLU at 0 is 0."""
    made = ()
    for j in tl.static_range(len(h)):
        value = delta[j] * (1.0 - h[j] * h[j]) if TANH else tl.where(h[j] <= 0, 0.0, delta[j])  # NaN is not below 0 and shows
        made = made + (tl.where(columns[j] < limit, value, 0.0),)
    return made


@triton.jit
def backward(
    gradient, to_trial, to_step, to_row, to_column, states, R, deltas, steps, batch, area,
    HIDDEN: tl.constexpr, STAGES: tl.constexpr, TANH: tl.constexpr, LAST_ONLY: tl.constexpr,
    TILE: tl.constexpr, BLOCKS: tl.constexpr, RESIDENT: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Compute the gradients with respect to the argument of f at every transition.

    They are laid out as the states that ``forward`` keeps. ``gradient`` is the gradient of every output, or with LAST_ONLY of the last
    output; then ``to_step`` counts for nothing.
    """
    tiles = tl.cdiv(batch, TILE)
    trial = (tl.program_id(0) // tiles).to(tl.int64)
    row = (tl.program_id(0) % tiles) * TILE + tl.arange(0, TILE)[:, None]
    present, columns = row < batch, numbers(BLOCKS)
    R += trial * STAGES * HIDDEN * HIDDEN
    offset = trial * STAGES * area + area - batch * HIDDEN + row * HIDDEN  # the last step of the first stage
    states += offset
    deltas += offset
    gradient += trial * to_trial + row * to_row
    place = (R, HIDDEN, 1, terms(BLOCKS), columns, HIDDEN, HIDDEN)
    second_place = (R + HIDDEN * HIDDEN, HIDDEN, 1, terms(BLOCKS), columns, HIDDEN, HIDDEN)
    matrix = load_matrix(place) if RESIDENT else ()
    second = load_matrix(second_place) if RESIDENT and STAGES == 2 else ()
    if LAST_ONLY:
        carried = load_rows(gradient, present, columns, HIDDEN, to_column)
    else:
        carried = zeros(TILE, BLOCKS)
        gradient += (steps - 1) * to_step
    for _ in range(steps):
        if not LAST_ONLY:
            carried = add(carried, load_rows(gradient, present, columns, HIDDEN, to_column))
            gradient -= to_step
        if STAGES == 2:
            h = load_rows(states + area, present, columns, HIDDEN, 1)
            carried = _through_slope(carried, h, columns, HIDDEN, TANH)
            store_rows(deltas + area, present, columns, HIDDEN, carried)
            carried = times(quarters(carried), zeros(TILE, BLOCKS), second, second_place, RESIDENT, PRECISION)
        h = load_rows(states, present, columns, HIDDEN, 1)
        carried = _through_slope(carried, h, columns, HIDDEN, TANH)
        store_rows(deltas, present, columns, HIDDEN, carried)
        carried = times(quarters(carried), zeros(TILE, BLOCKS), matrix, place, RESIDENT, PRECISION)
        states -= batch * HIDDEN
        deltas -= batch * HIDDEN
