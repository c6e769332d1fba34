"""Column titles, formats and explanations of the hit table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from leap_core.data.scores import ScoreType

SHOWN_COLUMNS = ["predicted", "panel_percentile", "accuracy", "agreement_sd", "accuracy_lineage_mean", "accuracy_pca_ridge", "status"]


def column_config(score: ScoreType) -> dict[str, Any]:
    """How each column of a hit table is titled, formatted and explained."""
    number = st.column_config.NumberColumn
    metric = "AUROC" if score.binary else "Spearman"
    return {
        "perturbation": st.column_config.TextColumn("Gene" if score.kind == "gene" else "Drug", pinned=True),
        "predicted": number(f"Predicted {score.title}", format="%.2f", help=f"{score.direction}. {score.note}"),
        "panel_percentile": st.column_config.ProgressColumn(
            "Panel percentile",
            min_value=0,
            max_value=100,
            format="%.0f",
            help=f"100 = the most {score.adjective} of the panel's lines, each predicted without having been seen",
        ),
        "accuracy": number(
            "Accuracy on unseen lines", format="%.2f", help=f"{metric} within folds of held-out patients; low means cannot tell"
        ),
        "agreement_sd": number(
            "Agreement (SD)", format="%.3f", help="Spread of the layers' predictions; small = the members agree. Not a confidence interval."
        ),
        "accuracy_lineage_mean": number(
            "Lineage mean", format="%.2f", help=f"{metric} of simply predicting the mean of the line's lineage"
        ),
        "accuracy_nearest_line": number("Nearest line", format="%.2f", help=f"{metric} of copying the most similar screened line"),
        "accuracy_pca_ridge": number("PCA + ridge", format="%.2f", help=f"{metric} of ridge regression on 256 principal components"),
        "status": st.column_config.TextColumn("Status", help="ok, or why there is no model for this row"),
    }
