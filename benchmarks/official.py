"""Made files in the layouts of DepMap and GDSC, of any size: every number is drawn, only the shape is theirs.

python -m benchmarks.official depmap --out FOLDER [--lines 1700 --genes 19215 --screened 1150 --perturbations 18000]
python -m benchmarks.official gdsc --out FOLDER
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

LINEAGES = (
    "Lung",
    "Skin",
    "Bowel",
    "Breast",
    "CNS/Brain",
    "Lymphoid",
    "Myeloid",
    "Kidney",
    "Ovary/Fallopian Tube",
    "Pancreas",
)
EXPRESSION = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv"
OLD_EXPRESSION = "OmicsExpressionProteinCodingGenesTPMLogp1.csv"


@dataclass(frozen=True)
class Shape:
    """How many lines, genes and perturbations; the defaults are those of a DepMap release.

    Attributes
    ----------
    twice
        Lines with a second profile, which is not their default one.
    missing
        Share of the gene effects that are missing, as where a library lacks the gene.
    """

    lines: int = 1650
    twice: int = 50
    genes: int = 19_215
    screened: int = 1150
    perturbations: int = 18_000
    missing: float = 0.08


def drawn(shape: Shape, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expression (log2(TPM+1)), gene effect and lineages of one made-up release.

    A tenth of the perturbations are common essentials, a fifth selective with a cause in the expression, the rest never
    matter.
    """
    random = np.random.default_rng(seed)
    lineage = random.integers(0, len(LINEAGES), shape.lines)
    factors = np.hstack(
        [1.5 * np.eye(len(LINEAGES))[lineage], random.normal(size=(shape.lines, 40)) * np.linspace(2, 0.3, 40)]
    )
    loadings = random.normal(size=(factors.shape[1], shape.genes)) / np.sqrt(factors.shape[1])
    expression = (
        random.uniform(0, 7, shape.genes) + factors @ loadings + 0.5 * random.normal(size=(shape.lines, shape.genes))
    )
    essential, selective = shape.perturbations // 10, shape.perturbations // 5
    causes = factors[: shape.screened] @ random.normal(size=(factors.shape[1], selective))
    causes /= causes.std(axis=0)
    effect = 0.12 * random.normal(size=(shape.screened, shape.perturbations)) - 0.05
    effect[:, :essential] -= random.uniform(0.8, 1.6, essential)
    effect[:, essential : essential + selective] -= 0.15 + 0.3 * causes
    libraries = random.random(shape.perturbations) < 2.5 * shape.missing
    effect[np.ix_(random.random(shape.screened) < 0.4, libraries)] = np.nan
    tpm = np.maximum(np.exp2(expression) - 1, 0)
    expression = np.log2(1e6 * tpm / tpm.sum(axis=1, keepdims=True) + 1)
    return expression.astype(np.float32), effect.astype(np.float32), lineage


