"""Accuracy atlas: accuracy on unseen lines by perturbation and lineage, and recipes compared."""

from __future__ import annotations

import contextlib
from typing import Any

import pandas as pd
import streamlit as st

from leap_core.accuracy.ceiling import DO_NOT_AGREE, MIN_AGREEMENT
from leap_core.accuracy.evaluation import kept_evaluations
from leap_core.accuracy.tasks import TASKS
from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_words
from leap_core.report.figures.atlas import (
    against,
    agreement_of_laboratories,
    cost_and_accuracy,
    distributions,
    lineage_dots,
)
from leap_core.run.jobs import ACTIVE, list_jobs
from leap_core.run.progress import duration
from leap_core.run.queue import cancel, start_job
from leap_core.services.atlas import (
    METHODS,
    comparison_seconds,
    difference_table,
    evaluation_table,
    lineage_accuracies,
    perturbation_accuracies,
    recipes_for,
    tasks_on,
)
from leap_core.services.models import Model
from leap_core.services.studies import further_in_words, laboratory_table
from pages.shared.access import address_of_visitor, administrators_only
from pages.shared.header import choose_kind, header, model_or_stop
from pages.shared.jobs import watch_job
from pages.shared.models import store
from pages.shared.plots import plot_of_model
from pages.shared.tables import draw_table
from pages.shared.text import Markdown, plain

_AXES = {"spearman": "Spearman correlation on lines not seen", "auroc": "AUROC on lines not seen"}
_JOB = "Comparing recipes on"


def this_model(model: Model, axis: Markdown) -> None:
    """What the model's own outer cross-fit says; the numbers are those of the hit table."""
    table = perturbation_accuracies(model)
    accuracy_cards(table, axis)
    figure = distributions(table, list(METHODS.values()), axis)
    plot_of_model(figure, "atlas_distribution", "Accuracy over perturbations by method", model)
    st.caption("Boxes: half of the perturbations; dashed, and in brackets: their mean.")
    names = table.index.tolist()
    name = st.selectbox(
        "Mark a perturbation", names, index=None, key="atlas_name", placeholder="type to search", width=260
    )
    left, right = st.columns(2)
    for column, of, title, key, words in (
        (left, "sd", "Standard deviation of the measured score", "atlas_sd", "Accuracy against spread"),
        (right, "lines", "Lines screened", "atlas_lines", "Accuracy against number of lines"),
    ):
        with column:
            plot_of_model(against(table, of, title, axis, name), key, words, model)
    number = st.column_config.NumberColumn
    draw_table(
        table if name is None else table.loc[[name]],
        key="atlas_table",
        height=320 if name is None else "content",
        column_config={column: number(format="%.3f") for column in METHODS.values()}
        | {
            "sd": number("SD of the score", format="%.3f"),
            "lines": number("Lines screened"),
            "accuracy_low": number("95 % from", format="%.3f"),
            "accuracy_high": number("to", format="%.3f"),
            "badge": "Against the baselines",
        },
    )
    within_lineages(model, axis)
    between_laboratories(model, axis)


def between_laboratories(model: Model, axis: str) -> None:
    """Where two laboratories measured the same lines: how far they agree, and what that leaves to be reached."""
    table = laboratory_table(model)
    if table.empty:
        return
    st.subheader("Between laboratories")
    few, correlated = (table["laboratories"] == DO_NOT_AGREE).sum(), table["ceiling"].notna()
    st.caption(
        f"{len(table):,} perturbations were measured on the same lines by another laboratory; mean agreement"
        f" {table['agreement'].mean():.2f}."
        + (f" {few:,} do not agree: another laboratory may find other lines there." if few else "")
    )
    if correlated.any():
        st.caption(
            f"Orange: below {MIN_AGREEMENT['spearman']:g}. The ceiling is what an accuracy can reach where both measure"
            " equally well; above it the other laboratory is the less reliable one."
        )
        figure = agreement_of_laboratories(table[correlated], axis)
        plot_of_model(figure, "atlas_laboratories", "Accuracy against the agreement of laboratories", model)
    number = st.column_config.NumberColumn
    draw_table(
        table,
        key="atlas_laboratories_table",
        height=320,
        column_config={
            "agreement": number("Agreement", format="%.2f"),
            "agreement_low": number("95 % from", format="%.2f"),
            "agreement_high": number("to", format="%.2f"),
            "ensemble": number("Accuracy", format="%.2f"),
            "ceiling": number("Ceiling", format="%.2f"),
            "share_of_ceiling": number("Share of the ceiling", format="percent"),
            "lines": number("Lines in both", format="%.0f"),
            "metric": "Measured by",
            "study": "The other study",
            "laboratories": "Laboratories",
        },
    )
    st.caption("The studies that this model learns from:")
    for sentence in further_in_words(model):
        st.markdown(f"- {plain(sentence)}")


