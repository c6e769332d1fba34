"""A list of genes as people keep them: one a line, or a column of a table (DepMap's, CEGv2's)."""

from __future__ import annotations

from pathlib import Path

from leap_core.errors import UserError
from leap_core.genes.headers import symbol_of
from leap_core.genes.labels import SYMBOLS
from leap_core.genes.names import GeneNames, Resolution, kind_of, resolve, species_of, what_they_are
from leap_core.io.calls import chosen_rows
from leap_core.io.containers import as_utf8, content_of, is_workbook
from leap_core.io.sheets import SEPARATOR
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit, first_of, labels_of, letters_of, read_columns
from leap_core.io.workbooks import read_workbook

# Titles without anything but letters, symbols before ids.
_TITLES = (
    "symbol symbols genesymbol genesymbols hugosymbol hgncsymbol genename gene genes essentials geneid entrezid entrez"
    " entrezgeneid ensembl ensemblid ensemblgeneid hgnc hgncid"
)
_MIN_NAMES = 5
# With more, whatever is listed beside them has not been asked.
_MAX_NAMES = 6000


def read_gene_list(
    source: Path | bytes, name: str, limit: SizeLimit = UPLOAD_LIMIT, names: GeneNames | None = None
) -> tuple[str, ...]:
    """Read names of genes, each once, in the file's order; ``SYMBOL (ENTREZ)`` becomes the symbol.

    Symbols stay as they stand; ids become approved symbols, and those that are not known are left out.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.io.tables.read_columns`.
    names
        Tables of identifiers; without them every name stays as it is.

    Raises
    ------
    UnreadableTableError
        If it is neither a text nor a table.
    UserError
        If it has several columns and none is titled as one of genes, fewer than five names, more than six thousand, or
        names that are no human genes.
    """
    genes = _listed(source, name, limit)
    if names is not None and names.approved and genes:
        found = resolve(genes, names)
        _refuse_other_names(genes, found, name)
        genes = [
            called for label, symbol in zip(genes, found.symbols, strict=True) if (called := _called(label, symbol))
        ]
    kept = tuple(dict.fromkeys(symbol_of(gene) for gene in genes))
    if len(kept) < _MIN_NAMES:
        raise UserError(
            f"{name} holds {len(kept)} names of genes; expected at least {_MIN_NAMES}, one a line or in a column titled"
            " gene."
        )
    if len(kept) > _MAX_NAMES:
        raise UserError(
            f"{name} holds {len(kept):,} genes; a list of common essentials has one to three thousand. Keep the rows"
            " that are meant (by their fraction of dependent lines, say), or mark them yes and no in a column."
        )
    return kept


def _listed(source: Path | bytes, name: str, limit: SizeLimit) -> list[str]:
    """What the list holds, as it stands, without a title."""
    text = one_column(source, name, limit)
    if text is None:
        frame = read_columns(source, name, limit).frame
        titled = first_of(_TITLES, [letters_of(title) for title in frame.columns])
        if titled is None:
            raise UserError(
                f"{name} has the columns {', '.join(map(str, frame.columns[:6]))}; which holds the genes? Expected one"
                " of them titled gene or symbol, or one gene a line."
            )
        others = (frame.iloc[:, place] for place in range(frame.shape[1]) if place != titled)
        chosen = next((rows for column in others if (rows := chosen_rows(column)) is not None), None)
        # A column that says yes of some and no of others is meant.
        text = labels_of(frame.iloc[:, titled] if chosen is None else frame.loc[chosen].iloc[:, titled])
    labels = [label.strip().strip("\"'") for label in text]
    return [label for label in labels if label and label.lower() != "nan" and not _is_title(label)]


def _is_title(label: str) -> bool:
    return letters_of(label) in _TITLES.split() and not any(character.isdigit() for character in label)


def _called(label: str, symbol: str | None) -> str:
    """What a gene of a list is called: a symbol as it stands, an id by its symbol, and nothing for an unknown id."""
    plain = symbol_of(label)
    return plain if kind_of(plain) == SYMBOLS and (plain != label or kind_of(label) == SYMBOLS) else symbol or ""


def _refuse_other_names(genes: list[str], found: Resolution, name: str) -> None:
    """Refuse lists of which next to nothing is a human gene: they would never match."""
    if found.mapped >= 0.5 * len(genes):
        return
    species = species_of(genes)
    why = f"these are genes of {species}" if species else what_they_are(found)
    kind = max(found.kinds, key=lambda one: found.kinds[one])
    if why is not None or kind != SYMBOLS:
        raise UserError(
            f"{name}: only {found.mapped:,} of its {len(genes):,} names ({', '.join(genes[:3])} ..., read as {kind})"
            f" are human genes; {why or 'expected symbols, Entrez, Ensembl or HGNC ids'}."
        )


def one_column(source: Path | bytes, name: str, limit: SizeLimit) -> list[str] | None:
    """What a text or a workbook of a single column holds, its title included.

    None for anything with several columns.
    """
    content = content_of(source, name, limit)
    if is_workbook(content):
        lines = read_workbook(content, name, limit).content.decode().splitlines()
        return None if any(SEPARATOR in line for line in lines) else lines
    if content.startswith(b"PAR1"):
        return None
    lines = as_utf8(content, name).decode("utf-8-sig").splitlines()
    lines = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return None if any(mark in line for line in lines for mark in "\t,;") else lines
