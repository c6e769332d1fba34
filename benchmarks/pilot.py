"""A pilot on lines that took no part: what the measured rows tell of the others, and what a wrong pilot does.

    python -m benchmarks.pilot [--pairs drugs rnai] [--repeats 5] [--only KIND ...] [--processes 2] [--write]

The splits of the accuracy benchmark; a model is trained on the other lines as the product trains it, chooses the plate,
and takes each test line's own measurements of it as the page does. Judged are the rows that the plate leaves, before
and after. Pilots: of this line; of this line, and known to be; of another test line; of this line with its values
shuffled among the rows; and for GDSC2 this line as area under the curve, by ranks, and as GDSC1 measured it, taken as
it is and joined by what GDSC1 measured of the panel's lines. Intervals draw patients, the same ones in all splits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import drawn_copies
from benchmarks.missing_genes import read_pair
from benchmarks.prioritisation import trained
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.arrays import spearman_columns
from leap_core.errors import SampleError
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines
from leap_core.pilot.outcome import ANOTHER_LABORATORY, Pilot
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.hits import hits_at
from leap_core.run.store import Store
from leap_core.sample.uploads import read_uploads
from leap_core.services.models import Model, gene_names_of, known_genes
from leap_core.services.pilot import with_pilot
from leap_core.services.plates import plate_gains, propose_plate
from leap_core.services.scoring import ScoredSample, check_samples, hit_tables

PLATES = {"drugs": 20, "rnai": 100}
GDSC1 = "drugs/gdsc1_v17_ln_ic50.parquet"
AUC = "drugs/gdsc2_8.5_auc.parquet"
FIRST = 20
FIGURES = ("accuracy", "first_20", "said_20", "held_80", "brier")


@dataclass(frozen=True)
class Judged:
    """The rest of the test lines by one pilot, (m, q) of every array.

    `weights` (m,): share of the update made; `foreign` (m,): whether the values were told to be another laboratory's.
    """

    lines: np.ndarray
    predicted: np.ndarray
    order: np.ndarray
    probability: np.ndarray
    held: np.ndarray
    measured: np.ndarray
    event: np.ndarray
    weights: np.ndarray
    foreign: np.ndarray


def scored_lines(model: Model, panel: Panel, test: np.ndarray, store: Store) -> dict[str, ScoredSample]:
    """Every test line as an upload, without a pilot."""
    content = panel.expression[test].to_csv().encode()
    sources = (("test.csv", content),)
    profiles = read_uploads(sources, known_genes([model]), gene_names_of(store, [model]), limit=UPLOAD_LIMIT)
    checks, _ = check_samples(model, profiles)
    passports = [passport for passport, _ in checks]
    tables = hit_tables(model, pd.concat([one.values for _, one in checks]), passports)
    return {
        passport.sample: ScoredSample(passport.sample, checked, passport, *table)
        for (passport, checked), table in zip(checks, tables, strict=True)
    }


def pilots_of(response: pd.DataFrame, plate: pd.Index) -> dict[str, dict[str, Pilot]]:
    """By kind, the pilot of each line that has one."""
    random = np.random.default_rng(0)
    own = {str(line): row.dropna() for line, row in response[plate].iterrows()}
    others = dict(zip(own, [list(own.values())[k] for k in _derangement(len(own), random)], strict=True))
    shuffled = {line: pd.Series(random.permutation(values.to_numpy()), values.index) for line, values in own.items()}
    return {
        "this line": {line: Pilot(values) for line, values in own.items()},
        "this line, certain": {line: Pilot(values, certain=True) for line, values in own.items()},
        "another line": {line: Pilot(values) for line, values in others.items()},
        "shuffled": {line: Pilot(values) for line, values in shuffled.items()},
    }


def _derangement(number: int, random: np.random.Generator) -> np.ndarray:
    """Somebody else for everybody: a shift of a random order."""
    order = random.permutation(number)
    found = np.empty(number, dtype=int)
    found[order] = np.roll(order, 1)
    return found


def under_its_names(model: Model, path: Path) -> pd.DataFrame:
    """Another screen of drugs under the names of a GDSC2 model: drugs of the same name, lines by id."""
    table = pd.read_parquet(path)
    table = table if pd.api.types.is_numeric_dtype(table.dtypes.iloc[0]) else table.set_index(table.columns[0])
    by_name: dict[str, str] = {}
    for name in table.columns:
        by_name.setdefault(_drug(name), name)
    found: dict[str, str] = {}
    for name in model.ensemble.perturbations:
        if _drug(name) in by_name and by_name[_drug(name)] not in found.values():
            found[name] = by_name[_drug(name)]
    return table[list(found.values())].set_axis(list(found), axis=1)


def _drug(name: str) -> str:
    return name.rsplit("_", 1)[0].lower().replace("-", "").replace(" ", "")


def another_laboratory(model: Model, folder: Path, lines: list[str]) -> tuple[pd.Index, dict[str, dict[str, Pilot]]]:
    """The plate among the drugs that both have tested, and the pilots that GDSC1 measured of the test lines."""
    table = under_its_names(model, folder / GDSC1)
    plate = propose_plate(model, PLATES["drugs"], candidates=list(table.columns)).index
    rows = {str(line): row.dropna() for line, row in table.reindex(lines)[plate].iterrows()}
    own = {line: values for line, values in rows.items() if len(values) >= FIRST / 2}
    there = table.loc[table.index.intersection(model.panel.lines.index)]
    return plate, {
        "GDSC1, as it is": {line: Pilot(values) for line, values in own.items()},
        "GDSC1, joined by its own lines": {line: Pilot(values, laboratory=there) for line, values in own.items()},
        "the same, certain": {line: Pilot(values, laboratory=there, certain=True) for line, values in own.items()},
    }


def another_unit(model: Model, folder: Path, lines: list[str]) -> tuple[pd.Index, dict[str, dict[str, Pilot]]]:
    """The plate, and what release 8.5 of the same screen says of it in another unit."""
    table = under_its_names(model, folder / AUC)
    plate = propose_plate(model, PLATES["drugs"], candidates=list(table.columns)).index
    rows = {str(line): row.dropna() for line, row in table.reindex(lines)[plate].iterrows()}
    own = {line: Pilot(values, same_unit=False) for line, values in rows.items() if len(values) >= FIRST / 2}
    return plate, {"this line, as AUC": own}


def judged(
    model: Model, panel: Panel, scored: dict[str, ScoredSample], pilots: dict[str, Pilot], plate: pd.Index
) -> tuple[Judged, Judged]:
    """The rest of the lines that have a pilot, before and after it."""
    rest = [name for name in model.ensemble.perturbations if name not in set(plate)]
    whole = panel.response[list(model.ensemble.perturbations)]
    rule = DependencyRule.of(model.panel.response.to_numpy(), model.panel.score)
    before, after, weights, foreign, lines = [], [], [], [], []
    for line, pilot in pilots.items():
        if line not in scored:
            continue
        try:
            found = with_pilot(model, scored[line], pilot)
        except SampleError:
            # Fewer than five of its rows were measured.
            continue
        assert found.pilot is not None
        before.append(scored[line].table.loc[rest])
        after.append(found.table.loc[rest])
        weights.append(found.pilot.trust.weight)
        foreign.append(found.pilot.how == ANOTHER_LABORATORY)
        lines.append(line)
    measured = whole.loc[lines]
    events = pd.DataFrame(rule.events(measured.to_numpy(dtype=float)), lines, measured.columns)[rest].to_numpy()
    places = panel.response.index.get_indexer(pd.Index(lines))
    result = []
    for tables, share in ((before, np.zeros(len(lines))), (after, np.array(weights))):
        columns = {
            name: np.stack([table[name].to_numpy(dtype=float) for table in tables])
            for name in ("predicted", "priority", "probability", "interval_80_low", "interval_80_high")
        }
        truth = measured[rest].to_numpy(dtype=float)
        inside = (truth >= columns["interval_80_low"]) & (truth <= columns["interval_80_high"])
        held = np.where(np.isnan(truth) | np.isnan(columns["interval_80_low"]), np.nan, inside)
        result.append(
            Judged(
                lines=places,
                predicted=columns["predicted"],
                order=columns["priority"],
                probability=columns["probability"],
                held=held,
                measured=truth,
                event=events,
                weights=share,
                foreign=np.array(foreign),
            )
        )
    return result[0], result[1]


def figures_of(one: Judged, rows: np.ndarray) -> dict[str, float]:
    """Every figure over some of the lines."""
    event, probability, order = one.event[rows], one.probability[rows], one.order[rows]
    known = np.isfinite(event) & np.isfinite(probability)
    said = hits_at(order, np.where(np.isfinite(event), np.nan_to_num(probability), np.nan), (FIRST,))[:, 0]
    return {
        "accuracy": float(np.nan_to_num(spearman_columns(one.predicted[rows], one.measured[rows])).mean()),
        "first_20": float(np.nanmean(hits_at(order, event, (FIRST,))[:, 0])) / FIRST,
        "said_20": float(np.nanmean(said)) / FIRST,
        "held_80": float(np.nanmean(one.held[rows])),
        "brier": float(np.square(probability - event)[known].mean()),
    }


def one_split(
    name: str, panel: Panel, choose: Any, repeat: int, store: Store, only: list[str]
) -> Iterator[tuple[str, Judged, Judged]]:
    """Every kind of pilot on one split's test lines, or some of them."""
    test = digest_test_lines(panel.patients, repeat)
    columns = choose(panel.response.to_numpy()[~test])
    model = trained(panel, test, columns, f"{name} {repeat}", store)
    scored = scored_lines(model, panel, test, store)
    response = panel.response.loc[list(scored), list(model.ensemble.perturbations)]
    plate = propose_plate(model, PLATES[name]).index
    plates = [(plate, pilots_of(response, plate))]
    if name == "drugs":
        plates += [make(model, real_data(), list(scored)) for make in (another_unit, another_laboratory)]
    for plate, by_kind in plates:
        for kind, pilots in by_kind.items():
            if not only or kind in only:
                yield kind, *judged(model, panel, scored, pilots, plate)


