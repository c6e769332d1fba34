"""Golden predictions: what a change of structure must leave as it is, to the bit.

    python -m benchmarks.golden write FOLDER [--cases NAME ...]
    python -m benchmarks.golden compare FOLDER [--cases NAME ...]

`leap-best` and `leap-lasso` on both demo panels and on two real pairs (drugs, RNAi of 400 genes), trained without the
lines of the first split of the accuracy benchmark: predictions by fold, out-of-fold predictions, and the weights of the
linear map of the first 20 perturbations. `write` keeps them in FOLDER, which belongs to nobody's repository; `compare`
makes them anew and prints for each array whether it is the same bits, and the largest difference.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.missing_genes import read_pair
from benchmarks.reporting import real_data
from leap_core.model.catalogue import recipe_called
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.demo import simulate_demo
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_panels

RECIPES = ("leap-best", "leap-lasso")
CASES = ("demo genes", "demo drugs", "drugs", "rnai")
# The many perturbations of the RNAi pair would take long, and say no more.
MOST_PERTURBATIONS = 400


def panel_of(case: str) -> Panel:
    """The panel of one case."""
    if case.startswith("demo"):
        return demo_panels(simulate_demo())[{"demo genes": DEMO_GENES, "demo drugs": DEMO_DRUGS}[case]]
    return read_pair(case, real_data())[1]


def golden(case: str, recipe_name: str, home: Path) -> dict[str, np.ndarray]:
    """Arrays of one case and recipe."""
    panel, recipe = panel_of(case), recipe_called(recipe_name)
    test = digest_test_lines(panel.patients, 0)
    columns = np.arange(min(panel.response.shape[1], MOST_PERTURBATIONS))
    whole = training_set(panel, recipe)
    data = replace(whole, response=whole.response[:, columns], status=whole.status[columns]).part(~test)
    names = [str(name) for name in panel.response.columns[columns]]
    ensemble = fit_ensemble(data, recipe, names, panel.score.higher_is_stronger, Runtime(Store(home)))[0]
    found = ensemble.predict(panel.expression[test])
    return {
        "predicted": found.predicted.to_numpy(),
        "agreement_sd": found.agreement_sd.to_numpy(),
        "panel_percentile": found.panel_percentile.to_numpy(),
        "by_fold": np.asarray(found.by_fold),
        "out_of_fold": np.asarray(ensemble.out_of_fold),
        "weights": ensemble.linear_weights(names[:20]).to_numpy(),
    }


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["write", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for case in options.cases:
        for recipe in RECIPES:
            with tempfile.TemporaryDirectory() as home:
                arrays = golden(case, recipe, Path(home))
            place = options.folder / f"{case}_{recipe}.npz".replace(" ", "_")
            if options.do == "write":
                np.savez(place, allow_pickle=False, **arrays)
                continue
            before = np.load(place)
            rows = {
                name: {
                    "same bits": bool(np.array_equal(values, before[name], equal_nan=True)),
                    "largest difference": float(
                        np.nanmax(np.abs(values.astype(float) - before[name].astype(float)), initial=0.0)
                    ),
                }
                for name, values in arrays.items()
            }
            print(json.dumps({"case": case, "recipe": recipe, **rows}), flush=True)


if __name__ == "__main__":
    main()
