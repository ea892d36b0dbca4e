"""Stacks of recurrent layers with their read-outs, and the bAbI network of section 3.3.

Read-outs are Glorot uniform with bias 0 and embeddings uniform on +-0.05, the defaults of Keras in 2017; the paper states neither.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reproductions import cells
from reproductions.recipes import Network
from reproductions.recurrence import unroll
from reproductions.seeding import torch_generator

Streams = Callable[[str], torch.Generator]  # a random stream for each named part of a network
EMBEDDING_BOUND = 0.05  # keras.initializers.RandomUniform default, the initializer of keras.layers.Embedding


class Stack(nn.Module):
    """``layers`` recurrent layers, each reading the outputs of the one below ("layers-hidden" in the name of a network type)."""

    def __init__(self, cell: str, inputs: int, hidden: int, layers: int, streams: Streams) -> None:
        super().__init__()
        widths = [inputs] + [hidden] * (layers - 1)
        self.layers = nn.ModuleList(
            cells.build(cell, width, hidden, streams(f"layer {number}")) for number, width in enumerate(widths, start=1)
        )

    def forward(self, inputs: Tensor, last_only: bool = False) -> Tensor:
        """Return the top layer's outputs (T, B, H) for inputs (T, B, D), or with ``last_only`` the last, (B, H)."""
        *below, top = self.layers
        for layer in below:
            inputs = unroll(layer, inputs)
        return unroll(top, inputs, last_only)


class Dense(nn.Module):
    """A linear read-out: (B, H) to (B, classes)."""

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(cells.glorot_uniform(outputs, inputs, generator))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)