def against_the_level(name: str, panel: Panel, choose: Any, repeats: int, store: Store) -> dict[str, float]:
    """What the plate buys on the panel's own lines, and what a general level alone would; mean over splits."""
    found = []
    for repeat in range(repeats):
        test = digest_test_lines(panel.patients, repeat)
        model = trained(panel, test, choose(panel.response.to_numpy()[~test]), f"{name} {repeat}", store)
        plate = list(propose_plate(model, PLATES[name]).index)
        found.append(plate_gains(model, plate, [0, PLATES[name]]))
    before, after = (np.mean([one.loc[number].to_numpy() for one in found], axis=0) for number in (0, PLATES[name]))
    columns = [str(column) for column in found[0]]
    return {"before": float(before[columns.index("hits")]), **dict(zip(columns, map(float, after), strict=True))}


def differences(pairs: list[tuple[Judged, Judged]], copies: np.ndarray) -> dict[str, list[float]]:
    """By figure: before, after, and the difference with its 95 % interval over drawn patients; mean over splits."""

    def over(drawn: np.ndarray | None) -> dict[str, list[float]]:
        found: dict[str, list[tuple[float, float]]] = {figure: [] for figure in FIGURES}
        for before, after in pairs:
            count = np.arange(len(before.lines))
            rows = count if drawn is None else np.repeat(count, drawn[before.lines])
            of_before, of_after = figures_of(before, rows), figures_of(after, rows)
            for figure in FIGURES:
                found[figure].append((of_before[figure], of_after[figure]))
        return {figure: np.mean(values, axis=0).tolist() for figure, values in found.items()}

    everyone, drawn = over(None), [over(one) for one in copies]
    result = {}
    for figure in FIGURES:
        before, after = everyone[figure]
        gains = [one[figure][1] - one[figure][0] for one in drawn]
        low, high = np.quantile(gains, (0.025, 0.975)) if gains else (np.nan, np.nan)
        result[figure] = [round(value, 4) for value in (before, after, after - before, float(low), float(high))]
    return result


