"""Keeping a store in order: what is damaged in it, and what lies in it that no model needs."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from leap_core.errors import LeapError, UserError
from leap_core.run.jobs import ACTIVE, job_started, list_jobs
from leap_core.run.records import writing
from leap_core.run.store import Store, bytes_in
from leap_core.services.training import TrainedModel

_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Checked:
    """What was found when everything in a store was read.

    Attributes
    ----------
    artefacts, size
        How many there are, and their bytes.
    damaged
        By key what is wrong, in words.
    models
        By name of a model why it cannot be used, or what of it is damaged that it can do without.
    """

    artefacts: int
    size: int
    damaged: dict[str, str]
    models: dict[str, str]


@dataclass(frozen=True)
class Unneeded:
    """What no model needs.

    Attributes
    ----------
    keys
        Of the artefacts.
    stages
        How many there are of each kind.
    drafts
        What killed or interrupted writers left.
    size
        Bytes of all of it.
    remarks
        What whoever cleans should know, in words.
    """

    keys: frozenset[str]
    stages: dict[str, int]
    drafts: tuple[Path, ...]
    size: int
    remarks: tuple[str, ...]


def check(store: Store) -> Checked:
    """Read everything in a store, and hold it against what was written."""
    keys = store.keys()
    damaged = store.damages(keys)
    problems = {name: _problem(name, store, damaged) for name in store.names()}
    return Checked(len(keys), store.size(keys), damaged, {name: text for name, text in problems.items() if text})


def unneeded(store: Store) -> Unneeded:
    """What no model needs, and no job that runs or waits; panels that nothing was trained on are among it."""
    roots, remarks = _roots(store)
    needed = _closure(roots, store)
    explanations = {key for root in roots for key in store.keys_of("explanation", model=root)}
    keys = store.keys() - needed - explanations
    drafts = (*store.drafts(), *(path for part in ("models", "evaluations") for path in _drafts(store.home / part)))
    size = store.size(keys) + sum(bytes_in(draft) for draft in drafts)
    stages = Counter(store.stage(key) for key in keys)
    return Unneeded(frozenset(keys), dict(sorted(stages.items())), drafts, size, tuple(remarks))


def clean(store: Store) -> Unneeded:
    """Delete what no model needs, and return what that was.

    Raises
    ------
    UserError
        If something is being trained or written, or cannot be deleted.
    """
    with store.alone() as free:
        if not free:
            raise UserError(
                f"Something is being trained or written in {store.home}, and may rest on what no model needs yet:"
                " clean it when that has ended."
            )
        found = unneeded(store)
        store.discard(found.keys)
        with writing(store.home):
            # What was just discarded is gone from there, or could not be removed.
            for draft in found.drafts:
                _remove(draft)
        return found


def _problem(name: str, store: Store, damaged: dict[str, str]) -> str:
    """Why a model cannot be used, or what of it is damaged that it can do without; empty where nothing is."""
    try:
        key = store.resolve(name)
        needed = {key, *store.named_by(key)}
        if wrong := [damaged[part] for part in sorted(needed) if part in damaged]:
            return wrong[0]
        for part in store.read(key, TrainedModel).parts:
            store.folder(part)
    except LeapError as error:
        return str(error)
    return ""


def _roots(store: Store) -> tuple[set[str], list[str]]:
    """Keys of what models and jobs stand for; where a name cannot be read, of every model that it may stand for."""
    roots, remarks = set[str](), []
    for name in store.names():
        try:
            key = store.resolve(name)
        except LeapError as error:
            roots |= store.keys_of("model")
            remarks.append(f"{error} Until then every trained model is kept.")
            continue
        roots.add(key)
        if store.has(key) and (problem := store.damage(key)):
            remarks.append(
                f"{name} is damaged, so what it rests on may be taken for unneeded: train it again first. {problem}"
            )
    for job in list_jobs(store.home):
        if job.state in ACTIVE:
            roots |= {part for part in job_started(store.home, job.job_id)[1] if _KEY.fullmatch(part)}
    return roots, remarks


def _closure(roots: Iterable[str], store: Store) -> set[str]:
    """Those of some artefacts that are there, with what they name, and what these name."""
    found, waiting = set[str](), set(roots)
    while waiting:
        key = waiting.pop()
        if key not in found and store.has(key):
            found.add(key)
            waiting |= store.named_by(key) - found
    return found


def _drafts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.draft"))


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
