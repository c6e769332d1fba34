"""Panels of any size with planted latent factors, as files: the data of the benchmarks that need no real screen.

python -m benchmarks.generator --out FOLDER [--lines 800 --genes 5000 --perturbations 1539 --missing 0.03]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Size:
    """Size of a panel; the defaults are LEAP's own (arXiv 2502.15646)."""

    lines: int = 800
    genes: int = 5000
    perturbations: int = 1539
    missing: float = 0.03


def generate(size: Size, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Expression in log2(TPM+1) and gene effects of lines with 25 lineages and 60 latent factors of falling strength.

    A fifth of a response's variance is lineage, a fifth a few factors, the rest noise; entries are missing at random.
    """
    random = np.random.default_rng(seed)
    names = pd.Index([f"ACH-{number:06d}" for number in range(size.lines)], name="ModelID")
    lineage = np.eye(25)[random.integers(0, 25, size.lines)]
    factors = np.hstack(
        [1.5 * lineage @ random.normal(size=(25, 25)), random.normal(size=(size.lines, 60)) * np.linspace(2, 0.3, 60)]
    )
    loadings = random.normal(size=(85, size.genes)) / np.sqrt(85)
    expression = np.maximum(
        4 + random.normal(size=size.genes) + factors @ loadings + 0.7 * random.normal(size=(size.lines, size.genes)), 0
    )
    drivers = random.normal(size=(85, size.perturbations)) * (random.random((85, size.perturbations)) < 0.1)
    signal = factors @ drivers
    signal /= np.maximum(signal.std(axis=0), 1e-9)
    response = -0.3 + 0.25 * (0.63 * signal + 0.77 * random.normal(size=signal.shape))
    response[random.random(response.shape) < size.missing] = np.nan
    return (
        pd.DataFrame(
            expression.astype(np.float32), names, [f"G{number:05d} ({number + 1})" for number in range(size.genes)]
        ),
        pd.DataFrame(
            response.astype(np.float32),
            names,
            [f"P{number:05d} ({number + 1})" for number in range(size.perturbations)],
        ),
    )


def write(size: Size, folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Write the panel as CSV, as it would be downloaded; return the paths of expression and response."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{size.lines}x{size.genes}x{size.perturbations}_{size.missing}_{seed}"
    paths = folder / f"expression_{stem}.csv", folder / f"CRISPRGeneEffect_{stem}.csv"
    if not all(path.exists() for path in paths):
        for path, table in zip(paths, generate(size, seed), strict=True):
            table.to_csv(path, float_format="%.5g")
    return paths


def main() -> None:
    """Write one panel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    for name, default in vars(Size()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    options = vars(parser.parse_args())
    print(*write(Size(**{name: options[name] for name in vars(Size())}), options["out"]))


if __name__ == "__main__":
    main()
