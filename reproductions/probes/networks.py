"""Statements about the networks themselves: forms of one step, Eq. 4 in torch's cells, parameter counts, depth.

The other side of each comparison is torch's own module or the equation written out here. It is never the code under test.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from reproductions import cells
from reproductions.recipes import RecipeError
from reproductions.seeding import torch_generator

STEPS, BATCH, INPUTS, HIDDEN = 50, 4, 3, 20  # size of the step-by-step comparisons
WEIGHT_SD = 0.3  # moves gates and nonlinearities well away from their linear range
RECURRENT_SDS = (cells.WEIGHT_STD, 0.02)  # of U: as initialised, and large enough that (I + U)^50 is far from I


def eq12_eq13(seed: int) -> dict[str, float]:
    """Compare Eq. 12, ReLU(W x + U h + h + b), with two cells over 50 steps.

    The cells are the RIN cell (Eq. 13) and a ReLU cell whose matrix is U + I.
    """
    generator = torch_generator("probe", "eq12-eq13", seed)
    errors, largest = [], 0.0
    for sd in RECURRENT_SDS:
        W, b = _normal(generator, HIDDEN, INPUTS) * WEIGHT_SD, _normal(generator, HIDDEN) * WEIGHT_SD
        U = _normal(generator, HIDDEN, HIDDEN) * sd
        rin = _with_values(cells.build("rin", INPUTS, HIDDEN, generator), W=W, U=U, b=b)
        relu = _with_values(cells.build("relu", INPUTS, HIDDEN, generator), W=W, U=U + torch.eye(HIDDEN, dtype=torch.float64), b=b)
        x = _normal(generator, STEPS, BATCH, INPUTS)
        h, written_out = torch.zeros(BATCH, HIDDEN, dtype=torch.float64), []
        for step in x:
            h = torch.relu(step @ W.T + h @ U.T + h + b)  # Eq. 12
            written_out.append(h)
        eq12 = torch.stack(written_out)
        with torch.no_grad():
            errors += [_largest(eq12, cell(x)) for cell in (rin, relu)]
        largest = max(largest, float(eq12.max()))
    return {"max_abs_error": max(errors), "largest_state": largest}


def plain_rnn_is_subcase(seed: int) -> dict[str, float]:
    """Compare torch's ``RNNCell`` (tanh and ReLU) with Eq. 4 over 50 steps.

    In Eq. 4, T_t = 1, C_t = 0 and H_t = f(W x_t + U h_{t-1} + b).
    """
    generator = torch_generator("probe", "plain RNN", seed)
    errors = []
    for nonlinearity, f in (("tanh", torch.tanh), ("relu", torch.relu)):
        rnn = _drawn(skip_init(nn.RNNCell, INPUTS, HIDDEN, nonlinearity=nonlinearity, dtype=torch.float64), generator)
        eq4 = expected = torch.zeros(BATCH, HIDDEN, dtype=torch.float64)
        T, C = torch.ones_like(eq4), torch.zeros_like(eq4)
        with torch.no_grad():
            for x in _normal(generator, STEPS, BATCH, INPUTS):
                H = f(x @ rnn.weight_ih.T + eq4 @ rnn.weight_hh.T + rnn.bias_ih + rnn.bias_hh)
                eq4 = H * T + eq4 * C
                expected = rnn(x, expected)
                errors.append(_largest(eq4, expected))
    return {"max_abs_error": max(errors)}


def dual_gate(seed: int, cell: str) -> dict[str, float]:
    """Compare the state of torch's ``LSTMCell`` or ``GRUCell`` with Eq. 4 over 50 steps.

    Eq. 4 has that cell's own gates. The LSTM's state is the memory cell c, and H = g, T = i, C = f. For the GRU, H = n, T = 1 - z, C = z.
    ``gates_in_unit_interval`` is 1 if every T and C lay in [0, 1].
    """
    if cell not in ("lstm", "gru"):
        raise RecipeError(f"the dual-gate probe knows the cells lstm and gru, not {cell!r}")
    generator = torch_generator("probe", "dual gate", cell, seed)
    module = _drawn(skip_init(nn.LSTMCell if cell == "lstm" else nn.GRUCell, INPUTS, HIDDEN, dtype=torch.float64), generator)
    state = h = c = torch.zeros(BATCH, HIDDEN, dtype=torch.float64)  # state is Eq. 4's h_t; h and c are torch's
    errors, lowest, highest = [], 1.0, 0.0
    with torch.no_grad():
        for x in _normal(generator, STEPS, BATCH, INPUTS):
            H, T, C = (_lstm_gates if cell == "lstm" else _gru_gates)(module, x, h)
            state = H * T + state * C
            if cell == "lstm":
                h, c = module(x, (h, c))
            else:
                h = c = module(x, h)
            errors.append(_largest(state, c))
            lowest, highest = min(lowest, float(T.min()), float(C.min())), max(highest, float(T.max()), float(C.max()))
    return {"max_abs_error": max(errors), "gates_in_unit_interval": float(lowest >= 0 and highest <= 1)}


def _lstm_gates(module: nn.LSTMCell, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    i, f, g, _ = (x @ module.weight_ih.T + module.bias_ih + h @ module.weight_hh.T + module.bias_hh).chunk(4, dim=1)
    return torch.tanh(g), torch.sigmoid(i), torch.sigmoid(f)


def _gru_gates(module: nn.GRUCell, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    from_x = (x @ module.weight_ih.T + module.bias_ih).chunk(3, dim=1)
    from_h = (h @ module.weight_hh.T + module.bias_hh).chunk(3, dim=1)
    r, z = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
    return torch.tanh(from_x[2] + r * from_h[2]), 1 - z, z


def parameter_ratio(seed: int, than: str) -> dict[str, float]:
    """Divide the parameters of an LSTM layer by the parameters of a ``than`` layer.

    The layer shapes are the ones of the paper's tasks. Adding: 2 inputs. Pixel MNIST: 1, 100 or 200 inputs. bAbI: 200 or 100 inputs. Layers
    have 100 or 200 units. ``max_abs_error`` is the largest |ratio - 4|.
    """
    generator = torch_generator("probe", "parameters", seed)
    ratios = [
        _count(cells.build("lstm", inputs, hidden, generator)) / _count(cells.build(than, inputs, hidden, generator))
        for hidden in (100, 200)
        for inputs in (1, 2, 100, 200)
    ]
    return {"max_abs_error": max(abs(ratio - 4) for ratio in ratios), "lowest_ratio": min(ratios), "highest_ratio": max(ratios)}


def dt_depth(seed: int, steps: int) -> dict[str, float]:
    """Count the nonlinear transitions on the longest path from h_T back to the start of a RIN-DT.

    The path is in the graph that autograd records over ``steps`` steps. ``max_abs_error`` is the distance of the count from 2 x ``steps``
    (Eqs. 26-27).
    """
    depth = {name: _longest_chain(name, steps, seed) for name in ("rin-dt", "rin")}
    return {
        "max_abs_error": max(abs(depth["rin-dt"] - 2 * steps), abs(depth["rin"] - steps)),
        "rin_dt_transitions": depth["rin-dt"],
        "rin_transitions": depth["rin"],
    }


def _longest_chain(name: str, steps: int, seed: int) -> float:
    generator = torch_generator("probe", "depth", name, seed)
    cell = cells.build(name, 1, 2, generator)
    last = cell(torch.rand(steps, 1, 1, generator=generator))[-1].sum().grad_fn
    order, seen, pending = [], set(), [(last, False)]
    while pending:  # depth-first, children before parents; a recursion would be thousands of calls deep
        node, done = pending.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            pending.append((node, True))
            pending += [(child, False) for child, _ in node.next_functions if child is not None]
    longest: dict[object, int] = {}
    for node in order:
        below = max((longest[child] for child, _ in node.next_functions if child is not None), default=0)
        longest[node] = below + (node.name() == "ReluBackward0")
    return float(longest[last])


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _drawn(module: nn.Module, generator: torch.Generator) -> nn.Module:
    """Return the module with every parameter drawn from N(0, WEIGHT_SD^2)."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(_normal(generator, *parameter.shape) * WEIGHT_SD)
    return module


def _with_values(cell: nn.Module, **values: Tensor) -> nn.Module:
    """Return the cell in float64 with the named parameters set."""
    cell.double()
    with torch.no_grad():
        for name, value in values.items():
            getattr(cell, name).copy_(value)
    return cell


def _largest(left: Tensor, right: Tensor) -> float:
    return float((left - right).abs().max())


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
