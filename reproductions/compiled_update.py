"""A training update by compiled kernels: the gradient of a network that reads its last state, and the optimiser's step.

It has the bits of the readable way, ``loss(network(inputs), targets).backward()`` and a step of ``optimizers``. The kernels of the layers
are called one after another, forward and back, on buffers that stay from update to update. The gradients of the read-out are torch's own
products. Autograd differentiates the loss alone, as a function of the scores.

The readable way runs wherever this one does not apply: for other networks, cells, types and devices, without a compiler, where
RIN_CLAIMS_UPDATE asks for it (see ``kernel_choice``), and where a function that this one stands for is not the one that it was. So a fault
that is planted in such a function acts.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from reproductions import kernel_choice, optimizers
from reproductions.cells import IRNN, LSTM, RIN, RINDT, PlainRNN
from reproductions.dispatch import Table
from reproductions.networks import Dense, SequenceNetwork, Stack
from reproductions.optimizers import Adam, RMSprop, Stepper
from reproductions.recurrence import build, lstm, plain, unroll

Loss = Callable[[Tensor, Tensor], Tensor]
Places = tuple[tuple[Any, str, Any], ...]  # an owner, a name in it, and the function of that name when this module was imported


def kernels() -> ctypes.CDLL | None:
    """Return the compiled kernels for a run that begins now.

    Returns None if it is to be readable. Raises KernelError for a bad RIN_CLAIMS_KERNELS or RIN_CLAIMS_UPDATE.
    """
    return build.library() if kernel_choice.requested_update() == "compiled" else None


def _in_module(*functions: Any) -> Places:
    return tuple((sys.modules[function.__module__], function.__name__, function) for function in functions)


def _in_class(owner: type, *names: str) -> Places:
    return tuple((owner, name, getattr(owner, name)) for name in names)


def _intact(places: Places) -> bool:
    return all(getattr(owner, name) is function for owner, name, function in places)


# --- Layers ---


class CompiledLayer(ABC):
    """A recurrent layer with the buffers for inputs of one shape (T, B, D).

    ``last`` says that its last state alone is read. ``needed`` says that the gradient of its inputs is.
    """

    stands_for: ClassVar[Places]
    parameters: ClassVar[tuple[str, ...]] = ("W", "U", "b")

    @abstractmethod
    def __init__(self, library: ctypes.CDLL, cell: Any, inputs: Tensor, last: bool, needed: bool) -> None: ...

    @abstractmethod
    def forward(self, inputs: Tensor) -> Tensor:
        """Compute the outputs (T, B, H), or the last one (B, H)."""

    @abstractmethod
    def backward(self, gradient: Tensor) -> Tensor | None:
        """Write the gradients of the weights, given that of the outputs, and return that of the inputs if needed."""


class _Plain(CompiledLayer):
    stands_for = (
        *_in_module(plain.plain_recurrence, plain.deep_recurrence, plain.compiled_for),
        *_in_class(plain._Kernels, "forward", "backward"),
        *_in_class(PlainRNN, "recurrent_matrix"),
    )
    stages = 1

    def __init__(self, library: ctypes.CDLL, cell: Any, inputs: Tensor, last: bool, needed: bool) -> None:
        self.cell, self._kernels, self._inputs, self._last = cell, plain._kernels(library), inputs, last
        self._identity = torch.eye(cell.hidden)
        shape = (cell.hidden, cell.hidden) if self.stages == 1 else (self.stages, cell.hidden, cell.hidden)
        self._R, self._to_R = torch.empty(shape), torch.empty(shape)
        self._states = self._kernels.states(inputs, self._R, self.stages * len(inputs))
        self._outputs = self._states[self.stages - 1 :: self.stages, :, : cell.hidden]
        self._top = inputs.new_empty(inputs.shape[1], cell.hidden)
        self._scratch, self._back = (self._kernels.scratch(inputs, self._R, backward) for backward in (False, True))
        self._to_inputs = self._kernels.room_for_inputs(inputs) if needed else None

    def weights(self) -> tuple[Tensor, Tensor]:
        """Return the recurrent matrix R and the bias as the kernel takes them."""
        return self.cell.U, self.cell.b

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Return where the gradients of R and the bias go."""
        return self.cell.U.grad, self.cell.b.grad

    def forward(self, inputs: Tensor) -> Tensor:
        self._inputs = inputs if inputs.stride(2) == 1 else inputs.contiguous()
        self._R, bias = self.weights()
        self._kernels.forward_into(self._inputs, self.cell.W, self._R, bias, self._tanh, self._states, self._scratch)
        return self._top.copy_(self._outputs[-1]) if self._last else self._outputs

    def backward(self, gradient: Tensor) -> Tensor | None:
        to_states, to_last = (None, gradient) if self._last else (gradient, None)
        self._kernels.backward_into(
            self._inputs, self.cell.W, self._R, self._states, self._tanh, to_states, to_last,
            self._to_inputs, self.cell.W.grad, *self.gradients(), self._back,
        )  # fmt: skip
        return self._to_inputs

    @property
    def _tanh(self) -> bool:
        return self.stages == 1 and self.cell.nonlinearity == "tanh"


