"""Artefacts and records of jobs, changed one at a time: is it said, or without effect, and is nothing else touched?

    python -m tests.adversary.store artefacts|forged|jobs --number 1000 --seed 1 [--seconds 3600] [--folder FOLDER]

Each trial changes one thing in a store with three models (linear, nearest lines and trees; two share a panel), opens
every model and predicts. What must be: a model that rests on what was changed predicts as before or says in a sentence
that it cannot be used; the others predict as before; ``leap models --verify`` finds what was changed; deleting and
cleaning work. The process has limits of memory and time from the system, so whoever starts it sees a crash or a hang.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from leap_core.errors import LeapError
from leap_core.model.heads.boosting import BoostingSettings
from leap_core.model.heads.knn import NeighbourSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run import queue
from leap_core.run.jobs import job_started, job_state, list_jobs, put_job
from leap_core.run.manifest import MANIFEST, write_manifest
from leap_core.run.mapping import SerialMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.housekeeping import check, unneeded
from leap_core.services.models import load_model, predict
from leap_core.services.training import TrainedModel, train
from tests.adversary.mutators import mutate_content, mutate_place
from tests.adversary.trials import draws, options
from tests.conftest import planted

_MEMORY = 4 * 2**30
_SECONDS_EACH = 20


def trained_store(home: Path) -> Store:
    """A store with three small models of different kinds."""
    store = Store(home)
    panel = planted()
    kinds = {
        "linear": RidgeSettings(),
        "lines": NeighbourSettings(),
        "trees": BoostingSettings(num_iterations=(5, 10), feature_fraction=1.0),
    }
    for name, regressor in kinds.items():
        group = LayerGroup(PCASettings(components=5), regressor, layers=1)
        key = keep_panel(panel if name != "trees" else _smaller(panel), store)
        train(key, Recipe(name, groups=(group,)), "outer", Runtime(store, SerialMapper()), name)
    return store


def _smaller(panel: Any) -> Any:
    return replace(panel, response=panel.response.iloc[:, :6])


def said(store: Store, name: str) -> bytes | str:
    """All that a model says of three samples, as bytes; or its sentence."""
    try:
        model = load_model(name, store)
        found = predict(model, planted().expression.iloc[:3] + 0.1)
        levels = model.panel_predictions.levels
        parts = (found.predicted, found.panel_percentile, found.agreement_sd, levels, model.ensemble.out_of_fold)
        table = model.table.to_csv() + str(model.recipe) + model.panel.release + model.created
        return b"".join(np.ascontiguousarray(part).tobytes() for part in parts) + table.encode()
    except LeapError as error:
        return str(error)


class Trials:
    """Counts what became of the trials."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.faults: list[str] = []

    def fault(self, kind: str, what: str) -> None:
        """Write down what must not be."""
        self.found[kind] += 1
        self.faults.append(f"{kind}: {what}")

    def guarded(self, what: str, do: Callable[[], None]) -> None:
        """Do a trial; whatever it raises but a sentence is a fault."""
        try:
            do()
        except LeapError as error:
            self.fault("tracebacks", f"{what}: unexpected {error}")
        except Exception:
            self.fault("tracebacks", f"{what}: {traceback.format_exc()[-1500:]}")


