"""Neural networks: PS-MLP, one for every perturbation, and PP-MLP and PP-tDNN, one of line and fingerprint for all.

torch takes seconds to import and only training needs it: it is imported where it trains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np

from leap_core.arrays import Array, Ints, Matrix
from leap_core.model.heads.base import Heads, Problem, RegressorSettings, records, rising
from leap_core.model.heads.chunks import Arrays, by_chunks, chunk_count
from leap_core.model.heads.pan import Pairs, PanHeads, pan_records
from leap_core.model.heads.selection import fold_means, path_spearman, select_penalty
from leap_core.run.mapping import Done, Mapper, in_portions, nothing
from leap_core.run.seeds import seed_of

if TYPE_CHECKING:
    import torch

    Layers = list[tuple[torch.Tensor, torch.Tensor]]
    Random = torch.Generator | None

# Networks that are trained together: 64 x 256 x 20 weights of the first layer, 1.3 MB, for each number of epochs and
# fold. Fixed, so that results do not depend on the number of workers.
_TOGETHER = 64


@dataclass(frozen=True)
class MLPHeads(Heads):
    """Networks of rectified units, one for every fold and perturbation.

    Attributes
    ----------
    sizes
        Inputs, units of each hidden layer, and 1.
    weights
        (K, q, ...) float32: of layer after layer the weights (inputs, units), row by row, then the offsets; in the
        response's unit.
    """

    sizes: Ints
    weights: Matrix

    def outputs(self, line: Matrix, more: Matrix, fold: int) -> Matrix:
        """Outputs (q, u) of a fold's networks for a line's features (d,) beside some more (u, f)."""
        start, units = 0, more[None]
        for inputs, outputs in pairwise(self.sizes):
            stop = start + inputs * outputs
            weights = self.weights[fold, :, start:stop].reshape(-1, inputs, outputs)
            offset = self.weights[fold, :, None, stop : stop + outputs]
            if start == 0:
                # The line's part is the same for all that is beside it.
                offset, weights = offset + (line @ weights[:, : len(line)])[:, None], weights[:, len(line) :]
            else:
                units = np.maximum(units, 0.0)
            start, units = stop + outputs, units @ weights + offset
        found: Matrix = units[:, :, 0]
        return found

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        return self.outputs(line, np.zeros((1, 0), dtype=np.float32), fold)[:, 0]


@dataclass(frozen=True)
class PanMLPHeads(PanHeads, MLPHeads):
    """One network for every fold, of latent features and fingerprint side by side."""

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """See `PanHeads.of_pairs`."""
        return self.outputs(line, fingerprints, fold)[0]


@dataclass(frozen=True)
class _Settings(RegressorSettings):
    """What all networks have.

    Attributes
    ----------
    hidden
        Units of the hidden layers.
    epochs
        Numbers of epochs among which validation chooses, rising.
    learning_rate, weight_decay
        Of AdamW.
    batch_size
        Lines, or pairs, in a mini-batch.
    """

    hidden: tuple[int, ...] = (20, 20)
    epochs: tuple[int, ...] = (8, 12, 18, 27, 40)
    learning_rate: float = 1e-3
    weight_decay: float = 2.0
    batch_size: int = 64

    def check(self, *dropout: float) -> None:
        """Refuse settings that make no sense."""
        rising("epochs", self.epochs)
        if not self.hidden or min(self.hidden) < 1 or self.batch_size < 2:
            raise ValueError("hidden layers need units, batch_size must be at least 2")
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError("learning_rate must be above 0, weight_decay not negative")
        if not dropout or not all(0 <= share < 1 for share in dropout):
            raise ValueError("shares of units that are dropped must lie in [0, 1)")


@dataclass(frozen=True)
class NetworkSettings(_Settings):
    """Settings of PS-MLP.

    Attributes
    ----------
    input_dropout, dropout
        Share of latent features and of hidden units that a training step does not see.
    """

    input_dropout: float = 0.3
    dropout: float = 0.2
    kind: str = "PS-MLP"

    def __post_init__(self) -> None:
        self.check(self.input_dropout, self.dropout)

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Train the networks of every perturbation and fold; see `leap_core.model.heads.base.RegressorSettings`.

        All networks of a fold start from the same weights and see the same mini-batches and dropout; each minimises the
        mean squared error over the lines that its perturbation was screened on. Their gradients do not mix, and AdamW
        scales each weight by its own, so that trained together they are what they would be alone.
        """
        found = by_chunks(partial(_fit_chunk, self, problem), problem.response, mapper, done, _TOGETHER)
        sizes = np.array([problem.latent.shape[1], *self.hidden, 1])
        weights = np.ascontiguousarray(found.pop("weights").transpose(0, 2, 1))
        return MLPHeads(sizes=sizes, weights=weights, **records(**found))