class _Residual(_Plain):
    """R = U + I, so that the gradient of U is the gradient of R."""

    stands_for = (*_Plain.stands_for, *_in_class(RIN, "recurrent_matrix"))

    def weights(self) -> tuple[Tensor, Tensor]:
        return torch.add(self.cell.U, self._identity, out=self._R), self.cell.b


class _Deep(_Plain):
    """Two transitions a step: R is (2, H, H) and b is (2, H)."""

    parameters = ("W", "U1", "U2", "b1", "b2")
    stages = 2

    def __init__(self, library: ctypes.CDLL, cell: Any, inputs: Tensor, last: bool, needed: bool) -> None:
        super().__init__(library, cell, inputs, last, needed)
        self._to_b = torch.empty(self.stages, cell.hidden)

    def weights(self) -> tuple[Tensor, Tensor]:
        cell = self.cell
        torch.add(torch.stack([cell.U1, cell.U2]), self._identity, out=self._R)
        return self._R, torch.stack([cell.b1, cell.b2])

    def gradients(self) -> tuple[Tensor, Tensor]:
        return self._to_R, self._to_b

    def backward(self, gradient: Tensor) -> Tensor | None:
        to_inputs = super().backward(gradient)
        cell = self.cell
        for own, made in zip((cell.U1, cell.U2, cell.b1, cell.b2), (*self._to_R, *self._to_b), strict=True):
            own.grad.copy_(made)
        return to_inputs


class _LSTM(CompiledLayer):
    stands_for = (*_in_module(lstm.lstm), *_in_class(lstm._Kernels, "forward", "backward"))

    def __init__(self, library: ctypes.CDLL, cell: Any, inputs: Tensor, last: bool, needed: bool) -> None:
        self.cell, self._kernels, self._inputs = cell, lstm._kernels(library), inputs
        self._kept = self._kernels.room_to_keep(inputs, cell.U)
        self._outputs = lstm.room_for_outputs(inputs, cell.U, last)
        self._to_inputs = torch.empty(inputs.shape) if needed else None

    def forward(self, inputs: Tensor) -> Tensor:
        self._inputs = inputs.contiguous()
        cell = self.cell
        self._kernels.forward_into(self._inputs, cell.W, cell.U, cell.b, self._outputs, self._kept)
        return self._outputs

    def backward(self, gradient: Tensor) -> Tensor | None:
        cell = self.cell
        weights, gradients = (cell.W, cell.U), (cell.W.grad, cell.U.grad, cell.b.grad)
        self._kernels.backward_into(self._inputs, *weights, self._kept, gradient, self._to_inputs, *gradients)
        return self._to_inputs


# By the cell's own class: a class derived from it may compute something else.
LAYERS: Table[type, type[CompiledLayer]] = {PlainRNN: _Plain, IRNN: _Plain, RIN: _Residual, RINDT: _Deep, LSTM: _LSTM}


# --- The network ---


