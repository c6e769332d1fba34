"""The demo's files to upload: samples, a resistant child beside its parent, the screen of a line, a broken file."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import erfc
from scipy.stats import false_discovery_control

from leap_core.panel.demo.study import DemoStudy
from leap_core.panel.demo.tables import table
from leap_core.run.seeds import seed_of

# What is left of a module's log2(TPM + 1) in the resistant child, and what is added.
_RESISTANCE = {"melanocytic": (0.25, 0.0), "neural_crest": (0.6, 0.0), "mesenchymal": (1.0, 2.0)}
# Standard deviation between two cultures of one line.
_CULTURES = 0.15


def demo_uploads(study: DemoStudy) -> dict[str, bytes]:
    """Return the demo files of a study, UTF-8 and comma-separated, by file name.

    Two held-out samples (log2(TPM + 1), genes in rows), one of them beside a child that has lost its lineage, what a
    screen of it would have measured, and a table of statistics that has to be refused.
    """
    return {
        "heldout_melanoma.csv": _profile(study, "SIM-MEL-HELDOUT"),
        "parent_and_resistant.csv": _parent_and_resistant(study, "SIM-MEL-HELDOUT"),
        "heldout_melanoma_screen.csv": _screen(study, "SIM-MEL-HELDOUT"),
        "unusual_sample.csv": _profile(study, "SIM-CHO-HELDOUT"),
        "broken_statistics.csv": _statistics(study),
    }


def _profile(study: DemoStudy, name: str) -> bytes:
    """Return one held-out line as CSV, log2(TPM + 1) with four decimals, the unit in a comment."""
    values = study.held_out[study.held_out_lines["CellLineName"] == name].iloc[0].rename(name)
    return b"# Simulated, log2(TPM+1)\n" + _csv(values.map("{:.4f}".format).to_frame())


def _parent_and_resistant(study: DemoStudy, name: str) -> bytes:
    """Return a line and a child that withstands the drugs of its lineage: what makes the lineage is mostly off.

    As in melanoma under BRAF inhibitors: melanocytic genes fall, mesenchymal ones rise, the rest is as in the parent,
    but for what two cultures differ in.
    """
    parent = study.held_out[study.held_out_lines["CellLineName"] == name].iloc[0]
    random = np.random.default_rng(seed_of("demo", "resistant child", name))
    child = parent + _CULTURES * random.standard_normal(len(parent))
    for module, (factor, rise) in _RESISTANCE.items():
        inside = child.index.isin(str(table("modules").loc[module, "genes"]).split())
        child = child.where(~inside, factor * child + rise)
    both = pd.DataFrame({name: parent, f"{name}-RESISTANT": child.clip(lower=0.0)})
    return b"# Simulated, log2(TPM+1)\n" + _csv(both.map("{:.4f}".format))


def _screen(study: DemoStudy, name: str) -> bytes:
    """Return what a screen of a held-out line would have measured, in the panel's unit."""
    measured = study.held_out_gene_effect[study.held_out_lines["CellLineName"] == name].iloc[0].rename("gene_effect")
    return b"# Simulated, Chronos-like gene effect\n" + _csv(measured.map("{:.4f}".format).to_frame())


def _statistics(study: DemoStudy) -> bytes:
    """Return melanoma against the rest of the panel as fold changes and p-values (Welch, normal)."""
    is_melanoma = study.lines["OncotreePrimaryDisease"] == "Melanoma"
    ours, rest = study.expression[is_melanoma], study.expression[~is_melanoma]
    change = ours.mean() - rest.mean()
    error = np.sqrt(ours.var() / len(ours) + rest.var() / len(rest)) + 1e-3
    p = pd.Series(erfc(np.abs(change / error) / np.sqrt(2.0)), index=change.index)
    return _csv(
        pd.DataFrame(
            {
                "log2FoldChange": change.map("{:.4f}".format),
                "pvalue": p.map("{:.3e}".format),
                "padj": pd.Series(false_discovery_control(p), index=p.index).map("{:.3e}".format),
            }
        )
    )


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index_label="gene", lineterminator="\n").encode()
