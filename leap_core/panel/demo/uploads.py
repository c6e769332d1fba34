"""The three demo samples as files: a held-out line, an unusual sample and a broken file."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import erfc
from scipy.stats import false_discovery_control

from leap_core.panel.demo.study import DemoStudy


def demo_uploads(study: DemoStudy) -> dict[str, bytes]:
    """Return the three demo files of a study, UTF-8 and comma-separated, by file name.

    Two held-out samples (log2(TPM + 1), genes in rows), and a table of statistics that has to be refused.
    """
    return {
        "heldout_melanoma.csv": _profile(study, "SIM-MEL-HELDOUT"),
        "unusual_sample.csv": _profile(study, "SIM-CHO-HELDOUT"),
        "broken_statistics.csv": _statistics(study),
    }


def _profile(study: DemoStudy, name: str) -> bytes:
    """Return one held-out line as CSV, log2(TPM + 1) with four decimals, the unit in a comment."""
    values = study.held_out[study.held_out_lines["CellLineName"] == name].iloc[0].rename(name)
    return b"# Simulated, log2(TPM+1)\n" + _csv(values.map("{:.4f}".format).to_frame())


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
