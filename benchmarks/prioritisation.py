"""Intervals, probabilities and lists on lines that took no part: coverage, Brier skill, precision and recall at N.

    python -m benchmarks.prioritisation [--pairs drugs rnai calls] [--repeats 5] [--home FOLDER]

The splits of the accuracy benchmark; a model is trained on the other lines as the product trains it, with its accuracy,
and asked for the test lines as the product asks it. Of the CRISPR calls every fifth of the genes that can be learnt.
Intervals draw patients, the same ones in all splits. Prints one JSON line per pair and writes the tables into
docs/prioritising.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import drawn_copies
from benchmarks.missing_genes import read_pair
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines
from leap_core.panel.status import OK, response_status
from leap_core.passport.familiarity import class_of
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.difficulty import SAME_EVERYWHERE
from leap_core.ranking.hits import hits_at
from leap_core.ranking.intervals import LEVELS
from leap_core.ranking.priority import DEFAULT, PRESETS, components, priority
from leap_core.ranking.sample_columns import sample_columns
from leap_core.ranking.widening import no_widening
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model, predict
from leap_core.services.training import train

NUMBERS = {"drugs": (5, 10, 20, 50), "rnai": (20, 50, 100, 200), "calls": (20, 50, 100, 200)}
ORDERS = ("this list", "lineage mean", "nearest line", "random")
STRIDE = 5
# What the intervals would be without what was added to them, one step after the other.
STEPS: dict[str, dict[str, Any]] = {
    "CV+ as published": {"residual_scale": 1.0, "difficulty": SAME_EVERYWHERE, "widening": no_widening(len(LEVELS))},
    "by the error of averaged folds": {"difficulty": SAME_EVERYWHERE, "widening": no_widening(len(LEVELS))},
    "by where a prediction stands": {"widening": no_widening(len(LEVELS))},
}


@dataclass(frozen=True)
class Split:
    """What was found on one split's test lines (m, q)."""

    lines: np.ndarray
    covered: np.ndarray
    probability: np.ndarray
    event: np.ndarray
    call_probability: np.ndarray | None
    called: np.ndarray
    share: np.ndarray
    call_share: np.ndarray
    orders: dict[str, np.ndarray]
    lineage: np.ndarray
    familiarity: np.ndarray
    steps: dict[str, np.ndarray]


