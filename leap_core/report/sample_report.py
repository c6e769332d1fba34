"""The report of one sample: what a colleague, or the one who builds the library, is sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from leap_core.explain.explanation import ABOUT_THE_MODEL, Explanation, shared_mechanisms
from leap_core.panel.scores import ScoreType
from leap_core.passport.passport import RED
from leap_core.ranking.budget import BUDGETS, Budget, budget, recall_and_precision, yield_curves
from leap_core.ranking.columns import SHOWN_COLUMNS, Column, hit_columns
from leap_core.ranking.controls import RULES
from leap_core.ranking.dependency_rule import rule_in_words
from leap_core.ranking.hit_table import View, in_words, show, with_priority
from leap_core.ranking.priority import PRESETS, components
from leap_core.report.figures.explanation import mechanism_map
from leap_core.report.figures.passport import panel_map
from leap_core.report.figures.priority import coverage_bars, priority_bars, reliability_diagram, yield_figure
from leap_core.report.figures.style import stamp
from leap_core.report.figures.waterfall import waterfall
from leap_core.report.html import Banner, Card, Section, as_table, render
from leap_core.report.links import first_link
from leap_core.report.provenance import NOTICE, RED_STAMP, Provenance
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, calibration_of, map_lines

_MAX_ROWS = 200
_NOTE = Column("Note", "text")


@dataclass(frozen=True)
class Chosen:
    """What a report is about.

    Attributes
    ----------
    view, number
        Filters and order, and how many rows are tested.
    picked, notes
        The shortlist.
    controls
        From `leap_core.ranking.controls.matched_controls`; may be empty.
    why
        Explanations that were made.
    """

    view: View
    number: int
    picked: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    controls: pd.DataFrame = field(default_factory=pd.DataFrame)
    why: tuple[Explanation, ...] = ()


def sample_report(
    model: Model, scored: ScoredSample, chosen: Chosen, provenance: Provenance, manifest: bytes = b""
) -> bytes:
    """Write the report as one HTML file.

    Parameters
    ----------
    model, scored
        The sample and who scored it.
    chosen
        Which rows.
    provenance
        As in every export.
    manifest
        The saved view, put at the end; nothing: none.
    """
    score = model.panel.score
    scored = replace(scored, table=with_priority(scored.table, score, chosen.view))
    shown = show(scored.table, score, chosen.view)
    promise = budget(shown.table, chosen.number, calibration_of(model, scored).yields)
    noun = score.noun
    first, sentence = shown.table.head(min(chosen.number, _MAX_ROWS)), shown.sentence(noun)
    sections = [
        _list(first, f"{sentence}; order: {in_words(chosen.view)}.", score, chosen),
        *_shortlist(scored, score, chosen),
        _picture(shown.table, scored, score, chosen),
        _yield(model, scored, shown.table, promise),
        *_kept_word(model),
        *_controls(chosen.controls, score),
        *_why(chosen.why),
        _passport(model, scored),
        _meaning(score),
        Section(
            "Where this comes from",
            tuple(line.removeprefix("# ") for line in provenance.lines()),
            source=manifest.decode("utf-8"),
            source_title="The saved view, to be reopened in the program",
        ),
    ]
    if provenance.red:
        for section in sections:
            for figure, _ in section.figures:
                stamp(figure, "RED INPUT: see the input passport")
    return render(
        f"{scored.sample}: {noun} worth testing",
        f"{model.name} · {model.panel.release} · {provenance.day.isoformat()} · {NOTICE}",
        _banners(provenance, model),
        _cards(model, scored, promise, noun),
        sections,
    )


def _banners(provenance: Provenance, model: Model) -> list[Banner]:
    banners = [Banner(RED_STAMP, red=True)] if provenance.red else []
    if provenance.simulated:
        banners.append(
            Banner(
                "Simulated data: the demo's cell lines, genes' effects and drugs' effects are made up; only the names"
                " are real."
            )
        )
    if provenance.pilot:
        banners.append(Banner(f"Ranked after a pilot. {provenance.pilot}"))
    if not model.accuracy_measured:
        banners.append(
            Banner("Accuracy on unseen lines was not measured for this model: nothing says which rows can be trusted.")
        )
    return banners


def _cards(model: Model, scored: ScoredSample, promise: Budget, noun: str) -> list[Card]:
    interval = (
        f"80 % interval {promise.low:.1f} to {promise.high:.1f}" if pd.notna(promise.low) else "interval not measured"
    )
    passport = scored.passport
    return [
        Card(
            "Expected true and selective",
            f"{promise.expected:.1f} of {promise.number}",
            f"{interval}, if the first {promise.number} {noun} are tested",
        ),
        Card(
            "Input",
            passport.light,
            f"{100 * passport.coverage:.0f} % of the model's genes; {passport.familiarity} to the panel",
        ),
        Card(
            "Looks like",
            passport.lineage or "lineage unclear",
            f"nearest line {passport.nearest['name'].iloc[0]}" if len(passport.nearest) else "",
        ),
    ]


def _list(rows: pd.DataFrame, sentence: str, score: ScoreType, chosen: Chosen) -> Section:
    columns = hit_columns(score)
    notes = {name: note for name, note in chosen.notes.items() if note}
    if notes:
        rows = rows.assign(note=[notes.get(str(name), "") for name in rows.index])
    # An interval stands in the cell of its number: the table has to fit a page.
    shown = rows.assign(
        predicted=_with_interval(rows, "predicted", "interval_80_low", "interval_80_high"),
        accuracy=_with_interval(rows, "accuracy", "accuracy_low", "accuracy_high"),
    )
    words = {
        **columns,
        "predicted": Column(
            f"{columns['predicted'].title}{' (80 % interval)' if 'interval_80_low' in rows else ''}", "text"
        ),
        "accuracy": Column(
            f"{columns['accuracy'].title}{' (95 % interval)' if 'accuracy_low' in rows else ''}", "text"
        ),
    }
    left_out = {"interval_80_low", "interval_80_high", "accuracy_low", "accuracy_high", "agreement_sd"}
    left_out |= {
        name
        for name in ("status", "approved_drugs", "other_drugs", "concordance", "other_side")
        if name in rows and rows[name].isin(["", "ok"]).all()
    }
    ordered = {name: words[name] for name in ("perturbation", *SHOWN_COLUMNS) if name in words and name not in left_out}
    more = f" The report holds the first {_MAX_ROWS}; the other exports hold all." if chosen.number > _MAX_ROWS else ""
    return Section(
        f"The first {len(rows)} {score.noun}",
        (f"{sentence} {score.title[0].upper()}{score.title[1:]}: {score.direction}.{more}",),
        as_table(shown, {**ordered, "note": _NOTE}, partial(first_link, score.kind)),
    )


def _with_interval(rows: pd.DataFrame, value: str, low: str, high: str) -> list[str]:
    """``0.56 (0.43 to 0.65)``, or the number alone where no interval is known."""
    known = low in rows
    return [
        (
            f"{row[value]:.2f} ({row[low]:.2f} to {row[high]:.2f})"
            if known and pd.notna(row[low])
            else ""
            if row[value] != row[value]
            else f"{row[value]:.2f}"
        )
        for row in rows.to_dict("records")
    ]


def _shortlist(scored: ScoredSample, score: ScoreType, chosen: Chosen) -> list[Section]:
    rows = scored.table.loc[[name for name in chosen.picked if name in scored.table.index]]
    if rows.empty:
        return []
    columns = hit_columns(score)
    kept = (
        "perturbation",
        "priority",
        "probability",
        "predicted",
        "panel_percentile",
        "accuracy",
        "badge",
        "panel_class",
        "status",
    )
    table = as_table(
        rows.assign(note=[chosen.notes.get(str(name), "") for name in rows.index]),
        {**{name: columns[name] for name in kept}, "note": _NOTE},
        partial(first_link, score.kind),
    )
    return [Section("The shortlist", (f"{len(rows)} picked by hand, in the order they were picked.",), table)]


def _picture(table: pd.DataFrame, scored: ScoredSample, score: ScoreType, chosen: Chosen) -> Section:
    figures = [
        (
            waterfall(table, score, frozenset(chosen.picked)),
            f"Predicted {score.title} of the {len(table)} shown rows, strongest first",
        )
    ]
    weights = chosen.view.weights or PRESETS.get(chosen.view.order)
    if weights is not None and len(table):
        rows = components(scored.table, score).loc[table.index[:20]]
        figures.append((priority_bars(rows, weights), "Points that each component gives to the first rows"))
    return Section("All rows, and how the priority comes about", figures=tuple(figures))


def _yield(model: Model, scored: ScoredSample, table: pd.DataFrame, promise: Budget) -> Section:
    title = "What a budget buys"
    yields = calibration_of(model, scored).yields
    if yields is None:
        return Section(title, ("Hits of held-out lines were not counted: the model was trained without accuracy.",))
    kind = model.panel.score.kind
    figure = yield_figure(
        yield_curves(yields).iloc[: max(len(table), 2)], promise.number, promise.expected, promise.low, promise.high
    )
    found = recall_and_precision(yields, BUDGETS[kind])
    found["both"] = [
        f"{precision:.0%} / {recall:.0%}".replace("%", " %")
        for precision, recall in zip(found["precision"], found["recall"], strict=True)
    ]
    wide = found.pivot(index="method", columns="N", values="both").loc[found["method"].unique()]
    wide.columns = [str(number) for number in wide.columns]
    columns = {
        "method": Column("Precision / recall of the first N", "text"),
        **{name: Column(f"N = {name}", "text") for name in wide.columns},
    }
    return Section(
        title,
        (f"True: {rule_in_words(model.panel.score)}. Measured on held-out lines.",),
        as_table(wide, columns),
        ((figure, "True hits found against rows tested, on held-out lines, by this list and three others"),),
    )


def _kept_word(model: Model) -> list[Section]:
    figures = []
    if (check := model.probability_check) is not None:
        figures.append((reliability_diagram(check), "True hits found against the probability said, on held-out lines"))
    if (coverage := model.coverage_check) is not None:
        figures.append(
            (
                coverage_bars(coverage, 0.8),
                "Share of 80 % intervals that held on held-out lines: all, first rows, by class and lineage",
            )
        )
    words = (
        "Every line of the panel as predicted by the outer fold that had not seen it; lineages with ten lines or more.",
    )
    return (
        [Section("Do probabilities and intervals keep their word?", words, figures=tuple(figures))] if figures else []
    )


def _controls(controls: pd.DataFrame, score: ScoreType) -> list[Section]:
    if controls.empty:
        return []
    columns = hit_columns(score)
    kept = ("predicted", "probability", "panel_class", "expressed", "accuracy")
    table = as_table(
        controls,
        {
            "perturbation": columns["perturbation"],
            "control": Column("Control", "text"),
            **{name: columns[name] for name in kept},
        },
    )
    return [
        Section("Controls for the plate", tuple(f"{kind.capitalize()}: {rule}." for kind, rule in RULES.items()), table)
    ]


def _why(explanations: tuple[Explanation, ...]) -> list[Section]:
    if not explanations:
        return []
    rows = pd.DataFrame(
        [
            {
                "perturbation": one.perturbation,
                "r2": one.student.r2,
                "faithful": one.student.faithful,
                "genes": ", ".join(one.table().query("selected")["feature"].head(12)),
                "pathways": ", ".join(
                    one.pathways.loc[one.pathways["fdr"].astype(float) <= 0.05, "gene_set"].drop_duplicates().head(6)
                ),
            }
            for one in explanations
        ]
    )
    columns = {
        "perturbation": Column("Row", "text"),
        "r2": Column("Fidelity of the student (R2)", "number"),
        "faithful": Column("Faithful", "yes or no"),
        "genes": Column("Stable genes", "text"),
        "pathways": Column("Gene sets, FDR 5 % or less", "text"),
    }
    words = (ABOUT_THE_MODEL, "An unfaithful student's genes do not speak for the ensemble.")
    shared = shared_mechanisms(explanations)
    figures = (
        ((mechanism_map(shared), "Gene sets behind the predictions of several rows"),)
        if len(shared) and shared.shape[1] > 1
        else ()
    )
    return [Section("Why: genes and pathways behind the predictions", words, as_table(rows, columns), figures)]


def _passport(model: Model, scored: ScoredSample) -> Section:
    passport = scored.passport
    words = [f"{passport.light.upper()}. {passport.verdict}."]
    words += [f"{'RED: ' if finding.level == RED else ''}{finding.text}" for finding in passport.findings]
    words += [passport.same_line.sentence] if passport.same_line is not None else []
    words += [*passport.notes, f"sex chromosomes: {passport.sanity.sex}"]
    figure = panel_map(map_lines(model), passport.sample, passport.position, passport.nearest.index.tolist())
    nearest = as_table(
        passport.nearest,
        {
            "name": Column("Most similar screened lines", "text"),
            "lineage": Column("Lineage", "text"),
            "correlation": Column("Correlation", "number"),
        },
    )
    return Section(
        "The input passport",
        tuple(words),
        nearest,
        ((figure, "The sample among the screened lines, first two principal components of expression"),),
    )


def _meaning(score: ScoreType) -> Section:
    rows = [
        (column.title, column.help.replace("**", "").replace("\n", " "))
        for column in hit_columns(score).values()
        if column.help
    ]
    frame = pd.DataFrame(rows, columns=["column", "meaning"])
    return Section(
        "What the numbers mean",
        table=as_table(frame, {"column": Column("Column", "text"), "meaning": Column("Meaning", "text")}),
    )
