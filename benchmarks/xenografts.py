"""Xenografts of breast and bowel tumours ranked by a model of cell lines: whether anything is transferred.

    python -m benchmarks.xenografts [--home FOLDER] [--write]

The default recipe on GDSC2 predicts every xenograft from its RNA-seq, mapped to the panel's quantiles as the product
does. For each treatment that GDSC2 has (or has a drug of the same target for) the xenografts of one tumour type are
ranked by what was predicted, by the predicted general level alone, and by what is left after it, and compared with
their best average response (lower = better); the types are averaged by their size. The second question is the
treatment's own effect: what was measured is ranked within the treatment, and each xenograft's mean over treatments is
taken off. Intervals draw xenografts.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.many_samples import trained_model
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.arrays import spearman_columns
from leap_core.panel.quantiles import quantiles_of, to_quantiles
from leap_core.run.store import Store
from leap_core.services.models import Model, predict

# Treatments, and the drugs of GDSC2 that they are or that have their target.
SAME: dict[str, list[str]] = {
    "BYL719": ["Alpelisib_1560"],
    "LEE011": ["Ribociclib_1632"],
    "BKM120": ["Buparlisib_1873"],
    "5FU": ["5-Fluorouracil_1073"],
    "INC424": ["Ruxolitinib_1507"],
    "paclitaxel": ["Paclitaxel_1080"],
    "tamoxifen": ["Tamoxifen_1199"],
}
ALIKE: dict[str, list[str]] = {
    "binimetinib": ["Trametinib_1372", "Selumetinib_1736", "PD0325901_1060"],
    "HDM201": ["Nutlin-3a (-)_1047"],
    "CGM097": ["Nutlin-3a (-)_1047"],
    "encorafenib": ["Dabrafenib_1373", "PLX-4720_1036"],
    "cetuximab": ["Gefitinib_1010", "Erlotinib_1168"],
    "BGJ398": ["AZD4547_1786", "PD173074_1049"],
}
_MIN, _DRAWS, _MIN_TREATED = 12, 400, 30


def predicted_z(model: Model, folder: Path) -> pd.DataFrame:
    """Predictions of every xenograft, in the panel's standard deviations from its mean: lower = more sensitive."""
    values = pd.read_parquet(folder / "xenografts/pdxe_rnaseq_fpkm.parquet")
    found = [gene for gene in model.ensemble.standardiser.genes if gene in values.columns]
    reference = quantiles_of(model.panel.expression[found].to_numpy())
    mapped = pd.DataFrame([to_quantiles(row, reference) for row in values[found].to_numpy()], values.index, found)
    mapped = mapped.reindex(columns=list(model.ensemble.standardiser.genes)).astype(np.float32)
    z = (predict(model, mapped).predicted - model.table["panel_mean"]) / model.table["panel_sd"]
    return z.loc[:, model.learnable]


def measured(folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Best average response, xenografts x single treatments of thirty or more, and the tumour type of each."""
    table = pd.read_csv(folder / "xenografts/pdxe_response.csv")
    single = ~table["treatment"].str.contains("+", regex=False) & (table["treatment"] != "untreated")
    response = table[single].pivot_table(
        index="biobase.id", columns="treatment", values="best.average.response.value", aggfunc="mean"
    )
    kinds = table.drop_duplicates("biobase.id").set_index("biobase.id")["tumor.type"]
    return response.loc[:, response.notna().sum() >= _MIN_TREATED], kinds


def agreement(told: pd.Series, truth: pd.Series, kinds: pd.Series) -> float:
    """Rank correlation within tumour types, averaged by their size."""
    scores, sizes = [], []
    known = truth.dropna().index.intersection(told.index)
    for kind in sorted(set(kinds[known])):
        here = known[(kinds[known] == kind).to_numpy()]
        if here.nunique() >= _MIN:
            pair = told[here].to_numpy()[:, None], truth[here].to_numpy()[:, None]
            scores.append(float(spearman_columns(*pair)[0]))
            sizes.append(len(here))
    return float(np.average(scores, weights=sizes)) if scores else np.nan


def transferred(z: pd.DataFrame, response: pd.DataFrame, kinds: pd.Series) -> pd.DataFrame:
    """Agreement of what is told of each treatment with what was measured."""
    level = z.mean(axis=1)
    ranks = response.rank(pct=True)
    own = (ranks - ranks.mean()).sub((ranks - ranks.mean()).mean(axis=1), axis=0)
    rows = {}
    for treatment, drugs in {**SAME, **ALIKE}.items():
        told = z[drugs].mean(axis=1)
        rows[treatment] = {
            "predicted": agreement(told, response[treatment], kinds),
            "general level": agreement(level, response[treatment], kinds),
            "after it": agreement(told - level, response[treatment], kinds),
            "own effect": agreement(told - level, own[treatment], kinds),
            "xenografts": float(response[treatment].notna().sum()),
        }
    return pd.DataFrame(rows).T


def resampled(z: pd.DataFrame, response: pd.DataFrame, kinds: pd.Series) -> pd.DataFrame:
    """Mean over treatments of `transferred`: all treatments, and those whose very drug GDSC2 has; with intervals."""
    random, draws = np.random.default_rng(0), []
    both = response.index.intersection(z.index)
    for number in range(_DRAWS + 1):
        drawn = both if number == 0 else both[random.integers(0, len(both), len(both))]
        names = [f"{name} {place}" for place, name in enumerate(drawn)]
        parts = (z.loc[drawn].set_axis(names), response.loc[drawn].set_axis(names), kinds[drawn].set_axis(names))
        found = transferred(*parts).drop(columns="xenografts")
        draws.append(pd.concat({"all": found.mean(), "the same drug": found.loc[list(SAME)].mean()}))
    table = pd.concat(draws[1:], axis=1)
    return pd.DataFrame({"mean": draws[0], "low": table.quantile(0.025, axis=1), "high": table.quantile(0.975, axis=1)})


def main() -> None:
    """Predict, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    folder = real_data()
    with Stopwatch() as watch, tempfile.TemporaryDirectory() as scratch:
        model = trained_model(folder, Store(options.home or Path(scratch)))
        z, (response, kinds) = predicted_z(model, folder), measured(folder)
        by_treatment, means = transferred(z, response, kinds), resampled(z, response, kinds)
    figures: dict[str, object] = {
        " ".join(key): [round(float(value), 3) for value in row]
        for key, row in zip(means.index.tolist(), means.to_numpy(), strict=True)
    }
    report("xenografts", figures, watch.cost)
    titles = ["predicted", "general level", "after it", "own effect"]
    lines = [
        "Rank correlation with the best average response within breast and bowel tumours (positive = right), and of the"
        " last column with the treatment's own effect. `python -m benchmarks.xenografts`",
        "",
        f"| treatment | xenografts | {' | '.join(titles)} |",
        f"|---|---|{'---|' * len(titles)}",
    ]
    for treatment, row in by_treatment.to_dict("index").items():
        cells = " | ".join(f"{row[title]:.2f}" for title in titles)
        lines.append(f"| {treatment} | {row['xenografts']:.0f} | {cells} |")
    for title, count in (("all", len(by_treatment)), ("the same drug", len(SAME))):
        means_of = means.loc[title].reindex(titles).to_numpy()
        words = " | ".join(f"{mean:.2f} ({low:.2f} to {high:.2f})" for mean, low, high in means_of)
        lines.append(f"| mean, {title} ({count}) | | {words} |")
    body = "\n".join(lines)
    print(body)
    if options.write:
        write_section("xenografts", body, DOCS / "several-studies.md")


if __name__ == "__main__":
    main()