def write_depmap(folder: Path, shape: Shape, seed: int = 0, old_layout: bool = False) -> dict[str, str]:
    """Write expression, gene effect, common essentials, controls and annotation.

    Return the MD5 of each file, by its name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    expression, effect, lineage = drawn(shape, seed)
    ids = [f"ACH-{number:06d}" for number in range(1, shape.lines + 1)]
    genes = [f"GENE{number} ({number + 100})" for number in range(shape.genes)]
    perturbed = [f"GENE{number} ({number + 100})" for number in range(shape.perturbations)]
    rows = [*range(shape.lines), *range(shape.twice)]
    values = expression[rows]
    if old_layout:
        _write_matrix(folder / OLD_EXPRESSION, {"": ids}, genes, expression, 13)
    else:
        metadata: dict[str, list[object]] = {
            "": list(range(len(rows))),
            "SequencingID": [f"CDS-{row:06d}" for row in range(len(rows))],
            "ModelID": [ids[row] for row in rows],
            "IsDefaultEntryForModel": ["Yes" if position < shape.lines else "No" for position in range(len(rows))],
            "ModelConditionID": [f"MC-{row:06d}-01" for row in rows],
            "IsDefaultEntryForMC": ["Yes"] * len(rows),
        }
        _write_matrix(folder / EXPRESSION, metadata, genes, values, 13)
    _write_matrix(folder / "CRISPRGeneEffect.csv", {"": ids[: shape.screened]}, perturbed, effect, 17)
    essential = pd.DataFrame({"Essentials": perturbed[: shape.perturbations // 10]})
    essential.to_csv(folder / "CRISPRInferredCommonEssentials.csv", index=False)
    names = [LINEAGES[number] for number in lineage]
    pd.DataFrame(
        {
            "ModelID": ids,
            "PatientID": [f"PT-{number // 2 if number < 40 else number:06d}" for number in range(shape.lines)],
            "CellLineName": [f"Line-{number}" for number in range(shape.lines)],
            "StrippedCellLineName": [f"LINE{number}" for number in range(shape.lines)],
            "DepmapModelType": "simulated",
            "OncotreeLineage": names,
            "OncotreePrimaryDisease": [f"{name} cancer" for name in names],
            "COSMICID": [str(900_000 + number) for number in range(shape.lines)],
            "SangerModelID": [f"SIDM{number:05d}" for number in range(shape.lines)],
        }
    ).to_csv(folder / "Model.csv", index=False)
    return {path.name: md5_of(path) for path in sorted(folder.glob("*.csv"))}


def write_gdsc(folder: Path, lines: int = 120, genes: int = 300, drugs: int = 12, seed: int = 0) -> None:
    """Write a table of fitted dose responses, an expression table and an annotation, with a drug under two ids."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    factors = random.normal(size=(lines, 8))
    expression = np.clip(
        6 + factors @ random.normal(size=(8, genes)) / 2 + 0.3 * random.normal(size=(lines, genes)), 2, 14
    )
    cosmic = [900_000 + number for number in range(lines)]
    table = pd.DataFrame(expression.T.round(6), columns=[f"DATA.{number}" for number in cosmic])
    table.insert(0, "GENE_SYMBOLS", [f"GENE{number}" for number in range(genes)])
    table.insert(1, "GENE_title", "a made gene")
    table.to_csv(folder / "Cell_line_RMA_proc_basalExp.txt", sep="\t", index=False)
    response = 2 + factors @ random.normal(size=(8, drugs)) + 0.5 * random.normal(size=(lines, drugs))
    long = pd.DataFrame(
        [
            {
                "DATASET": "GDSC2",
                "NLME_RESULT_ID": 343,
                "COSMIC_ID": cosmic[line],
                "CELL_LINE_NAME": f"Line-{line}",
                "SANGER_MODEL_ID": f"SIDM{line:05d}",
                "TCGA_DESC": "UNCLASSIFIED",
                "DRUG_ID": 1000 + drug,
                "DRUG_NAME": f"Drug{drug // 2 if drug < 2 else drug}",
                "PUTATIVE_TARGET": "EGFR, ERBB2",
                "PATHWAY_NAME": "EGFR signaling",
                "MIN_CONC": 0.001,
                "MAX_CONC": 10.0,
                "LN_IC50": response[line, drug],
                "AUC": 1 / (1 + np.exp(-response[line, drug] / 3)),
                "RMSE": 0.05 if (line + drug) % 19 else 0.4,
                "Z_SCORE": 0.0,
            }
            for line in range(lines)
            for drug in range(drugs)
            if (line * drug) % 7 != 3
        ]
    )
    long.to_excel(folder / "GDSC2_fitted_dose_response_27Oct23.xlsx", index=False)
    pd.DataFrame(
        {
            "ModelID": [f"ACH-{number + 1:06d}" for number in range(lines)],
            "PatientID": [f"PT-{number:06d}" for number in range(lines)],
            "StrippedCellLineName": [f"LINE{number}" for number in range(lines)],
            "OncotreeLineage": [LINEAGES[number % 5] for number in range(lines)],
            "OncotreePrimaryDisease": "simulated",
            "COSMICID": cosmic,
            "SangerModelID": [f"SIDM{number:05d}" for number in range(lines)],
        }
    ).to_csv(folder / "Model.csv", index=False)


def md5_of(path: Path) -> str:
    """MD5 of a file, as DepMap publishes it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def _write_matrix(
    path: Path,
    metadata: dict[str, list[object]] | dict[str, list[str]],
    titles: list[str],
    values: np.ndarray,
    decimals: int,
) -> None:
    # As many digits as the releases have: they make the size of the files.
    columns = [pa.array(column) for column in metadata.values()]
    columns += [
        pa.array(np.round(values[:, position].astype(np.float64), decimals), from_pandas=True)
        for position in range(values.shape[1])
    ]
    table = pa.Table.from_arrays(columns, names=[*metadata, *titles])
    arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(quoting_style="none"))


def main() -> None:
    """Write the files of one source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=("depmap", "gdsc"))
    parser.add_argument("--out", type=Path, required=True)
    for name, default in vars(Shape()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    options = vars(parser.parse_args())
    if options["source"] == "gdsc":
        write_gdsc(options["out"])
    else:
        write_depmap(options["out"], Shape(**{name: options[name] for name in vars(Shape())}))


if __name__ == "__main__":
    main()
