"""Two made-up studies of the same lines: what one of them measured, the other measured too, with its own noise."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.conftest import planted_tables

DRUGS = ["Alphanib_1001", "Betanib_1002", "Gammanib mesylate_1003", "Delta-12_1004"]
OTHERS = ["alphanib", "BETANIB", "Gammanib", "D12", "Elsewhere"]


def two_studies(n: int = 120, noise: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Expression of n lines, ln IC50 of the first 90 %, activity areas of the last 90 %, and the annotation."""
    expression, response, lines = planted_tables(n, 60, 9, seed=5)
    random = np.random.default_rng(9)
    truth = response.fillna(0.0).to_numpy()
    first = truth[:, :4] + noise * random.normal(size=(n, 4))
    more = truth[:, 4:8] + noise * random.normal(size=(n, 4))
    second = np.column_stack([-truth[:, :4], -truth[:, 8]]) + noise * random.normal(size=(n, 5))
    lines["lineage"] = [f"lineage {number % 4}" for number in range(n)]
    main = pd.DataFrame(np.hstack([first, more]), expression.index, [*DRUGS, *(f"Rest{k}_20{k:02}" for k in range(4))])
    other = pd.DataFrame(second, expression.index, OTHERS)
    cut = n // 10
    return expression, main.iloc[: n - cut], other.iloc[cut:], lines


def written(folder: Path, **options: float) -> dict[str, Path]:
    """The same as files, with a table of drugs."""
    expression, main, other, lines = two_studies(**options)  # type: ignore[arg-type]
    files = {name: folder / f"{name}.csv" for name in ("expression", "first", "second", "lines", "drugs")}
    expression.to_csv(files["expression"])
    main.to_csv(files["first"])
    other.to_csv(files["second"])
    model = lines.rename(columns={"patient": "PatientID", "lineage": "OncotreeLineage"})
    model.rename_axis("ModelID").to_csv(files["lines"])
    drugs = pd.DataFrame({"Name": ["Delta-12"], "Synonyms": ["D12, delta twelve"], "Targets": ["EGFR"]})
    drugs.to_csv(files["drugs"], index=False)
    return files