def precision_and_recall(
    hits: np.ndarray, event: np.ndarray, numbers: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall (m, numbers) from hits; the list is at most as long as what was screened.

    Recall is NaN for a line without a true dependency.
    """
    known = np.isfinite(event).sum(axis=1)
    true = np.nansum(event, axis=1)
    length = np.minimum(np.asarray(numbers)[None], known[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        return hits / length, np.where(true[:, None] > 0, hits / true[:, None], np.nan)


def brier_skill(probability: np.ndarray, event: np.ndarray, prevalence: np.ndarray) -> float:
    """1 minus the Brier score over that of always saying the training prevalence (q,); over all that is known."""
    known = np.isfinite(probability) & np.isfinite(event)
    ours = np.square(probability - event)[known].sum()
    theirs = np.square(np.broadcast_to(prevalence, event.shape) - event)[known].sum()
    return float(1.0 - ours / theirs) if theirs > 0 else float("nan")


def one_split(name: str, panel: Panel, choose: Any, repeat: int, store: Store) -> Split:
    """Train without the test lines as the product does, accuracy and all.

    Then predict the test lines and judge them.
    """
    test = digest_test_lines(panel.patients, repeat)
    response, score = panel.response.to_numpy(), panel.score
    columns = (
        np.flatnonzero(response_status(response[~test], True) == OK)[::STRIDE]
        if score.binary
        else choose(response[~test])
    )
    model = trained(panel, test, columns, f"{name} {repeat}", store)
    training, measured = model.panel.response.to_numpy(), response[test][:, columns]
    rule = DependencyRule.of(training, score)
    here = panel.expression.loc[test, list(model.ensemble.standardiser.genes)].to_numpy()
    classes = [class_of(percentile) for percentile in model.reference.distances.percentiles(here)[:, 0]]
    rows = rows_of(model, panel, test, classes)
    earlier = {
        title: replace(model, trained=replace(model.trained, calibration=replace(model.calibration, **changes)))
        for title, changes in STEPS.items()
        if not score.binary
    }
    probability = np.stack([row["probability"].to_numpy() for row in rows])
    standardised, lineages = model.ensemble.standardiser.transform(panel.expression), panel.lines["lineage"].to_numpy()
    alternatives = {
        "lineage mean": lineage_mean(training, lineages[~test].tolist(), lineages[test].tolist()),
        "nearest line": nearest_line(standardised[~test], training, standardised[test]),
    }
    return Split(
        np.flatnonzero(test),
        covered_of(rows, measured, score.binary),
        probability,
        rule.events(measured),
        np.stack([row["call_probability"].to_numpy() for row in rows]) if score.binary else None,
        np.where(np.isnan(measured), np.nan, measured > 0.5),
        np.nanmean(rule.events(training), axis=0),
        np.nanmean(training > 0.5, axis=0),
        orders_of(probability, model, alternatives),
        lineages[test],
        np.array(classes),
        {title: covered_of(rows_of(one, panel, test, classes), measured, False) for title, one in earlier.items()},
    )


def trained(panel: Panel, test: np.ndarray, columns: np.ndarray, name: str, store: Store) -> Model:
    """The product's model of a part of a panel."""
    part = replace(
        panel,
        expression=panel.expression[~test],
        response=panel.response.loc[~test].iloc[:, columns],
        lines=panel.lines[~test],
        release=f"{panel.release}, without the test lines of {name}",
    )
    train(keep_panel(part, store), recipe_called("leap-best"), "outer", Runtime(store), name)
    return load_model(name, store)


def rows_of(model: Model, panel: Panel, test: np.ndarray, classes: list[str]) -> list[pd.DataFrame]:
    """What the product says of each test line: a table per line, in the panel's order of perturbations."""
    found = predict(model, panel.expression[test])
    names = found.predicted.columns
    return [
        sample_columns(means, model.panel_predictions, names, None, familiarity)[0]
        for means, familiarity in zip(found.by_fold, classes, strict=True)
    ]


def covered_of(rows: list[pd.DataFrame], measured: np.ndarray, binary: bool) -> np.ndarray:
    """Whether each interval held (levels, m, q; NaN where not screened)."""
    covered = np.full((len(LEVELS), *measured.shape), np.nan)
    for line, row in enumerate([] if binary else rows):
        for number, level in enumerate(("80", "90")):
            inside = (measured[line] >= row[f"interval_{level}_low"]) & (
                measured[line] <= row[f"interval_{level}_high"]
            )
            covered[number, line] = np.where(np.isnan(measured[line]), np.nan, inside)
    return covered


def orders_of(probability: np.ndarray, model: Model, alternatives: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each way orders a line's list by."""
    score, training = model.panel.score, model.panel.response.to_numpy()
    rows = [
        pd.DataFrame({"probability": row, "accuracy_shrunk": model.table["accuracy_shrunk"].to_numpy()})
        for row in probability
    ]
    orders = {
        "this list": np.stack([priority(components(frame, score), PRESETS[DEFAULT]).to_numpy() for frame in rows])
    }
    mean, deviation = np.nanmean(training, axis=0), np.nanstd(training, axis=0) + 1e-9
    for title, predicted in alternatives.items():
        if score.binary:
            orders[title] = np.where(mean <= 0.3, predicted + 1e-3 * mean, -1.0)
        else:
            orders[title] = model.calibration.spread.sign * (predicted - mean) / deviation
    return orders


def interval(splits: list[Split], of: Any, copies: np.ndarray) -> tuple[float, float, float]:
    """Mean over splits of a figure of lines' rows, and its 95 % interval over drawn patients."""
    found = [
        np.mean([of(split, np.repeat(np.arange(len(split.lines)), drawn[split.lines])) for split in splits])
        for drawn in copies
    ]
    everyone = float(np.mean([of(split, np.arange(len(split.lines))) for split in splits]))
    low, high = np.nanquantile(found, (0.025, 0.975))
    return everyone, float(low), float(high)


def measure(name: str, folder: Path, store: Store, repeats: int) -> dict[str, Any]:
    """All figures of one data set."""
    pair, panel = read_pair(name, folder)
    splits = [one_split(name, panel, pair.choose, repeat, store) for repeat in range(repeats)]
    copies = drawn_copies(panel.patients)[:100]
    figures: dict[str, Any] = {
        "data": pair.title.removesuffix(" (AUROC)"),
        "perturbations": int(splits[0].event.shape[1]),
        "binary": panel.score.binary,
    }
    if not panel.score.binary:
        figures |= _coverage(splits, copies)
    else:
        figures["brier_skill_call"] = interval(
            splits,
            lambda split, rows: brier_skill(split.call_probability[rows], split.called[rows], split.call_share),
            copies,
        )
    figures["brier_skill"] = interval(
        splits, lambda split, rows: brier_skill(split.probability[rows], split.event[rows], split.share), copies
    )
    figures["reliability"] = reliability_diagram(splits)
    figures["top_20"] = [
        float(np.mean([_top(split, values) for split, values in ((s, s.probability) for s in splits)])),
        float(np.mean([_top(s, s.event) for s in splits])),
    ]
    figures["lists"] = {
        title: [_at(splits, title, NUMBERS[name], copies, which) for which in (0, 1)] for title in ORDERS
    }
    return figures


def _coverage(splits: list[Split], copies: np.ndarray) -> dict[str, Any]:
    """How often intervals hold: over all, by split, by lineage, by class of passport, and among the first rows."""
    figures: dict[str, Any] = {}
    for number, level in enumerate(LEVELS):
        figures[f"coverage_{level:.0%}"] = interval(
            splits, lambda split, rows, n=number: np.nanmean(split.covered[n][rows]), copies
        )
    figures["coverage_80%_by_split"] = [round(float(np.nanmean(split.covered[0])), 4) for split in splits]
    figures["coverage_80%_by_lineage"] = _by_lineage(splits)
    figures["coverage_80%_by_class"] = {
        kind: round(
            float(
                np.nanmean(np.concatenate([split.covered[0][split.familiarity == kind].ravel() for split in splits]))
            ),
            4,
        )
        for kind in ("familiar", "unusual", "outside")
    }
    figures["coverage_80%_top_20"] = float(np.mean([_top(split, split.covered[0]) for split in splits]))
    figures["coverage_80%_steps"] = {
        title: [
            float(np.mean([np.nanmean(split.steps[title][0]) for split in splits])),
            float(np.mean([_top(split, split.steps[title][0]) for split in splits])),
        ]
        for title in STEPS
    }
    return figures


def _by_lineage(splits: list[Split]) -> dict[str, float]:
    """Coverage of the lineages with 30 test lines or more over the splits: the lowest three and the highest three."""
    lineages = np.concatenate([split.lineage for split in splits])
    covered = np.concatenate([np.nanmean(split.covered[0], axis=1) for split in splits])
    names, counts = np.unique(lineages.astype(str), return_counts=True)
    found = {
        str(n): round(float(np.nanmean(covered[lineages == n])), 4)
        for n, c in zip(names, counts, strict=True)
        if c >= 30 and n != "Unknown"
    }
    ranked = sorted(found, key=lambda lineage: found[lineage])
    return {lineage: found[lineage] for lineage in dict.fromkeys([*ranked[:3], *ranked[-3:]])}


def _top(split: Split, values: np.ndarray) -> float:
    """Mean of some values over the first 20 screened rows of every line's list: the winner's curse shows here."""
    order = np.argsort(-np.where(np.isfinite(split.event), split.orders["this list"], -np.inf), axis=1, kind="stable")[
        :, :20
    ]
    return float(np.nanmean(np.take_along_axis(values, order, axis=1)))


def reliability_diagram(splits: list[Split]) -> list[list[float]]:
    """Mean probability and share of true dependencies in tenths of the probability."""
    probability = np.concatenate([split.probability.ravel() for split in splits])
    event = np.concatenate([split.event.ravel() for split in splits])
    known = np.isfinite(probability) & np.isfinite(event)
    groups = np.array_split(np.argsort(probability[known], kind="stable"), 10)
    return [[round(float(probability[known][g].mean()), 4), round(float(event[known][g].mean()), 4)] for g in groups]


def _at(splits: list[Split], title: str, numbers: tuple[int, ...], copies: np.ndarray, which: int) -> list[list[float]]:
    """Precision (0) or recall (1) at each N with its interval."""
    values = []
    for split in splits:
        if title == "random":
            known = np.isfinite(split.event).sum(axis=1)[:, None]
            hits = np.nansum(split.event, axis=1)[:, None] / known * np.minimum(np.asarray(numbers)[None], known)
        else:
            hits = hits_at(split.orders[title], split.event, numbers)
        values.append(precision_and_recall(hits, split.event, numbers)[which])
    result = []
    for column in range(len(numbers)):

        def mean(drawn: np.ndarray | None, column: int = column) -> float:
            parts = []
            for split, value in zip(splits, values, strict=True):
                rows = (
                    np.arange(len(split.lines))
                    if drawn is None
                    else np.repeat(np.arange(len(split.lines)), drawn[split.lines])
                )
                parts.append(np.nanmean(value[rows, column]))
            return float(np.mean(parts))

        low, high = np.quantile([mean(drawn) for drawn in copies], (0.025, 0.975))
        result.append([round(mean(None), 4), round(float(low), 4), round(float(high), 4)])
    return result


def markdown(name: str, figures: dict[str, Any]) -> list[str]:
    """Tables of one data set."""
    lines = [f"**{figures['data']}** ({figures['perturbations']:,} perturbations)", ""]
    if not figures["binary"]:
        for level in ("80%", "90%"):
            mean, low, high = figures[f"coverage_{level}"]
            lines.append(f"- {level} intervals held {mean:.1%} (95 % interval {low:.1%} to {high:.1%})")
        lines.append(f"- by split (80 %): {', '.join(f'{value:.1%}' for value in figures['coverage_80%_by_split'])}")
        lines.append(
            "- by class (80 %):"
            f" {', '.join(f'{kind} {value:.1%}' for kind, value in figures['coverage_80%_by_class'].items())}"
        )
        lines.append(
            "- lineages, lowest and highest (80 %):"
            f" {', '.join(f'{kind} {value:.1%}' for kind, value in figures['coverage_80%_by_lineage'].items())}"
        )
        lines.append(f"- among the first 20 of each list (80 %): {figures['coverage_80%_top_20']:.1%}")
        steps = "; ".join(
            f"{title} {everything:.1%}, {first:.1%}"
            for title, (everything, first) in figures["coverage_80%_steps"].items()
        )
        lines.append(f"- without what was added to the intervals, all and first 20 (80 %): {steps}")
    else:
        mean, low, high = figures["brier_skill_call"]
        lines.append(f"- probability of a call: Brier skill against prevalence {mean:.3f} ({low:.3f} to {high:.3f})")
    mean, low, high = figures["brier_skill"]
    lines.append(f"- probability of a true, selective dependency: Brier skill {mean:.3f} ({low:.3f} to {high:.3f})")
    lines.append(
        "- tenths of that probability, said and found:"
        f" {', '.join(f'{said:.1%} / {found:.1%}' for said, found in figures['reliability'])}"
    )
    lines.append(f"- first 20 of each list, said and found: {figures['top_20'][0]:.1%} / {figures['top_20'][1]:.1%}")
    head = " | ".join(f"N = {number}" for number in NUMBERS[name])
    lines += ["", f"| precision / recall | {head} |", "|---|" + "---|" * len(NUMBERS[name])]
    for title in ORDERS:
        cells = " | ".join(
            f"{p[0]:.3f} ({p[1]:.3f} to {p[2]:.3f}) / {r[0]:.3f}" for p, r in zip(*figures["lists"][title], strict=True)
        )
        lines.append(f"| {title} | {cells} |")
    return [*lines, ""]


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=sorted(NUMBERS), default=["drugs", "rnai", "calls"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    options = parser.parse_args()
    lines = [f"Test lines of {options.repeats} splits. `python -m benchmarks.prioritisation`", ""]
    for name in options.pairs:
        with Stopwatch() as watch:
            figures = measure(name, real_data(), Store(options.home), options.repeats)
        report("prioritisation", figures, watch.cost)
        lines += markdown(name, figures)
    write_section("prioritisation", "\n".join(lines), DOCS / "prioritising.md")


if __name__ == "__main__":
    main()
