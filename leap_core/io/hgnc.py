"""HGNC's tables of genes: the complete set, and what genenames.org's custom download makes of it."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from leap_core.errors import UserError
from leap_core.io.containers import UPLOAD_LIMIT, as_utf8, content_of
from leap_core.io.tables import first_of, letters_of

HGNC_COLUMNS = ("symbol", "alias_symbol", "prev_symbol", "ensembl_gene_id", "entrez_id", "hgnc_id")
# Titles without anything but letters: those of the complete set first, then of custom downloads and of other tables.
_TITLES = {
    "symbol": "symbol approvedsymbol hgncsymbol approvedgenesymbol",
    "alias_symbol": "aliassymbol aliassymbols synonyms aliases",
    "prev_symbol": "prevsymbol previoussymbols previoussymbol prevsymbols",
    "ensembl_gene_id": "ensemblgeneid ensemblid ensemblidsuppliedbyensembl ensembl",
    "entrez_id": "entrezid ncbigeneid ncbigeneidsuppliedbyncbi entrezgeneid entrezgeneidsuppliedbyncbi ncbiid",
    "hgnc_id": "hgncid",
    "status": "status",
}
_LISTS = ("alias_symbol", "prev_symbol")


def read_hgnc(source: Path | bytes, name: str) -> pd.DataFrame:
    """Read HGNC's complete set, or a custom download of genenames.org (text, gzip or not).

    Parameters
    ----------
    source
        A path, or the content of a file.
    name
        What messages call it.

    Returns
    -------
    pandas.DataFrame
        `HGNC_COLUMNS` as text, blank where there is nothing; several names in a cell are separated by ``|``. Withdrawn
        entries are left out.

    Raises
    ------
    UserError
        If it has no symbols, or nothing beside them.
    """
    frame = _text_columns(source, name)
    titles = [letters_of(title) for title in frame.columns]
    places = {role: place for role, known in _TITLES.items() if (place := first_of(known, titles)) is not None}
    if "symbol" not in places or not set(places) - {"symbol", "status"} or not len(frame):
        raise UserError(
            f"{name} is not HGNC's table of genes: it has the columns {', '.join(map(str, frame.columns[:8]))}."
            " Expected the complete set, or a custom download of genenames.org: symbol (Approved symbol), and any of"
            " alias_symbol, prev_symbol, ensembl_gene_id, entrez_id (NCBI Gene ID), hgnc_id."
        )
    table = pd.DataFrame({role: frame.iloc[:, place].str.strip() for role, place in places.items()})
    if "status" in table:
        table = table[~table["status"].str.contains("withdrawn", case=False)]
    table = table[(table["symbol"] != "") & ~table["symbol"].str.contains("~withdrawn")]
    table = table.reindex(columns=list(HGNC_COLUMNS), fill_value="").reset_index(drop=True)
    for column in _LISTS:
        table[column] = table[column].str.replace(r"\s*[|,;]\s*", "|", regex=True)
    return table


def _text_columns(source: Path | bytes, name: str) -> pd.DataFrame:
    """The table with every cell as text."""
    content = as_utf8(content_of(source, name, UPLOAD_LIMIT), name)
    separator = "\t" if b"\t" in content.split(b"\n", 1)[0] else ","
    try:
        return pd.read_csv(io.BytesIO(content), sep=separator, dtype=str, keep_default_na=False, na_filter=False)
    except (ValueError, UnicodeError) as error:
        raise UserError(f"{name} is not HGNC's table of genes: {str(error).splitlines()[0]}.") from error
