"""Which columns of two studies are the same perturbation: by rules that can be shown, never by likeness of names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence

import pandas as pd

from leap_core.genes.names import GeneNames
from leap_core.io.drug_tables import name_and_id, spelt

SAME_COLUMNS = ("perturbation", "column", "by")
BY_NAME, BY_ID, BY_SALT, BY_SYNONYM, BY_SYMBOL = (
    "the same name",
    "the same GDSC id",
    "the same name without its salt",
    "a synonym in the table of drugs",
    "the approved symbol",
)
_SALTS = (
    r"(?:di|mono|tri)?(?:hydrochloride|hcl|hydrate|mesylate|mesilate|methanesulfonate|tosylate|maleate|malate|fumarate"
    r"|citrate|tartrate|succinate|acetate|phosphate|sulfate|sulphate|besylate|bromide|chloride|sodium|potassium"
    r"|lactate|oxalate|esylate|camsylate)"
)
# Nothing but salts behind the name; what is a salt from its first word on, or a mixture, is no name with a salt.
_SALT = re.compile(rf"^(?!{_SALTS}\b)([^:+/]+?)(?:[\s,-]+\(?{_SALTS}\)?)+$", re.IGNORECASE)
# So many ids that two studies share must go with the same names, before an id alone says anything.
_MIN_SHARED_IDS, _MIN_AGREEING = 5, 0.5
_Key = Callable[[str], Iterable[Hashable]]


def same_genes(ours: Sequence[str], theirs: Sequence[str], names: GeneNames) -> pd.DataFrame:
    """Columns that are the same gene: by name, else by approved symbol (see `same_drugs`)."""
    return _joined(
        ours, theirs, ((BY_NAME, lambda name: [name.upper()]), (BY_SYMBOL, lambda name: [names.canonical(name)]))
    )


def same_drugs(ours: Sequence[str], theirs: Sequence[str], drugs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Columns that are the same drug.

    A drug under two ids of one study is joined with each.

    Parameters
    ----------
    ours, theirs
        ``Name`` or ``Name_DRUGID``.
    drugs
        Table of drugs with synonyms (`leap_core.io.drug_tables.read_drug_table`); None: names, salts and ids alone.

    Returns
    -------
    pandas.DataFrame
        ``perturbation`` (of ours), ``column`` (of theirs), ``by``: the first rule by which they are the same.
    """
    rules: list[tuple[str, _Key]] = [(BY_NAME, lambda name: [spelt(name_and_id(name)[0])])]
    if _number_alike(ours, theirs):
        rules.append((BY_ID, lambda name: [drug_id] if (drug_id := name_and_id(name)[1]) else []))
    rules.append((BY_SALT, lambda name: [spelt(_SALT.sub(r"\1", name_and_id(name)[0]))]))
    if drugs is not None and len(drugs):
        rules.append((BY_SYNONYM, _Synonyms(drugs).of))
    return _joined(ours, theirs, rules)


def _joined(ours: Sequence[str], theirs: Sequence[str], rules: Iterable[tuple[str, _Key]]) -> pd.DataFrame:
    found: dict[tuple[str, str], str] = {}
    for by, key in rules:
        known: dict[Hashable, list[str]] = {}
        for column in theirs:
            for one in key(column):
                known.setdefault(one, []).append(column)
        for name in ours:
            for one in key(name):
                for column in known.get(one, []) if one else []:
                    found.setdefault((name, column), by)
    rows = sorted((*pair, by) for pair, by in found.items())
    return pd.DataFrame(rows, columns=list(SAME_COLUMNS), dtype=object)


def _number_alike(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether ids that both studies have mostly go with the same names: then both number drugs as GDSC does."""
    mine = {drug_id: spelt(name) for name, drug_id in map(name_and_id, ours) if drug_id}
    other = {drug_id: spelt(name) for name, drug_id in map(name_and_id, theirs) if drug_id}
    shared = mine.keys() & other.keys()
    agreeing = sum(mine[one] == other[one] for one in shared)
    return len(shared) >= _MIN_SHARED_IDS and agreeing >= _MIN_AGREEING * len(shared)


class _Synonyms:
    """Drugs of a table by any of their names; a name of two drugs says nothing."""

    def __init__(self, drugs: pd.DataFrame) -> None:
        self.drug_of: dict[str, set[str]] = {}
        for drug, synonyms in zip(drugs["drug"], drugs["synonyms"], strict=True):
            for label in {spelt(drug), *(spelt(part) for part in synonyms.split("|"))} - {""}:
                self.drug_of.setdefault(label, set()).add(spelt(drug))

    def of(self, perturbation: str) -> list[str]:
        """The drug that a perturbation is, if it is one."""
        found = self.drug_of.get(spelt(name_and_id(perturbation)[0]), set())
        return list(found) if len(found) == 1 else []
