"""Explanations in the store.

Made once for a model, a perturbation and gene sets, found again by every session and command.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace

import numpy as np

from leap_core.errors import UserError
from leap_core.explain.explanation import Explanation, explain, settings_of
from leap_core.io.gene_sets import GeneSets
from leap_core.run.mapping import Done, Mapper, nothing
from leap_core.run.store import MadeFrom, Store, key_of
from leap_core.services.models import Model

STAGE = "explanation"


def kept_explanation(model: Model, perturbation: str, gene_sets: GeneSets | None, store: Store) -> Explanation | None:
    """The explanation, if somebody has made it."""
    key = key_of(_made_from(model, perturbation, gene_sets))
    return _with_counts(store.read(key, Explanation), np.int64) if store.sound(key) else None


def explain_once(
    model: Model,
    perturbation: str,
    gene_sets: GeneSets | None,
    store: Store,
    mapper: Mapper | None = None,
    done: Done = nothing,
) -> Explanation:
    """Find the explanation in the store, or make it and keep it there.

    Parameters
    ----------
    model, perturbation, gene_sets, mapper, done
        As in `leap_core.explain.explanation.explain`.
    store
        Where it is kept; what is kept is about the model, nothing of a user's sample.

    Raises
    ------
    UserError
        If the model has no such perturbation, or could not learn it.
    """
    if (found := kept_explanation(model, perturbation, gene_sets, store)) is not None:
        return found
    made = explain(model, perturbation, gene_sets, mapper=mapper, done=done)
    # In a store that cannot be written to it is made again the next time.
    with suppress(UserError):
        store.keep(_made_from(model, perturbation, gene_sets), lambda: _with_counts(made, np.int16))
    return made


def _made_from(model: Model, perturbation: str, gene_sets: GeneSets | None) -> MadeFrom:
    return {
        "stage": STAGE,
        "model": model.key,
        "perturbation": perturbation,
        "settings": asdict(settings_of(model, perturbation)),
        "gene_sets": None if gene_sets is None else gene_sets.digest,
    }


def _with_counts(explanation: Explanation, kind: type[np.integer]) -> Explanation:
    """Counts of at most a few hundred halves take a quarter of the disk as short integers."""
    stability = explanation.stability
    counts, positive = stability.counts.astype(kind), stability.positive.astype(kind)
    return replace(explanation, stability=replace(stability, counts=counts, positive=positive))
