"""The three demo samples as files: a held-out line, an unusual sample and a broken file."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.panel.demo.lines import Floats
from leap_core.panel.demo.simulate import DemoStudy


@dataclass(frozen=True)
class DemoUpload:
    """A file that a user can try the upload page with.

    Attributes
    ----------
    file_name, title, description
        Name of the file, a short title, and one sentence on what it shows.
    content
        The bytes of the file: UTF-8, comma-separated.
    """

    file_name: str
    title: str
    description: str
    content: bytes


def demo_uploads(study: DemoStudy) -> tuple[DemoUpload, ...]:
    """Return the three demo files of a study.

    Parameters
    ----------
    study
        The simulated study.

    Returns
    -------
    tuple of DemoUpload
        Held-out melanoma line and unusual sample (log2(TPM + 1), genes in rows), and a table of statistics
        that is
        no expression profile and has to be refused.
    """
    return (
        DemoUpload(
            "heldout_melanoma.csv",
            "Held-out line",
            "A simulated melanoma line that is not in the panel: SOX10, MITF and BRAF should lead.",
            _profile(study, "SIM-MEL-HELDOUT"),
        ),
        DemoUpload(
            "unusual_sample.csv",
            "Unusual sample",
            "A simulated chordoma-like sample of a kind that the panel does not hold.",
            _profile(study, "SIM-CHO-HELDOUT"),
        ),
        DemoUpload(
            "broken_statistics.csv",
            "Broken file",
            "Differential-expression statistics instead of expression: to be refused, with a reason.",
            _statistics(study),
        ),
    )


def _profile(study: DemoStudy, name: str) -> bytes:
    """Return one held-out line as CSV, genes in rows, log2(TPM + 1) with four decimals, the unit in a comment."""
    model_id = study.held_out_lines.index[study.held_out_lines["CellLineName"] == name][0]
    values = study.held_out.loc[model_id]
    rows = [f"{gene},{value:.4f}" for gene, value in values.items()]
    return ("\n".join(["# Simulated, log2(TPM+1)", f"gene,{name}", *rows]) + "\n").encode()


def _statistics(study: DemoStudy) -> bytes:
    """Return melanoma against the rest of the panel as fold changes and p-values (Welch, normal)."""
    is_melanoma = (study.lines["OncotreePrimaryDisease"] == "Melanoma").to_numpy()
    ours, rest = study.expression[is_melanoma], study.expression[~is_melanoma]
    change = ours.mean() - rest.mean()
    error = np.sqrt(ours.var() / len(ours) + rest.var() / len(rest)) + 1e-3
    p = np.array([math.erfc(abs(z) / math.sqrt(2.0)) for z in change / error])
    table = pd.DataFrame({"log2FoldChange": change, "pvalue": p, "padj": _adjusted(p)})
    rows = [f"{gene},{fold:.4f},{pvalue:.3e},{padj:.3e}" for gene, fold, pvalue, padj in table.itertuples(name=None)]
    return ("\n".join(["gene,log2FoldChange,pvalue,padj", *rows]) + "\n").encode()


def _adjusted(p: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values, (g,)."""
    order = np.argsort(p, kind="stable")[::-1]
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return adjusted
