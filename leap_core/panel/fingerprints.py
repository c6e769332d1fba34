"""Fingerprints of perturbations.

What genes and drugs are told apart by, whether or not they were screened (docs/methods.md#fingerprints).

Genes by the gene sets they are in; drugs by their structure (Morgan bits of a SMILES; Rogers & Hahn 2010), targets and
pathway, as far as a table says. Both are reduced to principal components.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, hstack

from leap_core.errors import UserError
from leap_core.io.drug_tables import name_and_id, read_drug_features, spelt
from leap_core.io.gene_sets import GeneSets, read_gmt
from leap_core.io.tables import PANEL_LIMIT

Matrix = npt.NDArray[np.float32]

COMPONENTS = 256
_FEWEST_SETS, _SMALLEST_SET, _LARGEST_SET = 3, 5, 2000
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
        known = set(names)
        return [name for name in self._names if name not in known]

    def missing(self, names: Sequence[str]) -> list[str]:
        """Those of some names that have none."""
        return [name for name in names if name not in self._known]

    @cached_property
    def _names(self) -> list[str]:
        return [str(name) for name in self.table.index]

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._names)


def read_fingerprints(path: Path, perturbations: Sequence[str], kind: str) -> Fingerprints:
    """Read fingerprints from a GMT file (for genes) or a table of drugs.

    Parameters
    ----------
    path
        A GMT file of gene sets, or a table with a column of drugs and at least one of SMILES, targets, pathway.
    perturbations
        Of the panel.
    kind
        ``"gene"`` or ``"drug"``.

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

    Parameters
    ----------
    sets
        For genes that were never screened, too: nothing is cut to a panel.
    components
        Principal components that are kept.
    """
    usable = {
        name: members for name, members in sorted(sets.sets.items()) if _SMALLEST_SET <= len(members) <= _LARGEST_SET
    }
    counts: dict[str, int] = {}
    for members in usable.values():
        for gene in members:
            counts[gene] = counts.get(gene, 0) + 1
    genes = sorted(gene for gene, count in counts.items() if count >= _FEWEST_SETS)
    if len(genes) < 2:
        raise UserError(
            f"{sets.source} has no {_FEWEST_SETS} sets of {_SMALLEST_SET} to {_LARGEST_SET} genes that share genes; it"
            " makes no fingerprints."
        )
    place = {gene: row for row, gene in enumerate(genes)}
    entries = [
        (place[gene], column)
        for column, members in enumerate(usable.values())
        for gene in sorted(members)
        if gene in place
    ]
    rows, columns = np.array(entries).T
    members = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(genes), len(usable)))
    return Fingerprints(
        _reduced(members, genes, components), f"membership in {len(usable):,} gene sets of {sets.source}"
    )


def drug_fingerprints(
    table: pd.DataFrame, perturbations: Sequence[str], source: str, components: int = COMPONENTS
) -> Fingerprints:
    """Structure, targets and pathway of drugs, each part with the same weight, reduced.

    Parameters
    ----------
    table
        From `leap_core.io.drug_tables.read_drug_features`.
    perturbations
        Of the panel: ``Name`` or ``Name_DRUGID``; found by id where the name agrees, else by name or synonym.
    source
        What the table is called.
    components
        Principal components that are kept.
    """
    names, rows = _rows_of_drugs(table, perturbations)
    chosen = table.iloc[rows]
    parts = [
        _morgan(chosen["smiles"].tolist()),
        _indicators(chosen["targets"].tolist()),
        _indicators(chosen["pathway"].tolist()),
    ]
    said = [title for title, part in zip(("structure", "targets", "pathway"), parts, strict=True) if part.any()]
    if not said:
        raise UserError(
            f"{source} has no two drugs with a structure, a target or a pathway in common; it makes no fingerprints."
        )
    scaled = [part / np.sqrt(np.var(part, axis=0).sum()) for part in parts if np.var(part, axis=0).sum() > 0]
    return Fingerprints(
        _reduced(hstack([csr_matrix(part) for part in scaled]).tocsr(), names, components),
        f"{' and '.join(said)} of {source}",
    )


def _rows_of_drugs(table: pd.DataFrame, perturbations: Sequence[str]) -> tuple[list[str], list[int]]:
    """Names and their row: the panel's drugs that the table knows, then the table's others under their own names."""
    by_name: dict[str, int] = {}
    by_id: dict[str, int] = {}
    for row, (drug, drug_id, synonyms) in enumerate(
        zip(table["drug"], table["drug_id"], table["synonyms"], strict=True)
    ):
        if drug_id:
            by_id.setdefault(f"{drug_id} {spelt(drug)}", row)
        for label in (drug, *synonyms.split("|")):
            if spelt(label):
                by_name.setdefault(spelt(label), row)
    found: dict[str, int] = {}
    for perturbation in perturbations:
        name, drug_id = name_and_id(perturbation)
        row_found = by_id.get(f"{drug_id} {spelt(name)}", by_name.get(spelt(perturbation), by_name.get(spelt(name))))
        if row_found is not None:
            found[perturbation] = row_found
    used = {spelt(table["drug"].iloc[row]) for row in found.values()} | {spelt(name_and_id(name)[0]) for name in found}
    others: dict[str, int] = {}
    for row, (drug, synonyms) in enumerate(zip(table["drug"], table["synonyms"], strict=True)):
        if (
            not {spelt(label) for label in (drug, *synonyms.split("|"))} & used
            and drug not in others
            and drug not in found
        ):
            others[drug] = row
    return [*found, *others], [*found.values(), *others.values()]


def _morgan(smiles: Sequence[str]) -> npt.NDArray[np.float64]:
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


def _indicators(labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """A column for each label that two drugs or more have; labels are separated by ``|``."""
    of_drug = [{part.strip().upper() for part in text.split("|")} - {""} for text in labels]
    counts: dict[str, int] = {}
    for parts in of_drug:
        for part in parts:
            counts[part] = counts.get(part, 0) + 1
    kept = sorted(part for part, count in counts.items() if count >= 2)
    return np.array([[part in parts for part in kept] for parts in of_drug], dtype=np.float64).reshape(
        len(labels), len(kept)
    )


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
