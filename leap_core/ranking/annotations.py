"""What tables that the user supplied say of a list's rows.

Drugs against a gene, a drug's targets and pathway, common essentials.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from leap_core.genes.names import GeneNames
from leap_core.io.drug_tables import DRUG_COLUMNS, name_and_id, spelt
from leap_core.panel.summary import COMMON_ESSENTIAL

_SHOWN = 4
# Families and complexes as tables of targets write them. A table of identifiers would take them for one member, or for
# another gene that once had that name (PKC, BET, S1P).
_FAMILIES = {
    "AKT": ("AKT1", "AKT2", "AKT3"),
    "AURORA": ("AURKA", "AURKB"),
    "BET": ("BRD2", "BRD3", "BRD4"),
    "FGFR": ("FGFR1", "FGFR2", "FGFR3", "FGFR4"),
    "HDAC": ("HDAC1", "HDAC2", "HDAC3"),
    "HSP90": ("HSP90AA1", "HSP90AB1"),
    "JNK": ("MAPK8", "MAPK9", "MAPK10"),
    "MEK": ("MAP2K1", "MAP2K2"),
    "MTORC1": ("MTOR", "RPTOR"),
    "MTORC2": ("MTOR", "RICTOR"),
    "PARP": ("PARP1", "PARP2"),
    "PDGFR": ("PDGFRA", "PDGFRB"),
    "PI3K": ("PIK3CA", "PIK3CB", "PIK3CD", "PIK3CG"),
    "PKC": ("PRKCA", "PRKCB", "PRKCD", "PRKCE"),
    "RAF": ("ARAF", "BRAF", "RAF1"),
    "TOP2": ("TOP2A", "TOP2B"),
    "VEGFR": ("FLT1", "KDR", "FLT4"),
    "ABL": ("ABL1", "ABL2"),
    "ERK": ("MAPK1", "MAPK3"),
    "RSK": ("RPS6KA1", "RPS6KA2", "RPS6KA3"),
    "S1P": (),
    "IAP": (),
    "CDK": (),
    "RTK": (),
    "PROTEASOME": (),
    "MICROTUBULE": (),
    "DNA": (),
    "RNA": (),
    "TUBULIN": (),
}


@dataclass(frozen=True)
class DrugEntry:
    """What is known of one drug.

    Attributes
    ----------
    targets, pathway
        As the first table that says so writes them.
    genes
        Approved symbols of the targets that are genes.
    approved
        None where no table says.
    """

    targets: str = ""
    pathway: str = ""
    genes: frozenset[str] = frozenset()
    approved: bool | None = None


@dataclass(frozen=True)
class Annotations:
    """Tables beside the models.

    Attributes
    ----------
    names
        Tables of identifiers: targets are written in all kinds of them.
    drugs
        `leap_core.io.drug_tables.DRUG_COLUMNS`.
    essentials
        Common essential genes of the user's list.
    key
        Differs where any of it differs.
    """

    names: GeneNames = field(default_factory=GeneNames)
    drugs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(DRUG_COLUMNS)))
    essentials: tuple[str, ...] = ()
    key: str = ""

    @cached_property
    def essential_symbols(self) -> frozenset[str]:
        """Approved symbols of the user's common essentials."""
        return frozenset(self.names.canonical(label) for label in self.essentials)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """Rows of the drug table by drug id, drug name and synonym, in one spelling."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, (drug, drug_id, synonyms) in enumerate(
            zip(self.drugs["drug"], self.drugs["drug_id"], self.drugs["synonyms"], strict=True)
        ):
            for label in {
                spelt(drug),
                f"id {drug_id}" if drug_id else "",
                *(spelt(part) for part in synonyms.split("|")),
            } - {""}:
                rows[label].append(row)
        return rows

    @cached_property
    def _symbols(self) -> dict[str, tuple[str, ...]]:
        """Approved symbols of every target as it is written, the members of a family.

        Those that are no gene's are left out.
        """
        labels = {label for targets in self.drugs["targets"] for label in targets.split("|") if label}
        found = {
            label: self.names.approved_symbol(label) or self.names.approved_symbol(label.upper()) for label in labels
        }
        if not self.names.approved:
            # Without a table of identifiers a single word may be a symbol; it is compared with those of the models.
            found |= {label: label.upper() for label, symbol in found.items() if symbol is None and " " not in label}
        families = {label: _FAMILIES[label.upper()] for label in labels if label.upper() in _FAMILIES}
        return {**{label: (symbol,) for label, symbol in found.items() if symbol}, **families}

    @cached_property
    def _approval(self) -> dict[str, bool]:
        """Whether a drug is approved, by its name in one spelling; an approval anywhere counts."""
        said: dict[str, bool] = {}
        known = self.drugs[self.drugs["approved"].notna()]
        for drug, synonyms, approved in zip(known["drug"], known["synonyms"], known["approved"], strict=True):
            for label in {spelt(drug), *(spelt(part) for part in synonyms.split("|"))} - {""}:
                said[label] = said.get(label, False) or bool(approved)
        return said

    @cached_property
    def drugs_against(self) -> dict[str, dict[str, bool | None]]:
        """Gene to the drugs against it (name as written), each approved, not, or unknown."""
        against: dict[str, dict[str, bool | None]] = defaultdict(dict)
        written: dict[str, str] = {}
        for drug, targets in zip(self.drugs["drug"], self.drugs["targets"], strict=True):
            name = written.setdefault(spelt(drug), drug)
            for label in targets.split("|"):
                for symbol in self._symbols.get(label, ()):
                    against[symbol][name] = self._approval.get(spelt(drug))
        return dict(against)

    def entry(self, perturbation: str) -> DrugEntry:
        """What is known of a drug of a model, by its id (``Name_DRUGID``), name or synonyms."""
        name, drug_id = name_and_id(perturbation)
        labels = [perturbation, *([name] if drug_id else [])]
        rows = list(self._by_name.get(f"id {drug_id}", [])) if drug_id else []
        # An id counts only where the name agrees: other tables number drugs of their own.
        rows = [
            row for row in rows if _related(labels[-1], self.drugs["drug"].iloc[row], self.drugs["synonyms"].iloc[row])
        ]
        for label in labels:
            rows += [row for row in self._by_name.get(spelt(label), []) if row not in rows]
        if not rows:
            return DrugEntry()
        found = self.drugs.iloc[rows]
        with_targets = [targets for targets in found["targets"] if targets]
        genes = {
            symbol
            for targets in with_targets
            for label in targets.split("|")
            for symbol in self._symbols.get(label, ())
        }
        said = [
            self._approval[label]
            for label in (spelt(name) for name in (*labels, *found["drug"]))
            if label in self._approval
        ]
        pathway = next((pathway for pathway in found["pathway"] if pathway), "")
        # Numbers are Entrez ids: they stand as symbols, or not at all.
        labels_of = (label for targets in with_targets for label in targets.split("|"))
        written = [", ".join(self._symbols.get(label, ())) if label.isdigit() else label for label in labels_of]
        return DrugEntry(
            ", ".join(dict.fromkeys(part for part in written if part)),
            pathway,
            frozenset(genes),
            any(said) if said else None,
        )


def annotate_genes(table: pd.DataFrame, annotations: Annotations) -> pd.DataFrame:
    """Add ``approved_drugs``, ``other_drugs``, ``tractable`` (0, 0.5, 1) and the listed common essentials."""
    table = table.copy(deep=False)
    symbols = {name: annotations.names.canonical(name) for name in table.index}
    if len(annotations.drugs):
        against = [annotations.drugs_against.get(symbols[name], {}) for name in table.index]
        table["approved_drugs"] = [_listed(name for name, approved in drugs.items() if approved) for drugs in against]
        table["other_drugs"] = [_listed(name for name, approved in drugs.items() if not approved) for drugs in against]
        table["tractable"] = [1.0 if any(drugs.values()) else 0.5 if drugs else 0.0 for drugs in against]
    if annotations.essentials:
        listed = pd.array([symbols[name] in annotations.essential_symbols for name in table.index], dtype="boolean")
        table["common_essential"] = table["common_essential"].fillna(False).astype(bool) | listed.to_numpy(dtype=bool)
        table["panel_class"] = table["panel_class"].mask(listed.to_numpy(dtype=bool), COMMON_ESSENTIAL)
    return table


def annotate_drugs(table: pd.DataFrame, annotations: Annotations) -> pd.DataFrame:
    """Add ``targets``, ``pathway``, ``approved`` and ``tractable`` (1 where the drug is approved)."""
    if not len(annotations.drugs):
        return table
    entries = [annotations.entry(name) for name in table.index]
    return table.assign(
        targets=[entry.targets for entry in entries],
        pathway=[entry.pathway for entry in entries],
        approved=pd.array([pd.NA if entry.approved is None else entry.approved for entry in entries], dtype="boolean"),
        tractable=[1.0 if entry.approved else 0.0 for entry in entries],
    )


def target_genes(drugs: Iterable[str], annotations: Annotations) -> dict[str, frozenset[str]]:
    """Approved symbols of the targets of each drug of a model; drugs without any are left out."""
    entries = {name: annotations.entry(name).genes for name in drugs}
    return {name: genes for name, genes in entries.items() if genes}


def _listed(names: Iterable[str]) -> str:
    every = sorted(names, key=str.casefold)
    return ", ".join(every[:_SHOWN]) + (f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else "")


def _related(name: str, drug: str, synonyms: str) -> bool:
    return spelt(name) in {spelt(drug), *(spelt(part) for part in synonyms.split("|"))}
