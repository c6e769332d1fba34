"""Training of PS-MLP: the networks of a chunk of perturbations as one batch of small matrices."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from leap_core.model.heads.base import Problem
from leap_core.model.heads.gram import chunk_count
from leap_core.model.heads.networks.networks import Networks, NetworkSettings
from leap_core.model.heads.selection import column_spearman, select_penalty
from leap_core.run.mapping import Done, Mapper, in_portions, nothing
from leap_core.run.seeds import seed_of

# Networks that are trained together: 64 x 256 x 20 weights of the first layer, 1.3 MB, for each number of epochs and
# fold. Fixed, so that results do not depend on the number of workers.
_TOGETHER = 64


def fit_networks(settings: NetworkSettings, problem: Problem, mapper: Mapper, done: Done = nothing) -> list[Networks]:
    """Train the networks of every perturbation and fold, and choose the number of epochs by validation Spearman.

    All networks of a fold start from the same weights and see the same mini-batches and dropout; each minimises the
    mean squared error over the lines that its perturbation was screened on. Their gradients do not mix, and AdamW
    scales each weight by its own, so that trained together they are what they would be alone.
    """
    p = problem.response.shape[1]
    chunks = [slice(start, min(start + _TOGETHER, p)) for start in range(0, p, _TOGETHER)]
    return mapper.map(partial(_fit_chunk, settings, problem), chunks, in_portions(done, chunk_count(p), len(chunks)))


class _Weights(NamedTuple):
    """Tensors of q networks."""

    first: torch.Tensor
    first_offset: torch.Tensor
    second: torch.Tensor
    second_offset: torch.Tensor
    last: torch.Tensor
    last_offset: torch.Tensor


class _Fold(NamedTuple):
    """One fold's networks after each number of epochs, and their validation scores (q, E)."""

    stages: list[_Weights]
    scores: npt.NDArray[np.float64]


def _fit_chunk(settings: NetworkSettings, problem: Problem, columns: slice) -> Networks:
    torch.set_num_threads(1)
    response = problem.response[:, columns].astype(np.float64)
    unit = float(np.sqrt(np.mean(np.square(problem.latent, dtype=np.float64)))) or 1.0
    lines = torch.from_numpy((problem.latent / unit).astype(np.float32))
    fits, levels, deviations = [], [], []
    for fold in range(problem.count):
        level, deviation = _scale(response, problem.folds != fold)
        fits.append(_fit_fold(settings, problem, lines, (response - level) / deviation, fold))
        levels.append(level)
        deviations.append(deviation)
    chosen = select_penalty(np.stack([fit.scores for fit in fits], axis=1))
    score = np.mean([fit.scores for fit in fits], axis=0)[np.arange(len(chosen)), chosen]
    kept = [_picked(fit.stages, chosen) for fit in fits]
    deviation = np.stack(deviations)
    return Networks(
        first=(np.stack([one.first.numpy() for one in kept]) / unit).astype(np.float32),
        first_offset=np.stack([one.first_offset.numpy() for one in kept]),
        second=np.stack([one.second.numpy() for one in kept]),
        second_offset=np.stack([one.second_offset.numpy() for one in kept]),
        last=(np.stack([one.last.numpy() for one in kept]) * deviation[:, :, None]).astype(np.float32),
        intercepts=(np.stack(levels) + deviation * np.stack([one.last_offset.numpy() for one in kept])).astype(
            np.float32
        ),
        chosen=chosen,
        score=score,
    )


def _scale(
    response: npt.NDArray[np.float64], training: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and deviation (q,) of the training lines.

    Of all lines where none of them was screened, and 1 where nothing varies.
    """
    known = ~np.isnan(response)
    of_fold = known & training[:, None]
    of_fold = np.where(of_fold.any(axis=0), of_fold, known)
    count = np.maximum(of_fold.sum(axis=0), 1)
    mean = np.where(of_fold, response, 0.0).sum(axis=0) / count
    deviation = np.sqrt(np.square(np.where(of_fold, response - mean, 0.0)).sum(axis=0) / count)
    return mean, np.where(deviation > 1e-8, deviation, 1.0)


def _fit_fold(
    settings: NetworkSettings, problem: Problem, lines: torch.Tensor, response: npt.NDArray[np.float64], fold: int
) -> _Fold:
    seen = problem.folds != fold
    known = ~np.isnan(response)
    x, y = lines[torch.from_numpy(seen)], torch.from_numpy(np.nan_to_num(response[seen]).astype(np.float32))
    weight = torch.from_numpy((known[seen] / np.maximum(known[seen].sum(axis=0), 1)).astype(np.float32))
    random = torch.Generator().manual_seed(seed_of(problem.seed, fold))
    weights = _start(settings, x.shape[1], response.shape[1], random)
    optimiser = torch.optim.AdamW(list(weights), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    stages, scores = [], []
    for epoch in range(1, max(settings.epochs) + 1):
        for rows in torch.randperm(len(x), generator=random).split(settings.batch):
            predicted = _forward(settings, weights, x[rows], random)
            loss = (weight[rows] * torch.square(predicted - y[rows])).sum() * (len(x) / len(rows))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if epoch in settings.epochs:
            stages.append(_Weights(*(tensor.detach().clone() for tensor in weights)))
            with torch.no_grad():
                held_out = _forward(settings, weights, lines[torch.from_numpy(~seen)]).numpy().astype(np.float64)
            scores.append(column_spearman(held_out, response[~seen]))
    return _Fold(stages, np.stack(scores, axis=1))


def _start(settings: NetworkSettings, features: int, networks: int, random: torch.Generator) -> _Weights:
    """The same start for every network, uniform in the inverse root of what enters a unit."""

    def uniform(*shape: int) -> torch.Tensor:
        values = (torch.rand(shape, generator=random) * 2 - 1) * shape[0] ** -0.5
        return values.repeat(networks, *(1 for _ in shape)).requires_grad_(True)

    def zeros(*shape: int) -> torch.Tensor:
        return torch.zeros((networks, *shape), requires_grad=True)

    hidden = settings.hidden
    return _Weights(
        uniform(features, hidden), zeros(hidden), uniform(hidden, hidden), zeros(hidden), uniform(hidden), zeros()
    )


def _forward(
    settings: NetworkSettings, weights: _Weights, lines: torch.Tensor, random: torch.Generator | None = None
) -> torch.Tensor:
    """Predictions (b, q); with dropout where random numbers are given."""

    def dropped(values: torch.Tensor, share: float) -> torch.Tensor:
        if random is None or share == 0.0:
            return values
        kept = torch.rand(values.shape[-2:], generator=random) >= share
        return values * kept / (1.0 - share)

    inputs = dropped(lines, settings.input_dropout)
    units = torch.relu(torch.matmul(inputs, weights.first) + weights.first_offset[:, None])
    units = torch.relu(torch.baddbmm(weights.second_offset[:, None], dropped(units, settings.dropout), weights.second))
    return (dropped(units, settings.dropout) * weights.last[:, None]).sum(dim=2).T + weights.last_offset


def _picked(stages: list[_Weights], chosen: npt.NDArray[np.int16]) -> _Weights:
    """Of each network the weights after its chosen number of epochs."""
    index = torch.from_numpy(chosen.astype(np.int64))
    return _Weights(*(torch.stack(tensors)[index, torch.arange(len(index))] for tensors in zip(*stages, strict=True)))
