"""Reference tables that the user fetches once: by one click, one command, or from a local copy. The only network access."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from leap_core.data.gene_names import GeneNames
from leap_core.errors import UserError

HGNC_ADDRESS = "https://storage.googleapis.com/public-download-files/hgnc/tsv/tsv/hgnc_complete_set.txt"
_HGNC_COLUMNS = ("symbol", "alias_symbol", "prev_symbol", "ensembl_gene_id", "entrez_id")
_FILE, _RECORD = "hgnc_complete_set.txt", "hgnc_complete_set.json"
_ATTEMPTS = 5
_PIECE = 2**18
_LARGEST = 200 * 2**20


@dataclass(frozen=True)
class Reference:
    """Where reference tables lie, and what is known of them.

    Attributes
    ----------
    folder
        Folder of the reference tables.
    """

    folder: Path

    def has_gene_names(self) -> bool:
        """Whether HGNC's table was fetched."""
        return (self.folder / _FILE).is_file()

    def gene_names(self) -> GeneNames:
        """Tables of identifiers; empty ones where HGNC's was never fetched.

        Raises
        ------
        UserError
            If the file is damaged.
        """
        if not self.has_gene_names():
            return GeneNames()
        return GeneNames.from_hgnc(read_hgnc(self.folder / _FILE), f"HGNC, fetched {self.fetched()[:10]}")

    def fetched(self) -> str:
        """When HGNC's table was fetched (ISO 8601, UTC); nothing if it never was."""
        if not self.has_gene_names():
            return ""
        return str(json.loads((self.folder / _RECORD).read_text(encoding="utf-8"))["fetched"])

    def fetch_gene_names(
        self, address: str = HGNC_ADDRESS, copy_of: Path | None = None, report: Callable[[float], None] = lambda share: None
    ) -> dict[str, str]:
        """Fetch HGNC's complete set, or take a local copy of it; return what was recorded (address, SHA-256, date).

        A download that breaks off is continued where it stopped; the table is checked before it replaces an
        older one.

        Raises
        ------
        UserError
            If it cannot be reached, is no HGNC table, or the local copy is not there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{_FILE}.part"
        if copy_of is not None:
            if not copy_of.is_file():
                raise UserError(f"There is no file at {copy_of}.")
            shutil.copyfile(copy_of, draft)
        else:
            _download(address, draft, report)
        try:
            genes = len(read_hgnc(draft))
        except UserError:
            draft.unlink()
            raise
        record = {
            "address": address if copy_of is None else copy_of.name, "sha256": hashlib.sha256(draft.read_bytes()).hexdigest(),
            "fetched": datetime.now(UTC).isoformat(timespec="seconds"), "genes": str(genes),
        }  # fmt: skip
        (self.folder / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        draft.replace(self.folder / _FILE)
        return record


def read_hgnc(path: Path) -> pd.DataFrame:
    """Read HGNC's complete set (tab separated).

    Raises
    ------
    UserError
        If its columns are not there.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, usecols=lambda column: column in _HGNC_COLUMNS, keep_default_na=False)
    except (ValueError, OSError, UnicodeError) as error:
        raise UserError(f"{path.name} is not HGNC's complete set: {str(error).splitlines()[0]}.") from error
    missing = [column for column in _HGNC_COLUMNS if column not in table.columns]
    if missing or not len(table):
        raise UserError(f"{path.name} is not HGNC's complete set: columns {', '.join(missing) or 'are there, but no row'} missing.")
    return table


def _download(address: str, draft: Path, report: Callable[[float], None]) -> None:
    if not address.startswith(("https://", "http://")):
        raise UserError(f"{address} is no web address; it begins with https:// or http://. For a local copy use --from FILE.")
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(min(0.5 * 2**attempt, 5.0))
        try:
            if _continue(address, draft, report):
                return
            problem = "the connection ended early"
        except urllib.error.HTTPError as error:
            if error.code == 416:
                draft.unlink(missing_ok=True)
            elif error.code < 500 and error.code != 429:
                raise UserError(
                    f"{address} answered {error.code} {error.reason}. Check the address, or use a local copy with --from FILE."
                ) from error
            problem = f"the server answered {error.code}"
        except (OSError, ValueError) as error:
            problem = str(getattr(error, "reason", error))
    raise UserError(f"{address} could not be fetched ({problem}). Try again later, or use a local copy with --from FILE.")


def _continue(address: str, draft: Path, report: Callable[[float], None]) -> bool:
    """Fetch what is missing of the draft; return whether it is whole."""
    have = draft.stat().st_size if draft.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        if have and answer.status != 206:
            # The server starts from the beginning.
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with draft.open("ab" if have else "wb") as out:
            while piece := answer.read(_PIECE):
                out.write(piece)
                have += len(piece)
                if have > _LARGEST:
                    raise UserError(f"{address} is larger than {_LARGEST / 2**20:.0f} MB: that is not HGNC's table.")
                report(have / total if total else 0.0)
    return total is None or have >= total
