"""Training of the pan-perturbation networks, by torch."""

from __future__ import annotations

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from leap_core.model.heads.base import Matrix, Problem
from leap_core.model.heads.gram import chunk_count
from leap_core.model.heads.networks.pan_networks import PanNetworkHeads, PanNetworkSettings
from leap_core.model.heads.pan import Pairs, level_of, training_pairs
from leap_core.model.heads.selection import column_spearman
from leap_core.run.mapping import Done, Mapper, in_portions, nothing
from leap_core.run.seeds import seed_of

Layers = list[tuple[torch.Tensor, torch.Tensor]]


class _Fold(NamedTuple):
    """One fold's pairs, flat weights (E, W) after each number of epochs, and their validation scores (E, q)."""

    pairs: Pairs
    weights: Matrix
    scores: npt.NDArray[np.float64]


def fit_pan_networks(
    settings: PanNetworkSettings, problem: Problem, mapper: Mapper, done: Done = nothing
) -> PanNetworkHeads:
    """Train a network per fold; dropout is chosen on the first fold, the number of epochs on all."""
    count, p = problem.count, problem.response.shape[1]
    told = in_portions(done, chunk_count(p), len(settings.dropouts) + count - 1)
    tried = mapper.map(partial(_fit_fold, settings, problem, 0), settings.dropouts, told)
    best = int(np.argmax([fit.scores.mean(axis=1).max() for fit in tried]))
    rest = mapper.map(partial(_fit_with, settings, problem, settings.dropouts[best]), range(1, count), told)
    fits = [tried[best], *rest]
    scores = np.mean([fit.scores for fit in fits], axis=0)
    chosen = int(np.argmax(scores.mean(axis=1)))
    assert problem.fingerprints is not None
    return PanNetworkHeads(
        fitted=np.arange(p),
        intercepts=np.stack([fit.pairs.means for fit in fits]).astype(np.float32),
        penalties=np.full((count, p), np.nan, dtype=np.float32),
        grid_index=np.full(p, chosen, dtype=np.int16),
        validation_score=scores[chosen].astype(np.float32),
        converged=np.ones(p, dtype=bool),
        fingerprints=problem.fingerprints,
        level=np.stack([level_of(problem.fingerprints, fit.pairs.means) for fit in fits]),
        sizes=np.array([problem.latent.shape[1] + problem.fingerprints.shape[1], *settings.hidden, 1]),
        weights=np.stack([fit.weights[chosen] for fit in fits]),
    )


def _fit_with(settings: PanNetworkSettings, problem: Problem, dropout: float, fold: int) -> _Fold:
    return _fit_fold(settings, problem, fold, dropout)


def _fit_fold(settings: PanNetworkSettings, problem: Problem, fold: int, dropout: float) -> _Fold:
    torch.set_num_threads(1)
    seed = seed_of(problem.seed, fold)
    pairs = training_pairs(problem, fold, settings.pairs, np.random.default_rng(seed))
    fingerprints = problem.fingerprints
    assert fingerprints is not None
    units = tuple(
        float(np.sqrt(np.mean(np.square(table, dtype=np.float64)))) or 1.0 for table in (problem.latent, fingerprints)
    )
    lines, marks = (
        torch.from_numpy(problem.latent / np.float32(units[0])),
        torch.from_numpy(fingerprints / np.float32(units[1])),
    )
    random = torch.Generator().manual_seed(seed)
    layers = _start((lines.shape[1] + marks.shape[1], *settings.hidden, 1), random)
    optimiser = torch.optim.AdamW(
        list(itertools.chain(*layers)), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    of_line, of_mark, target = (torch.from_numpy(part) for part in (pairs.lines, pairs.perturbations, pairs.target))
    held_out = np.flatnonzero(problem.folds == fold)
    stages, scores = [], []
    for epoch in range(1, max(settings.epochs) + 1):
        for rows in torch.randperm(len(target), generator=random).split(settings.batch):
            if len(rows) < 2:
                continue
            predicted = _forward(layers, lines, marks, of_line[rows], of_mark[rows], dropout, random)
            loss = _loss(settings.loss, predicted, target[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if epoch in settings.epochs:
            with torch.no_grad():
                scale, shift = _in_units(_forward(layers, lines, marks, of_line, of_mark), target)
                everyone = torch.cartesian_prod(torch.from_numpy(held_out), torch.arange(len(marks)))
                unseen = (
                    _forward(layers, lines, marks, everyone[:, 0], everyone[:, 1]).numpy().reshape(len(held_out), -1)
                )
            stages.append(_flat(layers, units, lines.shape[1], scale * pairs.unit, shift * pairs.unit))
            scores.append(column_spearman(unseen, problem.response[held_out]))
    return _Fold(pairs, np.stack(stages), np.stack(scores))


def _start(sizes: tuple[int, ...], random: torch.Generator) -> Layers:
    """Weights uniform in the inverse root of the inputs (He et al. 2015, for rectified units), offsets zero."""
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = (6.0 / inputs) ** 0.5 if outputs > 1 else (3.0 / inputs) ** 0.5
        weights = (torch.rand((inputs, outputs), generator=random) * 2 - 1) * bound
        layers.append((weights.requires_grad_(True), torch.zeros(outputs, requires_grad=True)))
    return layers


def _forward(
    layers: Layers,
    lines: torch.Tensor,
    marks: torch.Tensor,
    of_line: torch.Tensor,
    of_mark: torch.Tensor,
    dropout: float = 0.0,
    random: torch.Generator | None = None,
) -> torch.Tensor:
    """Outputs (b,) of pairs; the first layer sees every line and every perturbation once."""
    weights, offset = layers[0]
    d = lines.shape[1]
    units = (lines @ weights[:d]).index_select(0, of_line) + (marks @ weights[d:]).index_select(0, of_mark) + offset
    for weights, offset in layers[1:]:
        units = torch.relu(units)
        if random is not None and dropout > 0:
            units = units * (torch.rand(units.shape, generator=random) >= dropout) / (1.0 - dropout)
        units = torch.addmm(offset, units, weights)
    return units[:, 0]


def _loss(kind: str, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    if kind == "squares":
        return torch.nn.functional.mse_loss(predicted, target)
    ours, theirs = predicted - predicted.mean(), target - target.mean()
    return 1.0 - (ours * theirs).sum() / torch.sqrt(torch.square(ours).sum() * torch.square(theirs).sum() + 1e-12)


def _in_units(predicted: torch.Tensor, target: torch.Tensor) -> tuple[float, float]:
    """Slope and offset that bring outputs to the targets of the training pairs: a correlation has no unit."""
    ours, theirs = predicted.double(), target.double()
    variance = float(torch.square(ours - ours.mean()).mean())
    slope = float(((ours - ours.mean()) * (theirs - theirs.mean())).mean()) / variance if variance > 1e-12 else 0.0
    return slope, float(theirs.mean()) - slope * float(ours.mean())


def _flat(layers: Layers, units: tuple[float, ...], latent: int, scale: float, shift: float) -> Matrix:
    """All weights in one row, for inputs and outputs in their own units."""
    arrays = [
        (weights.detach().numpy().astype(np.float64), offset.detach().numpy().astype(np.float64))
        for weights, offset in layers
    ]
    first, last = arrays[0], arrays[-1]
    arrays[0] = (np.concatenate([first[0][:latent] / units[0], first[0][latent:] / units[1]]), first[1])
    arrays[-1] = (last[0] * scale, last[1] * scale + shift)
    return np.concatenate([part.ravel() for pair in arrays for part in pair]).astype(np.float32)
