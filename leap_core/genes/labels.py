"""One identifier taken apart: which of its characters are a symbol, an Ensembl, Entrez or HGNC id, and what kind it is.

Only patterns are looked at here, no table: what a label means may depend on the others of its file, and that is decided
in `leap_core.genes.names`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from leap_core.genes.dates import excel_date_genes

SYMBOLS, ENSEMBL, ENTREZ, HGNC = "symbols", "Ensembl ids", "Entrez ids", "HGNC ids"
WITH_ENTREZ, WITH_ENSEMBL = "symbols with Entrez id", "symbols with Ensembl id"
DATES, TRANSCRIPTS, PROBES = "dates made by Excel", "transcripts", "microarray probe sets"
METHYLATION, ASSEMBLED, FOREIGN = "methylation probes", "StringTie's own names", "genes of another species"
ROW_NUMBERS = "row numbers"

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u2069\ufeff]"
)
_WIDE_BLANK = re.compile("[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_DASH = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_AROUND = " \t\r\n\v\f\"'"

# With version, the copy of a pseudoautosomal region, GENCODE's mark of a lift-over, BrainArray's ending.
_ENSEMBL = re.compile(r"^(ENSG\d{11}|ENSGR\d{10})(\.\d+)?(_PAR_[XY])?(_\d{1,3})?(_at)?$", re.IGNORECASE)
_ENSEMBL_INSIDE = re.compile(r"(?<![A-Za-z0-9])(ENSG\d{11})(?:\.\d+)?(?:_PAR_[XY])?(?!\d)", re.IGNORECASE)
_ENSEMBL_IN_BLANKS = re.compile(r"^ENSG ?\d[\d ]{9,}\d(\.\d+)?$", re.IGNORECASE)
# 7157, 7157.0 as a column with gaps is written, 100,129,361 as Excel shows it.
_ENTREZ = re.compile(r"^(\d+)(?:\.0+)?$|^(\d{1,3}(?:[ ,'’]\d{3})+)$")
# NCBI's symbol of a gene that has no other yet is its Entrez id.
_LOCUS = re.compile(r"^LOC(\d{3,})$")
_HGNC = re.compile(r"^(?:HGNC[:_ ]\s*)+(\d+)$", re.IGNORECASE)
_HUMAN_PREFIX = re.compile(
    r"^(?:(?:GRCh3[678](?:\.?p\d+)?|hg1[89]|hg38|hs37d5|h38|human|homo[_ ]sapiens)(?:_{1,4}|[-:.|])"
    r"|hsa?[_-](?!mir|let))",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"^(?:(?:mm(?:9|10|39)|GRCm3[89](?:\.?p\d+)?|m38|mouse|mus[_ ]musculus|rn[4567]|rat|mRatBN7\S*?|danRer\d+)"
    r"(?:_{1,4}|[-:.|])|mmu?[_-](?!mir|let)|ENS(?!G\d|GR\d|T\d|P\d|E\d|R\d)[A-Z]{2,6}[GTP]\d{11}|FBgn\d{7}"
    r"|WBGene\d{8})",
    re.IGNORECASE,
)
_NAMED_PREFIX = re.compile(
    r"^(?:gene[-:]|(?:id|gene[_ ]?(?:id|symbol)|symbol|ncbi(?:[_ ]?gene)?|entrez(?:[_ ]?gene)?(?:[_ ]?id)?|hsa|ensembl"
    r"|hgnc(?:[_ ]symbol)?):)\s*(?=\S)",
    re.IGNORECASE,
)
_TRANSCRIPT = re.compile(r"^(?:(?:rna|transcript)[-:]|(?:ENST\d{11}|[NX][MR]_\d{6,}))|ENST\d{11}", re.IGNORECASE)
_TRANSCRIPT_NAME = re.compile(r"^(?P<symbol>[A-Za-z0-9][A-Za-z0-9.@_-]*)-2\d\d$")
_PROBE = re.compile(
    r"^(?:AFFX[-_].*|X?\w+_[as]t|\S+_[a-z]{1,2}_[as]t|ILMN_\d+|A_\d\d_P\d+|\(\+\)E1A\S*|TC\S*\d{6,}\.hg\.\d|"
    r"(?:PSR|JUC)[0-9A-Z]*\d{6,}(?:\.hg\.\d)?|(?:POS|NEG)_[A-H](?:\s*\([\d.]+\))?)$"
)
_ENTREZ_AT = re.compile(r"^X?(\d+)_at$")
_METHYLATION = re.compile(r"^(?:cg\d{8}|ch\.\d+\.\d+[FR])(?:_\w+)?$")
_ASSEMBLED = re.compile(r"^(?:MSTRG|STRG|CUFF|XLOC)[._]\d+(?:\.\d+)?$")
_IN_BRACKETS = re.compile(r"^(?P<first>[^()\[\]]+?)\s*[(\[]\s*(?P<second>[^()\[\]]+?)\s*[)\]]$")
# What R makes of A1BG (1): every character that is no letter, digit or underscore becomes a dot.
_IN_DOTS = re.compile(r"^(?P<first>[^\s.]\S*?)\.\.(?P<second>\d+|Unknown|HGNC\.\d+)\.?$")
# Letters and digits alone, no beginning of an id: most labels of most files, which need no second look.
_PLAIN = re.compile(r"^(?!ENS|LOC\d|FBgn|WBGene|cg\d)[A-Za-z][A-Za-z0-9]*$", re.IGNORECASE)
# A longer label is no name of a gene, GENCODE's of transcripts included.
_MAX_LENGTH = 300
_AROUND_ID = "|_:;,/ ()[].-"


class Label(NamedTuple):
    """One identifier taken apart.

    Attributes
    ----------
    kind
        In words (plural).
    symbols
        Parts that may be a symbol.
    ensembl, entrez, hgnc
        Ids, as the tables have them; blank where there is none.
    """

    kind: str
    symbols: tuple[str, ...] = ()
    ensembl: tuple[str, ...] = ()
    entrez: str = ""
    hgnc: str = ""


def cleaned(label: str) -> str:
    """A label without what nobody sees: characters of no width, odd blanks, blanks and quotes around it."""
    if label.isascii() and label.isprintable():
        return label.strip(_AROUND)
    text = _DASH.sub("-", _INVISIBLE.sub("", label))
    spaced = _WIDE_BLANK.sub(" ", text).strip(_AROUND)
    if " " not in spaced or "(" in spaced or excel_date_genes(spaced):
        return spaced
    return _WIDE_BLANK.sub("", text).strip(_AROUND)


def hides_something(label: str) -> bool:
    """Whether a label holds characters that nobody sees: of no width, or a blank that is none of the keyboard's."""
    return not label.isascii() and bool(_INVISIBLE.search(label) or _WIDE_BLANK.search(label))


