"""The columns of a hit table in words: title, kind of number, explanation.

Pages, reports and workbooks take theirs from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from leap_core.accuracy.ceiling import MIN_AGREEMENT, MIN_SHARED_LINES
from leap_core.panel.scores import ScoreType
from leap_core.panel.summary import CLASS_RULES
from leap_core.ranking.concordance import RULE
from leap_core.ranking.dependency_rule import rule_in_words

Kind = Literal["text", "yes or no", "number", "small number", "points", "percentile", "share", "bar of 100", "bar of 1"]
"""How a value is written: ``number`` with two digits, ``small number`` with three, ``points`` and ``percentile`` with
none, ``share`` (0..1) in percent."""

SHOWN_COLUMNS = (
    "priority",
    "probability",
    "predicted",
    "interval_80_low",
    "interval_80_high",
    "call_probability",
    "panel_percentile",
    "relative_percentile",
    "consensus_percentile",
    "disagreement",
    "accuracy",
    "laboratories",
    "rank_before",
    "moved_by",
    "badge",
    "concordance",
    "targets",
    "pathway",
    "approved",
    "approved_drugs",
    "expressed",
    "panel_class",
    "other_side",
    "other_drugs",
    "accuracy_low",
    "accuracy_high",
    "by_study",
    "agreement",
    "agreement_lines",
    "agreement_study",
    "share_of_ceiling",
    "agreement_sd",
    "status",
)


@dataclass(frozen=True)
class Column:
    """One column in words."""

    title: str
    kind: Kind
    help: str = ""


def hit_columns(score: ScoreType) -> dict[str, Column]:
    """Columns of a hit table of a score type, by name."""
    return {
        **_of_the_prediction(score),
        **_of_its_standing(score),
        **_of_the_perturbation(score),
        **_of_the_panel(score),
        **_of_the_accuracy(score),
        **_of_further_studies(score),
    }


def _of_the_prediction(score: ScoreType) -> dict[str, Column]:
    return {
        "perturbation": Column("Gene" if score.kind == "gene" else "Drug", "text"),
        "priority": Column(
            "Priority",
            "points",
            "Points of 100 by the weights of the order that was chosen; see How the priority comes about",
        ),
        "probability": Column(
            "Probability",
            "bar of 1",
            "Calibrated on lines that the models had not seen: how often a line with such a prediction is"
            f" {rule_in_words(score)}. Counted row by row, while an interval is as wide as errors of such predictions"
            " usually are: the two need not agree",
        ),
        "predicted": Column(f"Predicted {score.title}", "number", f"{score.direction}. {score.note}"),
        **_of_intervals(80),
        **_of_intervals(90),
        "call_probability": Column(
            "Probability of a call", "share", "Calibrated on lines that the models had not seen"
        ),
        "agreement_sd": Column(
            "Agreement (SD)",
            "small number",
            "Spread of the layers' predictions; small = the members agree. Not a confidence interval.",
        ),
        "expressed": Column(
            "Expressed here",
            "yes or no",
            "1 TPM or more in this sample; a dependency on a gene that is off is suspicious",
        ),
        "concordance": Column("Drug and target", "text", RULE),
        **_of_a_pilot(score),
        "other_side": Column(
            "Drugs against it, percentile" if score.kind == "gene" else "Its targets, percentile",
            "text",
            "Where the other side stands among the panel's lines (drugs: general sensitivity taken off); predictions"
            " above the accuracy cut",
        ),
    }


def _of_its_standing(score: ScoreType) -> dict[str, Column]:
    """Where the prediction stands among the panel's lines."""
    return {
        "panel_percentile": Column(
            "Panel percentile",
            "bar of 100",
            f"100 = the most {score.adjective} of the panel's lines, each predicted without having been seen",
        ),
        "relative_percentile": Column(
            "Relative percentile",
            "percentile",
            "With the general sensitivity taken off: lines differ in how sensitive they are to everything",
        ),
        "lineage_percentile": Column(
            "Lineage percentile",
            "percentile",
            "As the panel percentile, among the lines of the lineage that the sample looks like; empty where it looks"
            " like none, or there are fewer than five such lines",
        ),
        "z": Column(
            "Z",
            "number",
            f"How far the prediction lies from the panel lines' median, in robust standard deviations; positive = more"
            f" {score.adjective}",
        ),
    }


def _of_a_pilot(score: ScoreType) -> dict[str, Column]:
    return {
        "in_pilot": Column("In the pilot", "yes or no"),
        "measured": Column(
            f"Measured {score.title}",
            "number",
            "What the pilot measured, in the panel's unit or as near to it as can be told",
        ),
        "predicted_before": Column("Before the pilot", "number", f"Predicted {score.title} without the pilot"),
        "rank_before": Column("Place before", "percentile", "In the default order, without the pilot"),
        "moved_by": Column(
            "Moved by",
            "text",
            "The measured rows that moved this prediction most, and by how much; what they do adds up",
        ),
    }


def _of_intervals(level: int) -> dict[str, Column]:
    held = f"CV+ interval: a measured value lies inside for about {level} % of unseen lines"
    return {
        f"interval_{level}_low": Column(f"{level} % from", "number", held),
        f"interval_{level}_high": Column(f"{level} % to", "number", "Its upper end"),
    }


