"""One small table in every form that an upload may have, and how it is read."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pandas as pd

from leap_core.errors import UserError
from leap_core.genes.names import GeneNames
from leap_core.sample.model_input import ModelGenes, ModelInput, to_model_input
from leap_core.sample.profiles import ReadOptions, read_profiles

GENES = tuple(f"GENE{number}" for number in range(150))
NAMES = GeneNames(approved=frozenset(GENES), ensembl={f"ENSG{n:011d}": gene for n, gene in enumerate(GENES)})


def _tpm() -> pd.DataFrame:
    random = np.random.default_rng(0)
    # Three lines of about the same cells, as real ones are.
    values = random.lognormal(2, 2, (150, 1)) * random.lognormal(0, 0.5, (150, 3)) * (random.random((150, 3)) > 0.1)
    return pd.DataFrame(np.round(values * 1e6 / values.sum(axis=0), 3), GENES, ["one", "two", "three"])


TPM = _tpm()
PANEL = pd.DataFrame(
    np.log2(TPM["one"].to_numpy() * np.random.default_rng(1).lognormal(0, 0.5, (30, 150)) + 1), columns=GENES
)
PLAIN = TPM.to_csv().encode()


def _workbook() -> bytes:
    content = io.BytesIO()
    TPM.to_excel(content)
    return content.getvalue()


FORMS = {
    "csv": PLAIN,
    "columns": TPM.T.to_csv().encode(),
    "tab": TPM.to_csv(sep="\t").encode(),
    "semicolon": TPM.to_csv(sep=";", decimal=",").encode(),
    "utf16": TPM.to_csv(sep="\t").encode("utf-16"),
    "gzip": gzip.compress(PLAIN, mtime=0),
    "xlsx": _workbook(),
    "parquet": TPM.to_parquet(),
    "gct": (
        b"#1.2\n150\t3\n"
        + TPM.assign(Description="x")[["Description", "one", "two", "three"]]
        .to_csv(sep="\t", index_label="Name")
        .encode()
    ),
    "long": (
        TPM.rename_axis("gene")
        .reset_index()
        .melt("gene", var_name="sample", value_name="tpm")
        .to_csv(index=False)
        .encode()
    ),
    "ensembl": TPM.set_axis([f"ENSG{n:011d}.4" for n in range(150)]).to_csv().encode(),
}


def read_form(content: bytes, name: str = "upload.csv", **options: object) -> ModelInput | None:
    """The model's input, or None if the file was refused in one sentence."""
    try:
        profiles = read_profiles(content, name, set(GENES), NAMES, ReadOptions(**options))
        checked = to_model_input(profiles, ModelGenes(GENES, "log2(TPM+1)", PANEL))
    except UserError as error:
        assert str(error) and "\n" not in str(error).strip() and "Traceback" not in str(error)
        return None
    values = checked.values.to_numpy()
    assert values.shape[0] == len(profiles.samples) == len(set(profiles.samples)) == len(profiles.verdicts)
    assert not np.isinf(values).any() and np.nanmax(np.abs(values)) < 100
    assert checked.values.columns.is_unique and 0 < checked.coverage <= 1
    return checked
