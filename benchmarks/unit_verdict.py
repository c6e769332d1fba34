"""Which unit is it? The verdict on generated tables of every unit, layout, depth and subset of genes.

    python -m benchmarks.unit_verdict [--repeats N]

Every table is made from real profiles (RNA-seq of 344 lines, 17,893 genes; microarrays of 8 lines, 18,960 genes),
written as CSV and read as an upload without any hint in its name. Prints one JSON line and writes the table into
docs/reading.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.errors import ChoiceNeededError, UserError
from leap_core.sample.profiles import read_profiles

SEED = 20261124
DEPTHS = {"5 million reads": 5e6, "20 million reads": 2e7, "80 million reads": 8e7}
SUBSETS = {"all": None, "all and 30,000 others": 0, "half": 9000, "5,000": 5000, "1,000": 1000, "300": 300}
FULL = ("all", "all and 30,000 others")
LAYOUTS = ("one sample", "three samples", "three samples in rows", "two decimals")
REFUSED = ("z-scores", "fold changes", "p-values")
LOGS = {"log2": np.log2, "ln": np.log, "log10": np.log10}
UNITS = (
    "counts",
    "estimated counts",
    "TPM",
    "FPKM",
    "log2(counts+1)",
    "ln(counts+1)",
    "log2(TPM+1)",
    "ln(TPM+1)",
    "log10(TPM+1)",
    "log2(TPM+0.001)",
    "log2(TPM+0.1)",
    "log2(FPKM+1)",
    "ln(FPKM+1)",
    "log10(FPKM+1)",
    "log2(FPKM+0.1)",
    "RMA log2",
    *REFUSED,
)


@dataclass(frozen=True)
class Case:
    """One generated table and what it truly is."""

    unit: str
    layout: str
    depth: str
    subset: str
    content: bytes
    genes: frozenset[str]


class Generator:
    """Makes tables of every unit from real profiles."""

    def __init__(self, folder: Path) -> None:
        self.log = pd.read_parquet(folder / "essentiality/expression_17893_genes.parquet")
        self.log.columns = [str(gene).split(" ")[0] for gene in self.log.columns]
        self.log = self.log.loc[:, ~self.log.columns.duplicated()]
        array = pd.read_csv(folder / "uploads/04_CCLE_affy_RMA_GCT1.2_first8lines.gct", sep="\t", skiprows=2)
        array = array.set_index("Description").drop(columns="Name").groupby(level=0).mean().T
        self.array = array.loc[:, [isinstance(gene, str) for gene in array.columns]]
        lengths = np.random.default_rng(SEED)
        # Lengths of protein-coding transcripts: log-normal around 2.3 kb.
        self.kilobases = pd.Series(np.exp(lengths.normal(np.log(2.3), 0.6, self.log.shape[1])), self.log.columns)

    def cases(self, repeats: int) -> Iterator[Case]:
        """All combinations, each with its own random lines and genes."""
        for number, (unit, layout, depth, subset, repeat) in enumerate(
            (unit, layout, depth, subset, repeat)
            for unit in UNITS
            for layout in LAYOUTS
            for depth in DEPTHS
            for subset in SUBSETS
            for repeat in range(repeats)
        ):
            if depth != "20 million reads" and "counts" not in unit:
                continue
            random = np.random.default_rng([SEED, number, repeat])
            table = self._table(unit, DEPTHS[depth], SUBSETS[subset], 1 if layout == "one sample" else 3, random)
            if unit not in ("counts", "p-values"):
                table = table.round(2 if layout == "two decimals" else 5)
            genes = frozenset(table.index)
            yield Case(
                unit, layout, depth, subset, (table.T if layout.endswith("rows") else table).to_csv().encode(), genes
            )

    def _table(
        self, unit: str, depth: float, genes: int | None, samples: int, random: np.random.Generator
    ) -> pd.DataFrame:
        source = self.array if unit == "RMA log2" else self.log
        chosen = random.choice(len(source), samples, replace=False)
        names = source.columns.to_numpy()
        kept = names if not genes else random.choice(names, min(genes, len(names)), replace=False)
        if unit == "RMA log2":
            return source.iloc[chosen][kept].T
        if unit in REFUSED:
            return self._relative(unit, chosen, kept, random)
        tpm = np.exp2(self.log.iloc[chosen].to_numpy(dtype=float)) - 1.0
        if genes == 0:
            # What a whole annotation has beside protein-coding genes: mostly zeros, the rest of the million.
            others = random.lognormal(-1.5, 1.5, (samples, 30_000)) * (random.random((samples, 30_000)) < 0.15)
            others *= (1e6 - tpm.sum(axis=1, keepdims=True)) / others.sum(axis=1, keepdims=True)
            tpm = np.hstack([tpm, others])
            kept = names = np.concatenate([names, [f"LINC{n:05d}" for n in range(30_000)]])
        linear = pd.DataFrame(self._linear(unit, tpm, depth, random).T, names).loc[kept]
        linear.columns = pd.Index([f"S{n}" for n in range(samples)])
        return _logarithm(unit, linear)

    def _linear(self, unit: str, tpm: np.ndarray, depth: float, random: np.random.Generator) -> np.ndarray:
        """Counts or FPKM of the profiles (samples, genes), or the TPM as they are."""
        if "counts" in unit:
            lengths = np.resize(self.kilobases.to_numpy(), tpm.shape[1])
            share = tpm * lengths
            reads = random.poisson(share / share.sum(axis=1, keepdims=True) * depth).astype(float)
            # Reads that fit several genes are divided among them.
            return (
                reads * np.where(random.random(reads.shape) < 0.5, 1.0, random.uniform(0.7, 1.0, reads.shape))
                if "estimated" in unit
                else reads
            )
        if "FPKM" not in unit:
            return tpm
        # These TPM were written with two decimals, which FPKM made from reads are no multiples of.
        written = np.where(tpm > 0, tpm + random.uniform(-0.004, 0.004, tpm.shape), 0.0)
        # FPKM of a sample are its TPM times one constant, 0.43 to 0.59 where both are at hand.
        return np.maximum(written, 0.0) * random.uniform(0.3, 0.65, (len(tpm), 1))

    def _relative(self, unit: str, chosen: np.ndarray, kept: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
        values = self.log[kept]
        difference = values.iloc[chosen] - values.mean()
        if unit == "z-scores":
            difference = difference / (values.std() + 1e-6)
        if unit == "p-values":
            difference = pd.DataFrame(random.beta(0.5, 1.0, difference.shape), difference.index, difference.columns)
        return difference.T


def _logarithm(unit: str, linear: pd.DataFrame) -> pd.DataFrame:
    if "(" not in unit:
        return linear
    name, inside = unit.rstrip(")").split("(")
    return linear.transform(lambda column: LOGS[name](column + float(inside.split("+")[1])))


def outcome(case: Case) -> tuple[str, str]:
    """Verdict (as written), and whether it is right, asks, or is wrong and confident."""
    truth = case.unit.removeprefix("estimated ")
    try:
        verdict = read_profiles(case.content, "table.csv", set(case.genes)).verdicts[0]
        said, candidates = verdict.kind, [unit.name for unit in verdict.units]
    except ChoiceNeededError as question:
        said, candidates = " or ".join(question.choices), list(question.choices)
    except UserError as error:
        said, candidates = "refused", ["refused"] if "cannot be scored" in str(error) else [str(error)]
    expected = "refused" if case.unit in REFUSED else truth
    if len(candidates) > 1:
        return said, "asks" if expected in candidates else "asks, truth not among them"
    return said, "right" if candidates == [expected] else "wrong and confident"


def main() -> None:
    """Generate, judge, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    verdicts: Counter[tuple[str, str, str]] = Counter()
    full: Counter[str] = Counter()
    with Stopwatch() as watch:
        for case in Generator(real_data()).cases(options.repeats):
            said, how = outcome(case)
            verdicts[case.unit, said, how] += 1
            if case.subset in FULL:
                full[how] += 1
    totals: Counter[str] = Counter()
    for (_, _, how), count in verdicts.items():
        totals[how] += count
    report(
        "unit verdict",
        {"seed": SEED, "cases": sum(totals.values()), "all": dict(totals), "full_tables": dict(full)},
        watch.cost,
    )
    write_section("unit verdict", _markdown(verdicts, totals, full), DOCS / "reading.md")


def _markdown(verdicts: Counter[tuple[str, str, str]], totals: Counter[str], full: Counter[str]) -> str:
    shares = [
        f"{how}: {totals[how] / sum(totals.values()):.1%} of all, {full[how] / sum(full.values()):.1%} of the full"
        " tables"
        for how in ("right", "asks", "asks, truth not among them", "wrong and confident")
    ]
    rows = [
        f"| {unit} | {said} | {count} | {how} |"
        for (unit, said, how), count in sorted(verdicts.items(), key=lambda item: (UNITS.index(item[0][0]), -item[1]))
    ]
    head = f"{sum(totals.values()):,} generated tables, seed {SEED}. `python -m benchmarks.unit_verdict`"
    return "\n".join(
        [
            head,
            "",
            *(f"- {share}" for share in shares),
            "",
            "| truth | verdict | tables | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