def accuracy_cards(table: pd.DataFrame, axis: Markdown) -> None:
    """Four figures of all perturbations."""
    gain = table["ensemble"] - table["mean single layer"]
    best = max(table[name].mean() for name in list(METHODS.values())[2:])
    better = (table["badge"] == "better").sum()
    cards = {
        "Mean accuracy": (f"{table['ensemble'].mean():.3f}", f"{axis}, mean over {len(table):,} perturbations"),
        "Ensemble minus mean layer": (f"{gain.mean():+.3f}", "What averaging the layers gives on this panel"),
        "Best baseline": (f"{best:.3f}", "PCA + ridge, lineage mean or nearest line"),
        "Better than every baseline": (f"{better:,}", "Perturbations whose 95 % interval of the gain lies above 0"),
    }
    for column, (label, (value, words)) in zip(st.columns(4), cards.items(), strict=True):
        column.metric(label, value, help=words, border=True)


def within_lineages(model: Model, axis: str) -> None:
    """Accuracy among the lines of one lineage."""
    lineages = lineage_accuracies(model)
    st.subheader("Within lineages")
    if lineages.empty:
        st.caption("No lineage has ten lines.")
        return
    st.caption(
        "Telling lines of one lineage apart is harder than telling lineages apart; the lineage mean has no skill here."
    )
    plot_of_model(lineage_dots(lineages, axis), "atlas_lineages", "Accuracy within lineages", model)


def recipes_on_this_panel(model: Model, axis: str) -> None:
    """Evaluations of recipes on the model's panel, and a way to run one."""
    st.subheader("Recipes on this panel")
    found = [one for one in kept_evaluations(store()) if one.get("panel") == model.trained.panel]
    if administrators_only("Comparing recipes"):
        run_one(model)
    if not found:
        st.caption("No recipes have been compared on this panel yet.")
        return
    one = found[
        st.selectbox(
            "Evaluation", range(len(found)), key="atlas_evaluation", format_func=lambda number: _title(found[number])
        )
    ]
    st.caption(f"{TASKS[one['task']]}; {len(one['splits'])} splits, {one['perturbations']:,} perturbations.")
    table = evaluation_table(one)
    plot_of_model(cost_and_accuracy(table, axis), "atlas_cost", "Accuracy of recipes against what they cost", model)
    number = st.column_config.NumberColumn
    shape = {name: number(format="%.4f") for name in ("mean", "low", "high", "mean layer", "best layer", "difference")}
    shape["seconds"] = number("Seconds of work", format="%.0f")
    draw_table(table, key="atlas_methods", hide_index=True, column_config=shape)
    st.caption("Paired differences: the same splits and perturbations, intervals from drawing patients.")
    draw_table(difference_table(one), key="atlas_differences", hide_index=True, column_config=shape)


def _title(one: dict[str, Any]) -> str:
    """What an evaluation is called in the list."""
    splits = (
        ", ".join(split["name"] for split in one["splits"])
        if len(one["splits"]) == 1
        else f"{len(one['splits'])} splits"
    )
    return f"{one['created'][:16].replace('T', ' ')} · {one['task']} ({splits}): {', '.join(one['recipes'])}"


def run_one(model: Model) -> None:
    """Start an evaluation beside the page, or watch the one that runs."""
    jobs = list_jobs(store().home)
    running = [job for job in jobs if job.state in ACTIVE]
    if running:
        watch_job(running[0].job_id)
        if running[0].title.startswith(_JOB) and st.button("Cancel", key="atlas_cancel", icon=":material/stop_circle:"):
            cancel(store().home, running[0].job_id)
            st.rerun()
        return
    if jobs and jobs[0].title.startswith(_JOB) and jobs[0].message:
        st.warning(f"{plain(jobs[0].title)}: {plain(jobs[0].message)}", icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        task = st.selectbox(
            "Task",
            tasks_on(model.panel),
            key="atlas_task",
            format_func=lambda name: f"{name} ({TASKS[name]})",
            width=420,
        )
        offered = recipes_for(model.panel, task)
        words = recipe_words()
        wanted = [name for name in ("leap-best", "leap-lasso") if name in offered] or offered[:1]
        recipes = st.multiselect(
            "Recipes",
            offered,
            wanted,
            key=f"atlas_recipes_{task}",
            width=420,
            help="; ".join(plain(f"{name}: {words[name]}") for name in offered),
        )
        start = st.button("Compare", key="atlas_start", icon=":material/play_arrow:", disabled=not recipes)
    if recipes:
        seconds = comparison_seconds(model.panel, recipes, task)
        st.caption(
            f"Roughly {duration(seconds)} of work on one core, less what is found. It can be cancelled; the same"
            " comparison again goes on where it was."
        )
    if start:
        arguments = ["evaluate", "--model", model.name, "--recipe", ",".join(recipes), "--task", task]
        with contextlib.suppress(UserError):
            # Another window was quicker: its comparison is shown.
            start_job(store().home, arguments, f"{_JOB} {model.name}", address_of_visitor())
        st.rerun()


header(
    "atlas",
    "Accuracy atlas",
    "How well a model does on lines that it has not seen: by perturbation, by lineage, beside the baselines; and which"
    " recipe does best.",
)
kind = choose_kind("atlas_kind")
model = model_or_stop(kind)
axis = _AXES[model.panel.score.metric]
st.subheader(plain(model.name))
if model.accuracy_measured:
    this_model(model, axis)
else:
    st.info("The accuracy of this model was not measured when it was trained.", icon=":material/info:")
recipes_on_this_panel(model, axis)
