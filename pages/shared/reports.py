"""Panels and models in words and small tables."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from leap_core.model.recipe import layer_titles
from leap_core.panel.panel import Panel, PanelReport
from leap_core.run.progress import duration
from leap_core.services.models import Model
from pages.shared.text import Markdown, plain


def panel_summary(panel: Panel) -> Markdown:
    """What was read, in one paragraph."""
    lineages = panel.lines["lineage"].nunique()
    return (
        f"**{len(panel.lines):,} lines** of {panel.lines['patient'].nunique():,} patients in {lineages:d} lineages,"
        f" **{panel.expression.shape[1]:,} genes** ({plain(panel.unit)}), **{panel.response.shape[1]:,} perturbations**"
        f" ({panel.score.key}: {panel.score.direction}); {panel.response.isna().to_numpy().mean():.1%} not"
        f" screened.{_left_out(panel.report)}{_of_further_studies(panel)}"
    )


def _of_further_studies(panel: Panel) -> Markdown:
    """What the model learns from beside the panel's own responses."""
    names = [f"{plain(study.name)} ({len(study.response):,} lines)" for study in panel.further]
    return f" Further studies: {', '.join(names)}." if names else ""


def _left_out(report: PanelReport) -> Markdown:
    """What a preset left out, with the counts."""
    counts = {
        "common essentials": report.common_essentials,
        "genes on which fewer than three lines depend": report.never_varying,
        "perturbations that are not on your list": report.not_on_list,
    }
    words = [f"{len(names):,} {plain(what)}" for what, names in counts.items() if names]
    missing = (
        f" Of your list, {len(report.not_found):,} are not in the screen: {plain(', '.join(report.not_found[:20]))}."
        if report.not_found
        else ""
    )
    return (f" Left out: {' and '.join(words)}." if words else "") + missing


def layers_in_words(model: Model) -> Markdown:
    """What the layers of a model are."""
    regressors = [group["regressor"]["kind"] for group in model.recipe["groups"] for _ in range(int(group["layers"]))]
    counts = Counter(
        f"{title.split(', seed')[0]} + {kind}"
        for title, kind in zip(layer_titles(model.recipe), regressors, strict=True)
    )
    return ", ".join(f"{count:d} x {plain(words)}" for words, count in counts.items())


def model_summary(model: Model, size: int) -> Markdown:
    """What a model is, in one paragraph."""
    took = f"fitting took {duration(model.fit_seconds)}"
    measured = (
        f"accuracy on unseen lines measured ({took}, measuring {duration(model.accuracy_seconds)})"
        if model.accuracy_measured
        else f"accuracy not measured ({took})"
    )
    status = ", ".join(f"{count:,} {plain(name)}" for name, count in model.table["status"].value_counts().items())
    return (
        f"{panel_summary(model.panel)} Recipe {plain(model.recipe['name'])}: {model.recipe['layers']:d} layers x"
        f" {model.recipe['folds']:d} folds, {layers_in_words(model)}; the layers saw"
        f" {plain(model.recipe['layers_see'])};"
        f" {measured}. Status of the perturbations: {status}. Data: {plain(model.panel.release)}. Trained"
        f" {plain(model.created[:16].replace('T', ' '))} UTC, {size / 2**20:.0f} MB, artefact {plain(model.key[:16])}."
    )


def same_table(panel: Panel) -> pd.DataFrame:
    """Which columns of further studies are a perturbation of the panel, and how that is known."""
    parts = [study.same.assign(study=study.name) for study in panel.further]
    titles = {"perturbation": "In this panel", "study": "Study", "column": "There", "by": "The same by"}
    return pd.concat(parts, ignore_index=True)[list(titles)].rename(columns=titles)