def artefact_trials(folder: Path, draws: Iterator[random.Random], trials: Trials) -> None:
    """Change one thing of the store at a time."""
    store, kept = trained_store(folder / "home"), folder / "kept"
    before = {name: said(store, name) for name in store.names()}
    assert all(isinstance(one, bytes) for one in before.values())
    needed = {name: {store.resolve(name), *store.named_by(store.resolve(name))} for name in store.names()}
    owned = {
        part for name in needed for part in (store.resolve(name), *store.read(store.resolve(name), TrainedModel).parts)
    }
    shutil.copytree(store.home, kept)
    for number, draw in enumerate(draws):
        files = sorted(path for part in ("artefacts", "models") for path in store.home.glob(f"{part}/**/*"))
        wanted = [path for path in files if path.is_file() or len(path.name) == 64]
        # Most of what lies in a store says how accurate models are, and is not read when one is opened.
        resting = [path for path in wanted if path.suffix == ".json" and path.parent.name == "models"]
        resting += [path for path in wanted if owned & {path.name, path.parent.name}]
        path = draw.choice(resting if draw.random() < 0.8 else wanted)
        if path.is_dir() or draw.random() < 0.15:
            others = [other for other in files if other.is_dir() == path.is_dir() and other.suffix == path.suffix]
            how, touched = mutate_place(path, [one for one in others if len(one.name) == len(path.name)], draw)
        else:
            how, touched = mutate_content(path, draw), [path]
        what = f"{number} {how} {path.relative_to(store.home)}"
        print(what, flush=True)

        def judge(touched: list[Path] = touched, what: str = what) -> None:
            _judge(store, touched, what, before, needed, trials, kept)

        trials.guarded(what, judge)
        trials.found["tried"] += 1
        _restored(store.home, kept, touched)
    trials.guarded("afterwards", lambda: _as_before(store, before, trials))


def _judge(
    store: Store,
    touched: list[Path],
    what: str,
    before: dict[str, bytes | str],
    needed: dict[str, set[str]],
    trials: Trials,
    kept: Path,
) -> None:
    parts = {part for path in touched for part in path.relative_to(store.home).parts} | {path.stem for path in touched}
    detected = False
    for name, as_it_was in before.items():
        now = said(store, name) if name in store.names() else "the name is gone"
        if now == as_it_was:
            continue
        if isinstance(now, bytes):
            trials.fault("silent changes", f"{what}: {name}")
        elif name not in parts and not parts & needed[name]:
            trials.fault("others touched", f"{what}: {name}: {now}")
        elif "\n" in now or len(now) > 700:
            trials.fault("tracebacks", f"{what}: {name} says {now[:300]!r}")
        detected = True
    checked = check(store)
    changed = any(_differs(path, kept / path.relative_to(store.home)) for path in touched)
    missing = any(not path.exists() for path in touched)
    if changed and not (checked.damaged or checked.models or missing or touched[0].parts[-2] == "models"):
        trials.fault("not verified", what)
    unneeded(store)
    trials.found["detected" if detected else "without effect"] += 1


def _differs(path: Path, kept: Path) -> bool:
    if path.is_symlink() or path.is_dir() != kept.is_dir():
        return True
    if path.is_dir():
        return any(_differs(path / one.name, one) for one in kept.iterdir())
    if not path.exists() or path.suffix != ".json":
        return not path.exists() or path.read_bytes() != kept.read_bytes()
    try:
        # Blanks between values are no content.
        return json.loads(path.read_bytes()) != json.loads(kept.read_bytes())
    except (ValueError, RecursionError):
        return True


def _restored(home: Path, kept: Path, touched: list[Path]) -> None:
    for path in touched:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        source = kept / path.relative_to(home)
        if source.is_dir():
            shutil.copytree(source, path)
        else:
            shutil.copyfile(source, path)


def _as_before(store: Store, before: dict[str, bytes | str], trials: Trials) -> None:
    for name, as_it_was in before.items():
        if said(store, name) != as_it_was:
            trials.fault("silent changes", f"{name} after everything was put back")