class CompiledGradient:
    """The loss of a network and the gradient of its parameters, which goes to their ``grad``."""

    stands_for = (
        *_in_class(SequenceNetwork, "forward"),
        *_in_class(Stack, "forward"),
        *_in_class(Dense, "forward"),
        *_in_module(unroll),
        (sys.modules[Stack.__module__], "unroll", unroll),
    )

    def __init__(self, library: ctypes.CDLL, model: SequenceNetwork) -> None:
        self._library, self._model = library, model
        cells = list(model.stack.layers)
        self._kinds = [kind for kind in (LAYERS.get(type(cell)) for cell in cells) if kind is not None]
        self._places = (*self.stands_for, *(place for kind in dict.fromkeys(self._kinds) for place in kind.stands_for))
        self._ordinary = len(self._kinds) == len(cells) and _ordinary(model) and all(map(_has_parameters, cells, self._kinds))
        self._layers: list[CompiledLayer] = []
        self._shape: object = None

    def applies(self, model: nn.Module, inputs: Any) -> bool:
        """Say whether it has the bits of the readable way for these inputs of this network."""
        fits = isinstance(inputs, Tensor) and inputs.dim() == 3 and inputs.numel() > 0
        floats = fits and inputs.is_cpu and inputs.dtype == self._model.readout.weight.dtype == torch.float32
        return floats and model is self._model and self._ordinary and _intact(self._places)

    def __call__(self, loss: Loss, inputs: Tensor, targets: Tensor) -> float:
        """Compute the loss of a batch (T, B, D), and write the gradients."""
        with torch.no_grad():
            if inputs.shape != self._shape:
                self._make_room(inputs)
            states = inputs
            for layer in self._layers:
                states = layer.forward(states)
            readout = self._model.readout
            scores = nn.functional.linear(states, readout.weight, readout.bias).requires_grad_()
            with torch.enable_grad():
                value = loss(scores, targets)
            to_scores = _derivative(value, scores)
            # not into the gradients themselves: a product's rounding depends on where in a cache line its result begins
            readout.weight.grad.copy_(torch.mm(to_scores.t(), states))
            readout.bias.grad.copy_(to_scores.sum(0))
            gradient: Tensor | None = torch.mm(to_scores, readout.weight, out=self._to_states)
            for layer in reversed(self._layers):
                assert gradient is not None
                gradient = layer.backward(gradient)
        return value.item()

    def _make_room(self, inputs: Tensor) -> None:
        """Make the buffers for inputs of this shape; an epoch's last batch may be smaller."""
        self._layers.clear()  # before the new buffers, so that there are never two sets of them
        read, top = inputs, self._model.stack.layers[-1]
        for cell, kind in zip(self._model.stack.layers, self._kinds, strict=True):
            self._layers.append(kind(self._library, cell, read, cell is top, read is not inputs))
            read = inputs.new_empty(*inputs.shape[:2], cell.hidden)
        self._to_states = inputs.new_empty(inputs.shape[1], top.hidden)
        self._shape = inputs.shape


def _derivative(value: Tensor, scores: Tensor) -> Tensor:
    """Compute the gradient of a loss in the scores."""
    # A loss is a chain of two or three operations. To call them one by one takes half the time that autograd's engine takes to start.
    gradient: Any = torch.ones_like(value)
    node: Any = value.grad_fn
    while gradient is not None and node is not None:
        links = [(place, before, output) for place, (before, output) in enumerate(node.next_functions) if before is not None]
        if len(links) != 1 or links[0][2] != 0:  # no chain: of several operations, or of another than the first output of one
            break
        (place, before, _), made = links[0], node(gradient)
        gradient, node = made[place] if isinstance(made, tuple) else made, before
    if gradient is not None and getattr(node, "variable", None) is scores:
        return gradient
    return torch.autograd.grad(value, scores)[0]