def _of_the_perturbation(score: ScoreType) -> dict[str, Column]:
    metric = "AUROC" if score.binary else "Spearman"
    return {
        "accuracy": Column(
            "Accuracy on unseen lines", "number", f"{metric} within folds of held-out patients; low means cannot tell"
        ),
        "accuracy_low": Column("Accuracy, 95 % from", "number", "Patients resampled"),
        "accuracy_high": Column("Accuracy, 95 % to", "number", "Its upper end"),
        "accuracy_lineage_mean": Column(
            "Lineage mean", "number", f"{metric} of simply predicting the mean of the line's lineage"
        ),
        "accuracy_nearest_line": Column(
            "Nearest line", "number", f"{metric} of copying the most similar screened line"
        ),
        "accuracy_pca_ridge": Column(
            "PCA + ridge", "number", f"{metric} of ridge regression on 256 principal components"
        ),
        "badge": Column(
            "Against baselines",
            "text",
            "Is the model better than the best of lineage mean, nearest line and PCA + ridge on unseen lines? Better:"
            " the 95 % interval of the gain lies above 0; no better: it ends below 0.02",
        ),
        "panel_class": Column(
            "In the panel", "text", "\n".join(f"- **{name}**: {rule}" for name, rule in CLASS_RULES.items())
        ),
        "targets": Column("Targets", "text", "As the table of drugs that you supplied writes them"),
        "pathway": Column("Pathway", "text", "By the table of drugs that you supplied"),
        "approved": Column(
            "Approved drug", "yes or no", "By the table of drugs that you supplied; empty where it does not say"
        ),
        "approved_drugs": Column("Approved drugs against it", "text", "By the tables of drugs that you supplied"),
        "other_drugs": Column("Other drugs against it", "text", "Not approved, or the tables do not say"),
        "status": Column("Status", "text", "ok, or why there is no model for this row"),
    }


def _of_the_panel(score: ScoreType) -> dict[str, Column]:
    return {
        "lines_screened": Column("Lines screened", "percentile", "Lines of the panel that were screened with it"),
        "panel_mean": Column("Panel mean", "number", f"Mean {score.title} measured in the panel's lines"),
        "panel_sd": Column("Panel SD", "number", f"Standard deviation of the {score.title} measured in them"),
        "share_dependent": Column(
            "Share dependent", "share", "Share of the panel's lines that were measured as depending on it"
        ),
        "common_essential": Column(
            "Common essential",
            "yes or no",
            "Needed by nearly every line, by the panel's own measurements or by the list that you supplied",
        ),
    }


def _of_the_accuracy(score: ScoreType) -> dict[str, Column]:
    metric = "AUROC" if score.binary else "Spearman"
    return {
        "accuracy_metric": Column("Accuracy metric", "text", "What accuracies of this table are"),
        "accuracy_single_layer": Column(
            "Accuracy, single layer", "number", f"{metric} of one layer alone, the mean of all layers"
        ),
        "accuracy_folds": Column("Accuracy, folds", "percentile", "How many held-out folds gave a number"),
        "accuracy_shrunk": Column(
            "Accuracy, shrunk", "number", "The accuracy drawn to the mean of all rows, the more the less sure it is"
        ),
        "gain": Column(
            "Gain", "number", "Accuracy less that of the best of lineage mean, nearest line and PCA + ridge"
        ),
        "gain_low": Column("Gain, 95 % from", "number", "Patients resampled"),
        "gain_high": Column("Gain, 95 % to", "number", "Its upper end"),
        "validation_score": Column(
            "Validation score", "number", "What the penalty was chosen by: too good to be an accuracy"
        ),
    }


def _of_further_studies(score: ScoreType) -> dict[str, Column]:
    return {
        "consensus_percentile": Column(
            "Consensus percentile",
            "percentile",
            f"Mean over the studies that predict it, weighted by how well each does; 100 = the most {score.adjective}",
        ),
        "studies": Column("Studies", "percentile", "How many studies predict it"),
        "disagreement": Column(
            "Studies apart", "points", "Points between the highest and the lowest percentile that the studies predict"
        ),
        "by_study": Column("Percentile by study", "text", "As the model of each study predicts it"),
        "laboratories": Column(
            "Laboratories",
            "text",
            f"Whether two laboratories that measured the same {MIN_SHARED_LINES} lines or more put them in the same"
            f" order: do not agree below a rank correlation of {MIN_AGREEMENT['spearman']:g} (calls: an AUROC of"
            f" {MIN_AGREEMENT['auroc']:g}); empty where that was not measured",
        ),
        "agreement": Column(
            "Agreement of laboratories",
            "number",
            "Spearman of two laboratories' measurements of the same lines; where one has calls, their AUROC",
        ),
        "agreement_metric": Column("Measured by", "text"),
        "agreement_lines": Column("Lines in both", "percentile", "Lines that both laboratories measured"),
        "agreement_study": Column("The other study", "text"),
        "ceiling": Column(
            "Ceiling",
            "number",
            "Square root of the agreement: what an accuracy can reach where both measure equally well",
        ),
        "share_of_ceiling": Column(
            "Share of the ceiling",
            "share",
            "Accuracy on unseen lines, of what can be reached; above 100 % the other laboratory is the less reliable",
        ),
    }


def title_of(name: str, columns: dict[str, Column]) -> str:
    """What a column of a table is called; what has no title keeps its name, in words."""
    if name in columns:
        return columns[name].title
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def in_words(value: object, kind: Kind) -> str:
    """A value of a column as it is read; nothing where there is none."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if kind == "text":
        return str(value)
    if kind == "yes or no":
        return "yes" if value else "no"
    number = float(value)  # type: ignore[arg-type]
    if kind in ("share", "bar of 1"):
        return f"{100.0 * number:.0f} %"
    digits = {"number": 2, "small number": 3}.get(kind, 0)
    return f"{number:.{digits}f}"