def is_foreign(text: str) -> bool:
    """Whether a label is a gene of another species by its id or its prefix."""
    return bool(_FOREIGN.match(text))


def taken_apart(text: str, prefixes: int = 2) -> Label:
    """Take a cleaned label apart; so many prefixes are taken off."""
    if len(text) > _MAX_LENGTH or _PLAIN.match(text):
        return Label(SYMBOLS, (text,))
    if match := _ENSEMBL.match(text):
        return Label(ENSEMBL, ensembl=(_ensembl_id(match.group(1)),))
    if match := _ENTREZ.match(text):
        return Label(ENTREZ, entrez=re.sub(r"\D", "", match.group(1) or match.group(2)).lstrip("0"))
    if match := _HGNC.match(text):
        return Label(HGNC, hgnc=match.group(1))
    if _FOREIGN.match(text):
        return Label(FOREIGN)
    if (kind := _no_gene(text)) is not None:
        at = _ENTREZ_AT.match(text)
        return Label(kind, entrez=at.group(1) if at else "")
    if prefixes and (match := _HUMAN_PREFIX.match(text) or _NAMED_PREFIX.match(text)):
        return _after_prefix(text, text[match.end() :], prefixes - 1)
    if " " in text and _ENSEMBL_IN_BLANKS.match(text):
        return taken_apart(text.replace(" ", ""), prefixes)
    if match := _LOCUS.match(text):
        return Label(SYMBOLS, (text,), entrez=match.group(1))
    return _together(text) or Label(DATES if excel_date_genes(text) else SYMBOLS, (text,))


def _no_gene(text: str) -> str | None:
    """Kind of a label that names something else than a gene; None if it may be one."""
    if _TRANSCRIPT.search(text) or _TRANSCRIPT_NAME.match(text):
        return TRANSCRIPTS
    if _METHYLATION.match(text):
        return METHYLATION
    if _ASSEMBLED.match(text):
        return ASSEMBLED
    return PROBES if _PROBE.match(text) else None


def _after_prefix(text: str, rest: str, prefixes: int) -> Label:
    """What stands behind a prefix; gene-CRLF2-2 is NCBI's second copy of CRLF2."""
    found = taken_apart(rest, prefixes)
    if text.lower().startswith("gene-") and (copy := re.match(r"^(.+)-\d$", rest)):
        return found._replace(symbols=(*found.symbols, copy.group(1)))
    return found


def _together(text: str) -> Label | None:
    """Several names in one label, in any order and with any mark between them; None if there is one."""
    if ids := tuple(dict.fromkeys(_ensembl_id(match.group(1)) for match in _ENSEMBL_INSIDE.finditer(text))):
        rest = [part.strip(_AROUND_ID) for part in _ENSEMBL_INSIDE.sub("|", text).split("|")]
        return _parts(rest)._replace(kind=WITH_ENSEMBL, ensembl=ids)
    if match := _IN_BRACKETS.match(text) or _IN_DOTS.match(text):
        return _parts([match.group("first"), match.group("second").replace("HGNC.", "HGNC:")])
    if "|" in text:
        return _parts([part.strip() for part in text.split("|")])
    return None


def _parts(parts: list[str]) -> Label:
    """Names that stand together, each by its kind; what is no name of a gene says nothing."""
    symbols: list[str] = []
    entrez = hgnc = ""
    for part in parts:
        if match := _HGNC.match(part):
            hgnc = hgnc or match.group(1)
        elif match := _ENTREZ.match(part):
            entrez = entrez or str(match.group(1) or "")
        elif part and part not in ("?", "Unknown") and _no_gene(part) is None:
            symbols.append(part)
    return Label(WITH_ENTREZ if entrez else HGNC if hgnc else SYMBOLS, tuple(symbols), (), entrez, hgnc)


def _ensembl_id(text: str) -> str:
    text = text.upper()
    return f"ENSG0{text[5:]}" if text.startswith("ENSGR") else text
