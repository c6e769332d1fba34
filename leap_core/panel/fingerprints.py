"""Fingerprints: what perturbations are told apart by, screened or not (docs/methods.md#fingerprints).

Genes by the gene sets they are in; drugs by their structure (Morgan bits of a SMILES; Rogers & Hahn 2010), targets and
pathway, as far as a table says. Both are reduced to principal components.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack

from leap_core.arrays import Array, Matrix
from leap_core.errors import UserError
from leap_core.io.drug_tables import name_and_id, read_drug_features, spelt
from leap_core.io.gene_sets import GeneSets, read_gmt
from leap_core.io.tables import PANEL_LIMIT

COMPONENTS = 256
_MIN_SETS, _MIN_SET_SIZE, _MAX_SET_SIZE = 3, 5, 2000
_MORGAN_RADIUS, _MORGAN_BITS = 2, 2048


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints by name.

    Attributes
    ----------
    table
        (P, f) float32, index names: perturbations of the panel as the panel writes them, others as the file does.
    source
        What they are made of, in words.
    """

    table: pd.DataFrame
    source: str

    def of(self, names: Iterable[str]) -> Matrix:
        """(p, f); zero, the mean of all, for what has none."""
        return self.table.reindex(list(names)).fillna(0.0).to_numpy(dtype=np.float32)

    def others(self, names: Sequence[str]) -> list[str]:
        """Names with a fingerprint that are not among some."""
        return self.table.index.difference(pd.Index(names), sort=False).tolist()

    def missing(self, names: Sequence[str]) -> list[str]:
        """Those of some names that have none."""
        return pd.Index(names).difference(self.table.index, sort=False).tolist()


def read_fingerprints(path: Path, perturbations: Sequence[str], kind: str) -> Fingerprints:
    """Read fingerprints from a GMT file (`kind` ``"gene"``), or a table of drugs with SMILES, targets or pathways.

    Raises
    ------
    UserError
        If fewer than half of the panel's perturbations get one.
    """
    if kind == "gene":
        found = gene_fingerprints(read_gmt(path))
    else:
        found = drug_fingerprints(read_drug_features(path, path.name, PANEL_LIMIT), perturbations, path.name)
    without = found.missing(perturbations)
    if len(without) > len(perturbations) / 2:
        raise UserError(
            f"{path.name} says something of {len(perturbations) - len(without):,} of the panel's {len(perturbations):,}"
            f" perturbations only (nothing of {', '.join(without[:3])}); expected half of them at least, by the panel's"
            " names."
        )
    return found


def gene_fingerprints(sets: GeneSets, components: int = COMPONENTS) -> Fingerprints:
    """Membership in gene sets, reduced; genes of fewer than three sets have none.

    Nothing is cut to a panel: genes that were never screened have fingerprints, too.
    """
    usable = [sets.sets[name] for name in sorted(sets.sets) if _MIN_SET_SIZE <= len(sets.sets[name]) <= _MAX_SET_SIZE]
    members, genes = _memberships(usable, _MIN_SETS)
    if len(genes) < 2:
        raise UserError(
            f"{sets.source} has no {_MIN_SETS} sets of {_MIN_SET_SIZE} to {_MAX_SET_SIZE} genes that share genes; it"
            " makes no fingerprints."
        )
    table = _reduced(members.T.tocsr(), genes, components)
    return Fingerprints(table, f"membership in {len(usable):,} gene sets of {sets.source}")


def drug_fingerprints(
    table: pd.DataFrame, perturbations: Sequence[str], source: str, components: int = COMPONENTS
) -> Fingerprints:
    """Structure, targets and pathway of drugs, each part with the same weight, reduced.

    Parameters
    ----------
    table
        From `leap_core.io.drug_tables.read_drug_features`; called `source`.
    perturbations
        Of the panel: ``Name`` or ``Name_DRUGID``; found by id where the name agrees, else by name or synonym.
    """
    rows = _rows_of_drugs(table, perturbations)
    chosen = table.iloc[list(rows.values())]
    parts = {"structure": _morgan(chosen["smiles"].tolist())}
    for part in ("targets", "pathway"):
        labels = [{label.strip().upper() for label in text.split("|")} - {""} for text in chosen[part]]
        parts[part] = _memberships(labels, 2)[0].toarray()
    spread = {part: float(np.var(values, axis=0).sum()) for part, values in parts.items()}
    told = [part for part, value in spread.items() if value > 0]
    if not told:
        raise UserError(
            f"{source} has no two drugs with a structure, a target or a pathway in common; it makes no fingerprints."
        )
    scaled = hstack([csr_matrix(parts[part] / np.sqrt(spread[part])) for part in told]).tocsr()
    return Fingerprints(_reduced(scaled, list(rows), components), f"{' and '.join(told)} of {source}")