@dataclass(frozen=True)
class PanNetworkSettings(_Settings):
    """Settings of PP-MLP and PP-tDNN.

    Attributes
    ----------
    loss
        ``"correlation"``: 1 - Pearson correlation within a mini-batch; ``"squares"``: mean squared error.
    dropouts
        Shares of hidden units that a training step does not see, among which the first fold's validation chooses.
    pairs
        Training pairs of a fold, at most.
    """

    pan: ClassVar[bool] = True

    hidden: tuple[int, ...] = (512, 256, 128, 64, 32, 16)
    epochs: tuple[int, ...] = (4, 8, 14, 20)
    weight_decay: float = 5.0
    batch_size: int = 512
    loss: Literal["correlation", "squares"] = "correlation"
    dropouts: tuple[float, ...] = (0.4,)
    pairs: int = 200_000
    kind: str = "PP-MLP"

    def __post_init__(self) -> None:
        self.check(*self.dropouts)
        if self.pairs < 2:
            raise ValueError("pairs must be at least 2")

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Train a network per fold; dropout is chosen on the first fold, the number of epochs on all."""
        count, fit = problem.count, partial(_fit_pairs, self, problem)
        told = in_portions(done, chunk_count(problem.response.shape[1]), len(self.dropouts) + count - 1)
        tried = mapper.map(fit, [(0, dropout) for dropout in self.dropouts], told)
        best = int(np.argmax([fitted.scores.mean(axis=1).max() for _, fitted in tried]))
        rest = mapper.map(fit, [(fold, self.dropouts[best]) for fold in range(1, count)], told)
        pairs, fits = zip(tried[best], *rest, strict=True)
        chosen, recorded = pan_records(pairs, np.stack([fitted.scores for fitted in fits]))
        sizes = np.array([problem.latent.shape[1] + pairs[0].fingerprints.shape[1], *self.hidden, 1])
        return PanMLPHeads(sizes=sizes, weights=np.stack([fitted.weights[chosen] for fitted in fits]), **recorded)


class _Task(NamedTuple):
    """What q networks are trained on side by side.

    Weights start uniform within the root of `gains` over the inputs, in hidden layers and in the last. Mini-batches are
    drawn of `rows`; fewer than `min_lines` say nothing. `loss` and what is `finished`, flat weights (q, ...) and
    validation scores, are taken of the layers' weights (q, inputs, units) and offsets (q, units).
    """

    sizes: tuple[int, ...]
    networks: int
    gains: tuple[float, float]
    rows: int
    min_lines: int
    loss: Callable[[Layers, torch.Tensor, torch.Generator], torch.Tensor]
    finished: Callable[[Layers], tuple[Matrix, Array]]


class _Fit(NamedTuple):
    """Flat weights (E, q, ...) after each number of epochs, and validation scores (E, p)."""

    weights: Matrix
    scores: Array


def _train(settings: _Settings, task: _Task, seed: int) -> _Fit:
    import torch

    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(seed)
    layers = []
    for place, shape in enumerate(pairwise(task.sizes), start=2):
        bound = (task.gains[place == len(task.sizes)] / shape[0]) ** 0.5
        weights = ((torch.rand(shape, generator=random) * 2 - 1) * bound).repeat(task.networks, 1, 1)
        layers.append((weights.requires_grad_(True), torch.zeros(task.networks, shape[1], requires_grad=True)))
    optimiser = torch.optim.AdamW(list(chain(*layers)), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    stages = []
    for epoch in range(1, settings.epochs[-1] + 1):
        for rows in torch.randperm(task.rows, generator=random).split(settings.batch_size):
            if len(rows) >= task.min_lines:
                optimiser.zero_grad()
                task.loss(layers, rows, random).backward()
                optimiser.step()
        if epoch in settings.epochs:
            with torch.no_grad():
                stages.append(task.finished(layers))
    weights, scores = zip(*stages, strict=True)
    return _Fit(np.stack(weights), np.stack(scores))


def _hidden(layers: Layers, units: torch.Tensor, dropout: float, random: Random) -> torch.Tensor:
    """Units (q, b, h) that the last layer sees, from what the first one makes.

    With dropout if there are random numbers.
    """
    units = _dropped(units.relu(), dropout, random)
    for weights, offset in layers[1:-1]:
        units = _dropped(offset[:, None].baddbmm(units, weights).relu(), dropout, random)
    return units


def _dropped(values: torch.Tensor, share: float, random: Random) -> torch.Tensor:
    """Some of the features dropped, the same in all networks."""
    if random is None or share == 0.0:
        return values
    return values * (values.new_empty(values.shape[-2:]).uniform_(generator=random) >= share) / (1.0 - share)


def _flat(layers: Layers, inputs: Array, scale: Array, shift: Array) -> Matrix:
    """All weights of a network in one row, for inputs and outputs in their own units: (q, ...)."""
    arrays = [[part.detach().numpy().astype(np.float64) for part in layer] for layer in layers]
    arrays[0][0] /= inputs[:, None]
    arrays[-1] = [arrays[-1][0] * scale[:, None, None], arrays[-1][1] * scale[:, None] + shift[:, None]]
    return np.concatenate([part.reshape(len(part), -1) for layer in arrays for part in layer], axis=1).astype(
        np.float32
    )


def _size(table: Matrix) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(table, dtype=np.float64)))) or 1.0


def _fit_chunk(settings: NetworkSettings, problem: Problem, response: Matrix) -> Arrays:
    """Networks of the perturbations of one chunk, after the number of epochs that is best for each."""
    y, folds = response.astype(np.float64), range(problem.count)
    levels, fits = zip(*(_fit_lines(settings, problem, y, fold) for fold in folds), strict=True)
    chosen, score = select_penalty(np.stack([fitted.scores.T for fitted in fits], axis=1))
    picked = np.arange(len(chosen))
    return {
        "weights": np.stack([fitted.weights[chosen, picked].T for fitted in fits]),
        "intercepts": np.stack(levels),
        "grid_index": chosen,
        "validation_score": score,
    }


def _fit_lines(settings: NetworkSettings, problem: Problem, response: Array, fold: int) -> tuple[Array, _Fit]:
    """One fold's mean responses (q,), and its networks of what is left, in standard deviations."""
    import torch

    seen, unit, q = problem.folds != fold, _size(problem.latent), response.shape[1]
    level = fold_means(response, seen)
    deviation = np.sqrt(fold_means(np.square(response - level), seen))
    deviation = np.where(deviation > 1e-8, deviation, 1.0)
    standard = (response - level) / deviation
    known = ~np.isnan(standard[seen])
    x, held_out = (torch.from_numpy(problem.latent[rows] / np.float32(unit)) for rows in (seen, ~seen))
    y = torch.from_numpy(np.nan_to_num(standard[seen]).astype(np.float32))
    weight = torch.from_numpy((known / np.maximum(known.sum(axis=0), 1)).astype(np.float32))

    def forward(layers: Layers, lines: torch.Tensor, random: Random = None) -> torch.Tensor:
        """Outputs (b, q)."""
        (first, first_offset), *_, (last, last_offset) = layers
        units = _dropped(lines, settings.input_dropout, random) @ first + first_offset[:, None]
        hidden = _hidden(layers, units, settings.dropout, random)
        return (hidden * last.transpose(1, 2)).sum(dim=2).T + last_offset[:, 0]

    def loss(layers: Layers, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        squares = weight[rows] * torch.square(forward(layers, x[rows], random) - y[rows])
        return squares.sum() * (len(x) / len(rows))

    def finished(layers: Layers) -> tuple[Matrix, Array]:
        scores = path_spearman(forward(layers, held_out).T.numpy()[:, None], standard[~seen])[:, 0]
        return _flat(layers, np.full(x.shape[1], unit), deviation, np.zeros(q)), scores

    task = _Task((x.shape[1], *settings.hidden, 1), q, (1.0, 1.0), len(x), 1, loss, finished)
    return level, _train(settings, task, seed_of(problem.seed, fold))


def _fit_pairs(settings: PanNetworkSettings, problem: Problem, of: tuple[int, float]) -> tuple[Pairs, _Fit]:
    """The pairs of a fold, and its network with some dropout."""
    import torch

    fold, dropout = of
    seed = seed_of(problem.seed, fold)
    pairs = Pairs.of(problem, fold, settings.pairs, seed)
    tables = problem.latent, pairs.fingerprints
    units, (d, f) = [_size(table) for table in tables], [table.shape[1] for table in tables]
    lines, marks = (torch.from_numpy(table / np.float32(unit)) for table, unit in zip(tables, units, strict=True))
    of_line, of_mark, target = (torch.from_numpy(part) for part in (pairs.lines, pairs.perturbations, pairs.target))
    held_out = np.flatnonzero(problem.folds == fold)
    everyone = torch.cartesian_prod(torch.from_numpy(held_out), torch.arange(len(marks)))

    def forward(layers: Layers, line: torch.Tensor, mark: torch.Tensor, random: Random = None) -> torch.Tensor:
        """Outputs (b,) of pairs; the first layer sees every line and every perturbation once."""
        ((first,), (offset,)), *_, ((last,), (shift,)) = layers
        units = (lines @ first[:d]).index_select(0, line) + (marks @ first[d:]).index_select(0, mark) + offset
        return torch.addmm(shift, _hidden(layers, units[None], dropout, random)[0], last)[:, 0]

    def loss(layers: Layers, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        ours, theirs = forward(layers, of_line[rows], of_mark[rows], random), target[rows]
        if settings.loss == "squares":
            return torch.nn.functional.mse_loss(ours, theirs)
        ours, theirs = ours - ours.mean(), theirs - theirs.mean()
        return 1.0 - (ours * theirs).sum() / torch.sqrt(torch.square(ours).sum() * torch.square(theirs).sum() + 1e-12)

    def finished(layers: Layers) -> tuple[Matrix, Array]:
        # A correlation has no unit: slope and offset bring outputs to the targets of the training pairs.
        ours = forward(layers, of_line, of_mark).numpy().astype(np.float64)
        deviation, theirs = ours - ours.mean(), pairs.target.astype(np.float64)
        variance = np.square(deviation).mean()
        slope = (deviation * (theirs - theirs.mean())).mean() / variance if variance > 1e-12 else 0.0
        shift = theirs.mean() - slope * ours.mean()
        scale = np.array([slope, shift])[:, None] * pairs.unit
        unseen = forward(layers, everyone[:, 0], everyone[:, 1]).numpy().reshape(len(held_out), -1)
        scores = path_spearman(unseen.T[:, None], problem.response[held_out])[:, 0]
        return _flat(layers, np.repeat(units, (d, f)), *scale), scores

    # The start is that of He et al. 2015, for rectified units.
    task = _Task((d + f, *settings.hidden, 1), 1, (6.0, 3.0), len(target), 2, loss, finished)
    return pairs, _train(settings, task, seed)
