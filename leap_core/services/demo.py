"""The two built-in demo models: simulated panels, trained on the user's machine at the first start."""

from __future__ import annotations

import pandas as pd

from leap_core.io.gene_sets import GeneSets
from leap_core.io.units import LOG2_TPM1
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.panel.demo import DemoStudy, simulate_demo, table
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel, PanelDescription, assemble
from leap_core.panel.scores import score_type
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.training import planned_work, train

DEMO_GENES = "Demo genes"
DEMO_DRUGS = "Demo drugs"
RELEASE = "simulated demo 1"


def demo_panels(study: DemoStudy) -> dict[str, Panel]:
    """The gene and the drug panel of the simulated study, by model name."""
    lines = pd.DataFrame(
        {
            "patient": study.lines["PatientID"],
            "name": study.lines["CellLineName"],
            "lineage": study.lines["OncotreeLineage"],
            "disease": study.lines["OncotreePrimaryDisease"],
        }
    )
    tables = {DEMO_GENES: (study.gene_effect, "gene_effect"), DEMO_DRUGS: (study.drug_auc, "AUC")}
    return {
        name: assemble(
            study.expression, response, lines, PanelDescription(score_type(score), RELEASE, LOG2_TPM1, simulated=True)
        )
        for name, (response, score) in tables.items()
    }


def demo_gene_sets() -> GeneSets:
    """The modules that the demo's expression is made of, as gene sets."""
    modules = {str(name): frozenset(genes.split()) for name, genes in table("modules")["genes"].items()}
    return GeneSets(modules, "modules of the demo (simulated)")


def train_demo(runtime: Runtime) -> None:
    """Train both demo models (half a minute on two cores), or find them in the store."""
    recipe = recipe_called(DEFAULT)
    panels = demo_panels(simulate_demo())
    for panel in panels.values():
        runtime.progress.plan(planned_work(panel, recipe, "outer"))
    with runtime.store.in_use():
        for name, panel in panels.items():
            train(keep_panel(panel, runtime.store), recipe, "outer", runtime, name, planned=True)


def demo_is_trained(store: Store) -> bool:
    """Whether both demo models are in the store."""
    return {DEMO_GENES, DEMO_DRUGS} <= set(store.names())