def of_split(name: str, repeat: int, store: Store, only: list[str]) -> list[tuple[str, Judged, Judged]]:
    """`one_split` in a process of its own."""
    pair, panel = read_pair(name, real_data())
    return list(one_split(name, panel, pair.choose, repeat, store, only))


def measure(name: str, store: Store, repeats: int, only: list[str], processes: int) -> dict[str, Any]:
    """All figures of one data set."""
    pair, panel = read_pair(name, real_data())
    by_kind: dict[str, list[tuple[Judged, Judged]]] = {}
    with ProcessPoolExecutor(processes) as pool:
        splits = [pool.submit(of_split, name, repeat, store, only) for repeat in range(repeats)]
        for split in splits:
            for kind, before, after in split.result():
                by_kind.setdefault(kind, []).append((before, after))
    copies = drawn_copies(panel.patients)[:100]
    return {
        "data": pair.title,
        "plate": PLATES[name],
        "panel_lines": against_the_level(name, panel, pair.choose, repeats, store),
        "kinds": {
            kind: {
                **differences(pairs, copies),
                "lines": sum(len(before.lines) for before, _ in pairs),
                "weight": round(float(np.mean(np.concatenate([after.weights for _, after in pairs]))), 3),
                "no_update": round(float(np.mean(np.concatenate([after.weights == 0.0 for _, after in pairs]))), 3),
                "foreign": round(float(np.mean(np.concatenate([after.foreign for _, after in pairs]))), 3),
                "by_split_first_20": [round(differences([pair], copies[:0])["first_20"][2], 4) for pair in pairs],
            }
            for kind, pairs in by_kind.items()
        },
    }