class SequenceNetwork(nn.Module):
    """A stack with a linear read-out of its last state h_T.

    The read-out is a number for the adding problem, and class scores for MNIST. The softmax is in the loss.
    """

    def __init__(self, cell: str, inputs: int, hidden: int, layers: int, outputs: int, streams: Streams) -> None:
        super().__init__()
        self.stack = Stack(cell, inputs, hidden, layers, streams)
        self.readout = Dense(hidden, outputs, streams("read-out"))

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute the scores (B, outputs) for inputs (T, B, D)."""
        return self.readout(self.stack(inputs, last_only=True))


class AdaptiveReadout(nn.Module):
    """Log-probabilities of words in clusters of rising rank, the rarer the smaller (adaptive softmax, Grave et al., 2017)."""

    def __init__(self, inputs: int, words: int, cutoffs: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # torch draws initial weights that nothing here uses
            self.softmax = nn.AdaptiveLogSoftmaxWithLoss(inputs, words, list(cutoffs), head_bias=True)
        with torch.no_grad():
            for parameter in self.softmax.parameters():
                parameter.copy_(cells.glorot_uniform(*parameter.shape, generator) if parameter.dim() == 2 else torch.zeros(len(parameter)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the log-probabilities (T, B, words) for states (T, B, H)."""
        return self.softmax.log_prob(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class FrameNetwork(nn.Module):
    """A stack with a linear read-out of every step after the first ``unread``.

    The read-out is the class scores of each frame. With ``words`` the inputs are embedded first, and the read-out is the scores of the next
    word, with ``cutoffs`` by an adaptive softmax.
    """

    def __init__(
        self,
        cell: str,
        inputs: int,
        hidden: int,
        layers: int,
        outputs: int,
        streams: Streams,
        words: int = 0,
        unread: int = 0,
        cutoffs: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.unread = unread
        self.embedding = nn.Parameter(uniform_embedding(words, inputs, streams("embedding"))) if words else None
        self.stack = Stack(cell, inputs, hidden, layers, streams)
        generator = streams("read-out")
        self.readout = AdaptiveReadout(hidden, outputs, cutoffs, generator) if cutoffs else Dense(hidden, outputs, generator)

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute the scores (T - unread, B, outputs) for inputs (T, B, D), or for word ids (T, B)."""
        if self.embedding is not None:
            inputs = nn.functional.embedding(inputs, self.embedding)
        return self.readout(self.stack(inputs)[self.unread :])


@dataclass(frozen=True)
class StoryBatch:
    """Questions about stories: right-padded word ids (B, S) and (B, Q), with the number of real words of each (B,)."""

    story: Tensor
    story_length: Tensor
    question: Tensor
    question_length: Tensor

    def to(self, device: str) -> StoryBatch:
        """Move the batch to another device."""
        return StoryBatch(*(getattr(self, part.name).to(device) for part in dataclasses.fields(self)))


class BabiNetwork(nn.Module):
    """The bAbI network (section 3.3): embed words, encode story and question, concatenate, decode, classify by softmax.

    Story, question and decoder have one recurrent layer each. Sequences are padded on the right and read at their last real word, so
    padding never reaches a state that is used. With ``combine`` "state" the story's last state stands beside the question's output at each
    step. With "time" the question's outputs follow the story's along time.
    """

    def __init__(self, cell: str, words: int, classes: int, embedding: int, hidden: int, combine: str, streams: Streams) -> None:
        super().__init__()
        self.combine = combine
        self.embedding = nn.Parameter(uniform_embedding(words, embedding, streams("embedding")))
        self.story = cells.build(cell, embedding, hidden, streams("story"))
        self.question = cells.build(cell, embedding, hidden, streams("question"))
        self.decoder = cells.build(cell, 2 * hidden if combine == "state" else hidden, hidden, streams("decoder"))
        self.readout = Dense(hidden, classes, streams("read-out"))

    def forward(self, batch: StoryBatch) -> Tensor:
        """Compute the class scores (B, classes)."""
        story = unroll_words(self.story, batch.story.T, self.embedding)
        question = unroll_words(self.question, batch.question.T, self.embedding)
        if self.combine == "state":
            remembered = at_length(story, batch.story_length).expand(question.shape[0], -1, -1)
            decoded, length = unroll(self.decoder, torch.cat([remembered, question], dim=2)), batch.question_length
        else:
            joined = join_in_time(story, batch.story_length, question, batch.question_length)
            decoded, length = unroll(self.decoder, joined), batch.story_length + batch.question_length
        return self.readout(at_length(decoded, length))


def uniform_embedding(words: int, width: int, generator: torch.Generator) -> Tensor:
    """Draw initial word vectors (words, width), uniform on +-EMBEDDING_BOUND."""
    return (torch.rand(words, width, generator=generator) * 2 - 1) * EMBEDDING_BOUND


def unroll_words(cell: cells.RecurrentCell, words: Tensor, embedding: Tensor) -> Tensor:
    """Return the outputs (T, B, H) of ``cell`` over the vectors of word ids (T, B).

    The vectors are rows of ``embedding`` (V, D). If there are fewer words than a vector has entries, W e is computed once for every word e
    and not at every step. The cell then reads one-hot words through W E^T. Only the rounding differs.
    """
    count, width = embedding.shape
    if count >= width:
        return unroll(cell, nn.functional.embedding(words, embedding))
    over_words = copy.copy(cell)
    over_words._parameters = {name: value for name, value in cell._parameters.items() if name != "W"}
    over_words.W = cell.W @ embedding.T  # type: ignore[assignment]
    return unroll(over_words, nn.functional.one_hot(words, count).to(embedding.dtype))


def at_length(outputs: Tensor, length: Tensor) -> Tensor:
    """Select step length[b] - 1 of each sequence of outputs (T, B, H), as (B, H)."""
    return outputs[length - 1, torch.arange(outputs.shape[1], device=outputs.device)]


def join_in_time(first: Tensor, first_length: Tensor, second: Tensor, second_length: Tensor) -> Tensor:
    """Put each sequence of ``second`` directly after the real steps of ``first``.

    The result is (max joint length, B, H), padded on the right.
    """
    steps = int((first_length + second_length).max())
    t = torch.arange(steps, device=first.device).unsqueeze(1)  # (steps, 1)
    in_first = t < first_length  # (steps, B)
    from_first = t.clamp(max=first.shape[0] - 1).expand(-1, first.shape[1])
    from_second = (t - first_length).clamp(0, second.shape[0] - 1)
    column = torch.arange(first.shape[1], device=first.device)
    return torch.where(in_first.unsqueeze(2), first[from_first, column], second[from_second, column])


def initial_streams(network: Network, seed: int) -> Streams:
    """Give the streams of the initial weights of ``seed``.

    The stream of a part has the part's name and not the cell's. So the arms of one seed share what they can: a RIN and an IRNN start from
    the same W and the same read-out.
    """

    def streams(part: str) -> torch.Generator:
        return torch_generator("initial weights", network.layers, network.hidden, part, seed)

    return streams