def _ordinary(model: nn.Module) -> bool:
    """Say whether the network is as its classes make it: no hook, no method of its own, every parameter trained."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    modules = all(not any(getattr(module, hook) for hook in hooks) and not any(map(callable, _own(module))) for module in model.modules())
    return modules and all(parameter.requires_grad and not parameter._backward_hooks for parameter in model.parameters())


def _own(module: nn.Module) -> list[Any]:
    return [value for name, value in vars(module).items() if not name.startswith("_")]


def _has_parameters(cell: nn.Module, kind: type[CompiledLayer]) -> bool:
    return tuple(cell._parameters) == kind.parameters


GRADIENTS: Table[type, type[CompiledGradient]] = {SequenceNetwork: CompiledGradient}


# --- The optimiser ---


class CompiledStep(ABC):
    """The step of an optimiser on one flat vector of parameters."""

    stands_for: ClassVar[Places]

    def __init__(self, library: ctypes.CDLL, stepper: Stepper) -> None:
        self._library, self.stepper = _declared(library), stepper
        self._root = torch.empty_like(stepper.slots["square"])
        self._float = self._root.is_cpu and self._root.dtype == torch.float32

    @abstractmethod
    def averages(self, gradient: Tensor, update: int) -> tuple[Tensor, float]:
        """Move the running averages on, and return the direction and the rate of the descent."""

    def applies(self) -> bool:
        """Say whether it has the bits of the stepper's own step."""
        return self._float and "step" not in vars(self.stepper) and _intact(self.stands_for) and _rounds_as_torch(self._library, type(self))

    def __call__(self, values: Tensor, gradient: Tensor, update: int) -> None:
        """Change ``values`` in place; ``update`` counts from 1."""
        direction, rate = self.averages(gradient, update)
        root = torch.sqrt(self.stepper.slots["square"], out=self._root)
        self._library.descend(*_addresses(values, direction, root), len(values), optimizers.EPSILON, rate)


class _Adam(CompiledStep):
    stands_for = (*_in_class(Adam, "step"), *_in_module(optimizers._descend))

    def averages(self, gradient: Tensor, update: int) -> tuple[Tensor, float]:
        first, second = optimizers.ADAM_BETAS
        mean, square = self.stepper.slots["mean"], self.stepper.slots["square"]
        self._library.adam_averages(*_addresses(gradient, mean, square), len(gradient), 1 - first, second, 1 - second)
        return mean, self.stepper.learning_rate * (1 - second**update) ** 0.5 / (1 - first**update)  # type: ignore[return-value]


class _RMSprop(CompiledStep):
    stands_for = (*_in_class(RMSprop, "step"), *_in_module(optimizers._descend))

    def averages(self, gradient: Tensor, update: int) -> tuple[Tensor, float]:
        decay, square = optimizers.RMSPROP_DECAY, self.stepper.slots["square"]
        self._library.rmsprop_average(*_addresses(gradient, square), len(gradient), decay, 1 - decay)
        return gradient, self.stepper.learning_rate  # type: ignore[return-value]


STEPS: Table[type, type[CompiledStep]] = {Adam: _Adam, RMSprop: _RMSprop}


def _addresses(*values: Tensor) -> list[int]:
    return [value.data_ptr() for value in values]


@functools.cache
def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    """Declare the functions of ``kernels/optimizers.cpp``."""
    address, count, number = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    library.adam_averages.argtypes, library.adam_averages.restype = [*[address] * 3, count, *[number] * 3], None
    library.rmsprop_average.argtypes, library.rmsprop_average.restype = [*[address] * 2, count, *[number] * 2], None
    library.descend.argtypes, library.descend.restype = [*[address] * 3, count, *[number] * 2], None
    return library


@functools.cache
def _rounds_as_torch(library: ctypes.CDLL, kind: type[CompiledStep]) -> bool:
    """Say whether the step rounds as torch's operations do here; some processors have none that multiplies and adds at once."""
    generator = torch.Generator().manual_seed(0)
    start, *gradients = torch.randn(4, 1003, generator=generator) * 10 ** (6 * torch.rand(4, 1003, generator=generator) - 3)
    (build_stepper,) = (stepper for stepper, step in STEPS.items() if step is kind)
    ours, theirs = start.clone(), start.clone()
    step, reference = kind(library, build_stepper(start, 0.1)), build_stepper(start, 0.1)
    for update, gradient in enumerate(gradients, start=1):
        step(ours, gradient, update)
        reference.step(theirs, gradient, update)
    return torch.equal(ours, theirs)
