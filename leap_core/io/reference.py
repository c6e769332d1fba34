"""Reference tables that the user fetches once, or supplies: identifiers, drugs and their targets, common essentials."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from leap_core.errors import LeapError, StoreError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.download import download
from leap_core.io.drug_tables import DRUG_COLUMNS, parts_of, read_drug_table
from leap_core.io.gene_lists import read_gene_list
from leap_core.io.gene_sets import GeneSets, read_gmt
from leap_core.io.hgnc import HGNC_COLUMNS, read_hgnc
from leap_core.io.shelf import Shelf, kept_content, read_kept, write_kept
from leap_core.io.shipped import read_shipped_genes, shipped_gene_sets, shipped_genes_record

HGNC_ADDRESS = "https://storage.googleapis.com/public-download-files/hgnc/tsv/tsv/hgnc_complete_set.txt"
HALLMARK_ADDRESS = "https://maayanlab.cloud/Enrichr/geneSetLibrary?mode=text&libraryName=MSigDB_Hallmark_2020"
DGIDB_ADDRESS = "https://dgidb.org/data/latest/interactions.tsv"
# A table of fewer genes than these is part of one.
_MOST_GENES = 0.9
_FILE, _RECORD, _ESSENTIALS = "hgnc_complete_set.txt", "hgnc_complete_set.json", "common_essentials.json"


@dataclass(frozen=True)
class Reference:
    """Where reference tables lie, and what is known of them.

    Attributes
    ----------
    folder
        Folder of the reference tables.
    """

    folder: Path

    @property
    def drug_shelf(self) -> Shelf:
        """Tables of drugs."""
        return Shelf(self.folder / "drugs", "parquet")

    @property
    def gene_set_shelf(self) -> Shelf:
        """GMT files."""
        return Shelf(self.folder / "gene_sets", "gmt")

    def has_gene_names(self) -> bool:
        """Whether a newer table than the one that comes with the program was fetched."""
        return (self.folder / _FILE).is_file()

    def gene_names(self) -> GeneNames:
        """Tables of identifiers: those that were fetched, else those that come with the program.

        What a fetched table does not say (ids, where it has none; aliases, in a release's own; most genes, in a custom
        download of some) is taken from the other.

        Raises
        ------
        UserError
            If the file is damaged.
        """
        if not self.has_gene_names():
            return shipped_gene_names()
        _, whole_record = read_kept(self.folder / _RECORD)
        content = kept_content(self.folder / _FILE, whole_record)
        names = GeneNames.from_hgnc(read_hgnc(content, _FILE), self._source_of_names())
        most = _MOST_GENES * int(shipped_genes_record()["genes"])
        whole = min(len(names.approved), 2 * len(names.ensembl), 2 * len(names.entrez)) > most
        whole = whole and not self._is_of_a_release()
        return names if whole else names.with_genes_of(shipped_gene_names())

    def _is_of_a_release(self) -> bool:
        return self.gene_names_record()["address"].startswith("Gene.csv")

    def _source_of_names(self) -> str:
        record = self.gene_names_record()
        source = record["address"] if self._is_of_a_release() else "HGNC"
        return f"{source}, fetched {record['fetched'][:10]}"

    def gene_names_record(self) -> dict[str, str]:
        """What was recorded of the table of identifiers that is used.

        ``address``, ``sha256``, ``genes`` and ``fetched`` (ISO 8601, UTC; of the one that comes with the program its
        date).
        """
        if not self.has_gene_names():
            record = shipped_genes_record()
            return {
                "address": "comes with the program",
                "sha256": record["sha256"],
                "fetched": record["date"],
                "genes": str(record["genes"]),
            }
        record, _ = read_kept(self.folder / _RECORD)
        return record

    def fetch_gene_names(self, address: str = HGNC_ADDRESS, copy_of: Path | None = None) -> dict[str, str]:
        """Fetch HGNC's complete set, or take a local copy of it; return what was recorded (address, SHA-256, date).

        A download that breaks off is continued where it stopped; the table is checked before it replaces an
        older one.

        Raises
        ------
        UserError
            If it cannot be reached, is no HGNC table, or the local copy is not there.
        """
        content = self._content("gene_names", address, copy_of)
        genes = len(read_hgnc(content, copy_of.name if copy_of else address))
        return self._keep_gene_names(content, _record(copy_of.name if copy_of else address, content), genes)

    def keep_release_genes(self, path: Path, release: str) -> dict[str, str]:
        """Keep the identifier table of a DepMap release (Gene.csv) where no newer one of HGNC's was fetched.

        Return what was recorded, or nothing.

        Its columns ``symbol``, ``ensembl_gene_id``, ``entrez_id`` and, where it has them, ``alias_symbol`` and
        ``prev_symbol`` are taken.

        Raises
        ------
        UserError
            If it has no symbols, or neither Ensembl nor Entrez ids.
        """
        if self.has_gene_names():
            return {}
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.columns = table.columns.str.strip().str.lower()
        if "symbol" not in table.columns or not {"ensembl_gene_id", "entrez_id"} & set(table.columns):
            raise UserError(
                f"{path.name} is no table of genes: expected columns symbol, ensembl_gene_id and entrez_id."
            )
        table = table.reindex(columns=list(HGNC_COLUMNS), fill_value="")
        for column in ("alias_symbol", "prev_symbol"):
            table[column] = ["|".join(parts_of(cell)) for cell in table[column]]
        table["entrez_id"] = table["entrez_id"].str.removesuffix(".0")
        table = table[table["symbol"] != ""]
        record = _record(f"Gene.csv of {release}", path.read_bytes())
        return self._keep_gene_names(table.to_csv(sep="\t", index=False).encode(), record, len(table))

    def _keep_gene_names(self, content: bytes, record: dict[str, str], genes: int) -> dict[str, str]:
        record |= {"genes": str(genes)}
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{_FILE}.draft"
        draft.write_bytes(content)
        write_kept(self.folder / _RECORD, record, content)
        draft.replace(self.folder / _FILE)
        return record

    def fetch_drugs(self, address: str = DGIDB_ADDRESS, copy_of: Path | None = None) -> dict[str, str]:
        """Fetch DGIdb's interactions, or take a local table of drugs; return what was recorded.

        Raises
        ------
        UserError
            If it cannot be reached, is no table of drugs, or the local copy is not there.
        """
        content = self._content("drugs", address, copy_of)
        name, source = (copy_of.name, "") if copy_of else ("DGIdb interactions.tsv", address)
        return self.keep_drugs(content, name, source)

    def keep_drugs(self, content: bytes, name: str, address: str = "") -> dict[str, str]:
        """Keep a table of drugs under its file's name, in the place of an older one of that name.

        Return what was recorded.

        Raises
        ------
        UserError
            If it is no table of drugs (see `leap_core.io.drug_tables.read_drug_table`).
        """
        table = read_drug_table(content, name)
        shelf = self.drug_shelf
        shelf.folder.mkdir(parents=True, exist_ok=True)
        table.to_parquet(shelf.path(name), compression="zstd")
        return shelf.record(
            name, _record(address or name, content) | {"drugs": str(table["drug"].nunique()), "rows": str(len(table))}
        )

    def drugs(self) -> pd.DataFrame:
        """All tables of drugs, one under the other (`leap_core.io.drug_tables.DRUG_COLUMNS`).

        Empty where there is none.
        """
        shelf = self.drug_shelf
        tables = [pd.read_parquet(io.BytesIO(shelf.content(record["name"]))) for record in shelf.records()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(DRUG_COLUMNS))

    def keep_gene_sets(self, content: bytes, name: str, address: str = "") -> dict[str, str]:
        """Keep a GMT file under its name, in the place of an older one of that name; return what was recorded.

        Raises
        ------
        UserError
            If it holds no gene set.
        """
        sets = read_gmt(content, name, self.gene_names())
        shelf = self.gene_set_shelf
        shelf.folder.mkdir(parents=True, exist_ok=True)
        shelf.path(name).write_bytes(content)
        return shelf.record(name, _record(address or name, content) | {"sets": str(len(sets.sets))})

    def fetch_gene_sets(self, address: str = HALLMARK_ADDRESS, copy_of: Path | None = None) -> dict[str, str]:
        """Fetch gene sets in GMT (by default the hallmarks as Enrichr serves them), or take a local file.

        Return what was recorded.

        Raises
        ------
        UserError
            If it cannot be reached, holds no gene set, or the local copy is not there.
        """
        content = self._content("gene_sets", address, copy_of)
        at = address.rsplit("=", 1)[-1].rsplit("/", 1)[-1]
        name, source = (copy_of.name, "") if copy_of else (at, address)
        return self.keep_gene_sets(content, name, source)

    def gene_set_records(self) -> list[dict[str, str]]:
        """What was recorded of all gene sets: the user's own by name, then those that come with the program.

        A user's own of the same name takes the place of the latter.
        """
        own = self.gene_set_shelf.records()
        taken = {record["name"] for record in own}
        return [*own, *(record for name, (_, record) in shipped_gene_sets().items() if name not in taken)]

    def gene_sets(self, name: str) -> GeneSets:
        """The gene sets of that name: the user's own, else those that come with the program.

        Raises
        ------
        UserError
            If there are none of that name; names those that there are.
        """
        own, shipped = self.gene_set_shelf.path(name), shipped_gene_sets()
        if own.is_file() or own.with_suffix(".json").is_file():
            return read_gmt(self.gene_set_shelf.content(name), name, self.gene_names())
        if name not in shipped:
            there = ", ".join(record["name"] for record in self.gene_set_records())
            raise UserError(f"There is no file {name}, and no gene sets of that name; there are {there}.")
        return read_gmt(shipped[name][0], name)

    def gene_sets_at(self, place: str | Path) -> GeneSets:
        """Gene sets of a GMT or GMX file, or, where there is none at that place, those of that name.

        Raises
        ------
        UserError
            If there is neither, or the file holds no set.
        """
        path = Path(place)
        return read_gmt(path, path.name, self.gene_names()) if path.is_file() else self.gene_sets(str(place))

    def keep_essentials(self, content: bytes, name: str) -> dict[str, str]:
        """Keep a list of common essential genes, in the place of an older one; return what was recorded.

        Raises
        ------
        UserError
            If it is no list of genes.
        """
        genes = read_gene_list(content, name, names=self.gene_names())
        record = _record(name, content) | {"name": name, "genes": str(len(genes))}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_kept(self.folder / _ESSENTIALS, record, content, list=genes)
        return record

    def essentials(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """What was recorded of the list of common essentials, and its genes as they stand there.

        Both empty where there is none.
        """
        path = self.folder / _ESSENTIALS
        if not path.is_file():
            return {}, ()
        record, whole = read_kept(path)
        genes = whole.get("list")
        if not isinstance(genes, list) or not all(isinstance(gene, str) for gene in genes):
            raise StoreError(f"{path} is damaged: it holds no list of genes. Delete it, and give the list again.")
        return record, tuple(genes)

    def forget_essentials(self) -> None:
        """Delete the list of common essentials."""
        (self.folder / _ESSENTIALS).unlink(missing_ok=True)

    def damaged(self) -> list[str]:
        """What is wrong with the tables that were fetched or supplied, a sentence for each kind."""
        found = []
        for read in (self.gene_names, self.drugs, self._own_gene_sets, self.essentials):
            try:
                read()
            except LeapError as error:
                found.append(str(error))
        return list(dict.fromkeys(found))

    def _own_gene_sets(self) -> list[bytes]:
        shelf = self.gene_set_shelf
        return [shelf.content(record["name"]) for record in shelf.records()]

    def _content(self, name: str, address: str, copy_of: Path | None) -> bytes:
        """What lies at an address, or in the local copy of it."""
        if copy_of is not None:
            if not copy_of.is_file():
                raise UserError(f"There is no file at {copy_of}.")
            return copy_of.read_bytes()
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{name}.part"
        download(address, draft)
        content = draft.read_bytes()
        draft.unlink()
        return content


def _record(address: str, content: bytes) -> dict[str, str]:
    return {
        "address": address,
        "sha256": hashlib.sha256(content).hexdigest(),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def shipped_gene_names() -> GeneNames:
    """Tables of identifiers that come with the program."""
    record = shipped_genes_record()
    return GeneNames.from_hgnc(
        read_shipped_genes(), f"{record['name']} of {record['date']}, which comes with the program"
    )