def forged_trials(folder: Path, draws: Iterator[random.Random], trials: Trials) -> None:
    """Change one file of an artefact at a time, and let its manifest say that it is so: nothing may crash or hang.

    What was forged by somebody who knows how is no accident, so other predictions are no fault, nor is any exception.
    """
    store, kept = trained_store(folder / "home"), folder / "kept"
    shutil.copytree(store.home, kept)
    keys = {name: store.resolve(name) for name in store.names()}
    parts = {name: sorted({key, *store.read(key, TrainedModel).parts}) for name, key in keys.items()}
    before = {name: said(store, name) for name in keys}
    for number, draw in enumerate(draws):
        name = draw.choice(sorted(keys))
        key = draw.choice(parts[name])
        path = draw.choice(sorted(path for path in store.folder(key).iterdir() if path.name != MANIFEST))
        made_from, seconds = store.manifest(key)["made_from"], store.manifest(key)["seconds"]
        what = f"{number} {mutate_content(path, draw)} {path.relative_to(store.home)}"
        print(what, flush=True)
        (path.parent / MANIFEST).unlink()
        write_manifest(path.parent, key, made_from, seconds)
        try:
            now = said(store, name)
            trials.found[
                "without effect" if now == before[name] else "other" if isinstance(now, bytes) else "said"
            ] += 1
        except Exception as error:
            trials.found["exceptions"] += 1
            print(f"  {type(error).__name__}: {error}")
        trials.found["tried"] += 1
        _restored(store.home, kept, [path.parent])


def job_trials(folder: Path, draws: Iterator[random.Random], trials: Trials) -> None:
    """Change one record of one job at a time."""
    home, kept, started = folder / "home", folder / "kept", list[list[str]]()
    queue.spawn_job = lambda home, job_id: started.append(job_started(home, job_id)[1])  # type: ignore[assignment]
    arguments = {put_job(home, ["train", "--name", f"m{number}"], f"job {number}"): number for number in range(4)}
    ended, failed, first, second = sorted(arguments)
    for job_id, state in ((ended, "finished"), (failed, "failed")):
        record = {"state": state, "share": 1.0, "message": "so it was"}
        (home / "jobs" / job_id / "progress.json").write_text(json.dumps(record))
    shutil.copytree(home, kept)
    before = {job.job_id: job for job in list_jobs(home)}
    for number, draw in enumerate(draws):
        path = draw.choice(sorted(path for path in home.glob("jobs/*/*.json")))
        if draw.random() < 0.15:
            how, touched = mutate_place(path, sorted(home.glob(f"jobs/*/{path.name}")), draw)
        else:
            how, touched = mutate_content(path, draw), [path]
        what = f"{number} {how} {path.relative_to(home)}"
        print(what, flush=True)
        hit = {one.parent.name for one in touched}

        def judge(hit: set[str] = hit, what: str = what) -> None:
            found = {job.job_id: job for job in list_jobs(home)}
            for job_id, was in before.items():
                if job_id not in hit and found.get(job_id) != was:
                    trials.fault("others touched", f"{what}: {job_id}")
            started.clear()
            queue.waiting(home)
            queue.advance(home)
            mine = [["train", "--name", f"m{arguments[job_id]}"] for job_id in (first, second)]
            # Who ended, and whose end was lost, is started again or not; nobody is started with other arguments.
            allowed = [*mine, *(["train", "--name", f"m{arguments[job_id]}"] for job_id in hit)]
            if any(one not in allowed for one in started):
                trials.fault("silent changes", f"{what}: started {started}")
            for job_id in hit:
                job_state(home, job_id)
                with suppress(LeapError):
                    queue.cancel(home, job_id)
            detected = any(found.get(job_id) != before[job_id] for job_id in hit)
            trials.found["detected" if detected else "without effect"] += 1

        trials.guarded(what, judge)
        trials.found["tried"] += 1
        shutil.rmtree(home)
        shutil.copytree(kept, home)


TRIALS = {"artefacts": artefact_trials, "forged": forged_trials, "jobs": job_trials}


def main() -> None:
    """Run trials and print what became of them as the last line; code 1 where something must not be."""
    asked = options(__doc__, TRIALS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = 300 + _SECONDS_EACH * asked.number
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    trials = Trials()
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        TRIALS[asked.what](Path(folder), draws(asked.seed, asked.number, asked.seconds), trials)
        seconds = time.monotonic() - started
    print(json.dumps({**trials.found, "seconds": round(seconds, 1), "faults": trials.faults}))
    sys.exit(1 if trials.faults else 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