def markdown(figures: dict[str, Any]) -> list[str]:
    """The table of one data set."""
    lines = [
        f"**{figures['data']}**, a plate of {figures['plate']}",
        "",
        "| pilot | accuracy of the rest | true among the first 20 | said of them | 80 % intervals held | no update |",
        "|---|---|---|---|---|---|",
    ]
    for kind, found in figures["kinds"].items():

        def cell(figure: str, form: str, found: dict[str, Any] = found) -> str:
            before, after, gain, low, high = found[figure]
            return f"{before:{form}} to {after:{form}} ({gain:+{form}}; {low:+{form}} to {high:+{form}})"

        lines.append(
            f"| {kind} | {cell('accuracy', '.3f')} | {cell('first_20', '.1%')} | {found['said_20'][1]:.1%} |"
            f" {found['held_80'][0]:.1%} to {found['held_80'][1]:.1%} | {found['no_update']:.0%} |"
        )
    own = figures["panel_lines"]
    lines += [
        "",
        f"On the panel's own lines the first 20 of the rest hold {own['before']:.2f} true ones before,"
        f" {own['hits']:.2f} after the pilot, and {own['hits_level']:.2f} where rows tell each other a general level"
        f" alone (accuracy {own['accuracy']:.3f} and {own['accuracy_level']:.3f}).",
    ]
    return [*lines, ""]


def main() -> None:
    """Measure, print and, if asked, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=sorted(PLATES), default=list(PLATES))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=[], metavar="KIND", help="some kinds of pilots")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/pilot.md")
    options = parser.parse_args()
    lines = [f"Test lines of {options.repeats} splits, before and after. `python -m benchmarks.pilot`", ""]
    for name in options.pairs:
        started = time.perf_counter()
        with Stopwatch() as watch:
            figures = measure(name, Store(options.home), options.repeats, options.only, options.processes)
        report("pilot", {**figures, "wall": round(time.perf_counter() - started)}, watch.cost)
        lines += markdown(figures)
    if options.write:
        write_section("pilot", "\n".join(lines), DOCS / "pilot.md")


if __name__ == "__main__":
    main()