def _rows_of_drugs(table: pd.DataFrame, perturbations: Sequence[str]) -> dict[str, int]:
    """Row by name: of the panel's drugs that the table knows, then of the table's others under their own names."""
    drugs = table["drug"].tolist()
    spellings = [
        {spelt(label) for label in (drug, *synonyms.split("|"))} - {""}
        for drug, synonyms in zip(drugs, table["synonyms"], strict=True)
    ]
    rows: dict[str, int] = {}
    # Of several rows with a name the first counts; an id counts only with the name, for tables number drugs of their
    # own.
    for row, (drug, drug_id) in reversed(list(enumerate(zip(drugs, table["drug_id"], strict=True)))):
        rows |= dict.fromkeys(spellings[row], row) | ({f"{drug_id} {spelt(drug)}": row} if drug_id else {})
    found: dict[str, int] = {}
    for perturbation in perturbations:
        name, drug_id = name_and_id(perturbation)
        for key in (f"{drug_id} {spelt(name)}", spelt(perturbation), spelt(name)):
            if key in rows and perturbation not in found:
                found[perturbation] = rows[key]
    used = {spelt(drugs[row]) for row in found.values()} | {spelt(name_and_id(name)[0]) for name in found}
    for row, spelling in enumerate(spellings):
        if not spelling & used:
            found.setdefault(drugs[row], row)
    return found


def _morgan(smiles: Sequence[str]) -> Array:
    """Morgan bits (P, 2,048); the mean of the others for drugs without a structure that can be read."""
    bits = np.full((len(smiles), _MORGAN_BITS), np.nan)
    if any(smiles):
        # A quarter of a second, and nothing else needs it.
        from rdkit import Chem, RDLogger
        from rdkit.Chem import rdFingerprintGenerator

        RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
        generator = rdFingerprintGenerator.GetMorganGenerator(radius=_MORGAN_RADIUS, fpSize=_MORGAN_BITS)
        for row, text in enumerate(smiles):
            molecule = Chem.MolFromSmiles(text) if text else None
            if molecule is not None:
                bits[row] = generator.GetFingerprintAsNumPy(molecule)
    known = ~np.isnan(bits[:, 0])
    mean = bits[known].mean(axis=0) if known.any() else np.zeros(_MORGAN_BITS)
    return np.where(known[:, None], bits, mean)


def _memberships(labels: Sequence[Iterable[str]], min_members: int) -> tuple[csr_matrix, list[str]]:
    """A column of ones and noughts for each label that some rows or more have, and the labels in their order."""
    from sklearn.preprocessing import MultiLabelBinarizer

    binarizer = MultiLabelBinarizer(sparse_output=True)
    members = binarizer.fit_transform(labels).astype(np.float64)
    kept = np.asarray(members.sum(axis=0)).ravel() >= min_members
    return members[:, kept], binarizer.classes_[kept].tolist()


def _reduced(features: csr_matrix, names: list[str], components: int) -> pd.DataFrame:
    """First principal components of a sparse table, in units of the first one's deviation."""
    from sklearn.decomposition import PCA

    smaller = min(features.shape)
    if smaller > 2 * components:
        scores = PCA(components, svd_solver="arpack", random_state=0).fit_transform(features)
    else:
        scores = PCA(min(components, smaller), svd_solver="full").fit_transform(features.toarray())
    scores = scores / max(float(np.std(scores[:, 0])), 1e-12)
    return pd.DataFrame(
        scores.astype(np.float32),
        pd.Index(names, name="perturbation"),
        [f"component {number}" for number in range(1, scores.shape[1] + 1)],
    )
