"""Column titles, formats and explanations of the hit table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from leap_core.data.scores import ScoreType
from leap_core.prioritisation.concordance import RULE
from leap_core.prioritisation.panel_summary import CLASS_RULES

SHOWN_COLUMNS = [
    "priority", "probability", "predicted", "interval_80_low", "interval_80_high", "call_probability", "panel_percentile", "relative_percentile",
    "accuracy", "accuracy_low", "accuracy_high", "badge", "panel_class", "expressed", "concordance", "other_side", "targets", "pathway", "approved", "approved_drugs", "other_drugs", "agreement_sd", "status",
]  # fmt: skip


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
        "priority": number(
            "Priority", format="%.0f", help="Points of 100 by the weights of the order that was chosen; see How the priority comes about"
        ),
        "probability": st.column_config.ProgressColumn(
            "Probability: true and selective",
            min_value=0.0,
            max_value=1.0,
            format="percent",
            help="Calibrated on lines that the models had not seen: how often a line with such a prediction is among the strongest tenth of the panel "
            "for this row (calls: called, in a gene that at most 30 % of the lines depend on)",
        ),
        "call_probability": number("Probability of a call", format="percent", help="Calibrated on lines that the models had not seen"),
        "interval_80_low": number(
            "80 % from", format="%.2f", help="CV+ interval: a measured value lies inside for about 80 % of unseen lines"
        ),
        "interval_80_high": number("to", format="%.2f"),
        "relative_percentile": number(
            "Percentile, general sensitivity taken off", format="%.0f", help="Lines differ in how sensitive they are to everything"
        ),
        "accuracy_low": number("95 % from", format="%.2f", help="Patients resampled"),
        "accuracy_high": number("to", format="%.2f"),
        "badge": st.column_config.TextColumn(
            "Against baselines",
            help="Is the model better than the best of lineage mean, nearest line and PCA + ridge on unseen lines? Better: the 95 % "
            "interval of the gain lies above 0; no better: it ends below 0.02",
        ),
        "panel_class": st.column_config.TextColumn(
            "In the panel", help="\n".join(f"- **{name}**: {rule}" for name, rule in CLASS_RULES.items())
        ),
        "expressed": st.column_config.CheckboxColumn(
            "Expressed here", help="1 TPM or more in this sample; a dependency on a gene that is off is suspicious"
        ),
        "concordance": st.column_config.TextColumn("Drug and target", help=RULE),
        "other_side": st.column_config.TextColumn(
            "Drugs against it, percentile" if score.kind == "gene" else "Its targets, percentile",
            help="Where the other side stands among the panel's lines (drugs: general sensitivity taken off); predictions above the accuracy cut",
        ),
        "targets": st.column_config.TextColumn("Targets", help="As the table of drugs that you supplied writes them"),
        "pathway": st.column_config.TextColumn("Pathway"),
        "approved": st.column_config.CheckboxColumn(
            "Approved drug", help="By the table of drugs that you supplied; empty where it does not say"
        ),
        "approved_drugs": st.column_config.TextColumn("Approved drugs against it", help="By the tables of drugs that you supplied"),
        "other_drugs": st.column_config.TextColumn("Other drugs against it", help="Not approved, or the tables do not say"),
        "status": st.column_config.TextColumn("Status", help="ok, or why there is no model for this row"),
    }
