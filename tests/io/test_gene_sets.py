"""Gene sets as people have them: packed, in UTF-16, turned, under ids; what is none is refused."""

import gzip
import io
import json
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.io.gene_sets import GeneSets, read_gmt
from tests.genes.test_gene_names import NAMES, OTHERS, ROWS

SETS = {f"SET {n}": frozenset(OTHERS[n * 12 : n * 12 + 14]) for n in range(4)}
BY_SYMBOL = {row[0]: row for row in ROWS}


def gmt(sets=SETS, description="na\t", translate=lambda gene: gene):
    lines = (f"{name}\t{description}" + "\t".join(translate(gene) for gene in sorted(sets[name])) for name in sets)
    return ("\n".join(lines) + "\n").encode()


def gmx():
    columns = [[name, "na", *sorted(members)] for name, members in SETS.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join("\t".join(row) for row in rows).encode()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gmt(), "x.gmt"),
        (b"\xef\xbb\xbf" + gmt(), "x.gmt"),
        (gmt().decode().encode("utf-16"), "x.gmt"),
        (gzip.compress(gmt(), mtime=0), "x.gmt.gz"),
        (gmt().replace(b"\n", b"\t\t\r\n"), "x.gmt"),
        (gmt(translate=lambda gene: f"{gene},1.0"), "x.gmt"),
        (gmt(description=""), "x.gmt"),
        (gmx(), "x.gmx"),
        (gmx(), "x.txt"),
        (gmx().replace(b"na", b"a collection"), "x.txt"),
        (gzip.compress(gmx(), mtime=0), "x.gmx.gz"),
    ],
)
def test_all_forms_of_the_same_sets_agree(content, name):
    assert read_gmt(content, name, NAMES).sets == SETS


def by_rows(delimiter, titles, cells):
    """A member a row; `cells` makes the row of a set's name and a gene."""
    rows = [titles, *(cells(name, gene) for name, members in SETS.items() for gene in sorted(members))]
    return "\n".join(delimiter.join(row) for row in rows).encode()


def by_cells(delimiter, between, titles, cells):
    rows = [titles, *(cells(name, between.join(sorted(members))) for name, members in SETS.items())]
    return "\n".join(delimiter.join(row) for row in rows).encode()


def entrez(gene):
    return BY_SYMBOL[gene][4]


def as_workbook(content):
    stream = io.BytesIO()
    rows = [line.split("\t") for line in content.decode().splitlines()]
    pd.DataFrame(rows).to_excel(stream, header=False, index=False)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        by_rows(",", ["term", "gene"], lambda name, gene: [name, gene]),
        by_rows("\t", ["gene", "term"], lambda name, gene: [gene, name]),
        by_rows(
            "\t",
            ["gs_cat", "gs_name", "entrez_gene", "gene_symbol"],
            lambda name, gene: ["H", name, entrez(gene), gene],
        ),
        by_rows(";", ["Symbol", "GO", "Evidence"], lambda name, gene: [gene, name, "IEA"]),
        by_cells(",", "/", ["ID", "Description", "geneID"], lambda name, genes: [f"GO:{name}", name, genes]),
        by_cells("\t", ";", ["ComplexID", "ComplexName", "subunits"], lambda name, genes: ["7", name, genes]),
        by_cells("\t", " ", ["pathway", "genes"], lambda name, genes: [name, genes]),
        by_cells(",", ", ", ["pathway", "genes"], lambda name, genes: [name, f'"{genes}"']),
        gmt().replace(b"\t", b","),
        "\n".join(f"{n}\t\t" + "\t".join(f"{g},1.0" for g in sorted(m)) for n, m in list(SETS.items())[:4]).encode(),
        json.dumps({name: {"geneSymbols": sorted(members), "pmid": "1"} for name, members in SETS.items()}).encode(),
        json.dumps({name: sorted(members) for name, members in SETS.items()}).encode(),
        as_workbook(gmt()),
        as_workbook(gmx()),
        as_workbook(by_rows("\t", ["term", "gene"], lambda name, gene: [name, gene])),
    ],
)
def test_tables_workbooks_and_json_hold_the_same_sets(content):
    assert read_gmt(content, "sets.dat", NAMES).sets == SETS


@pytest.mark.parametrize("column", [1, 2, 3, 4, 5])
def test_members_under_any_name_are_those_of_the_model(column):
    """Aliases, previous symbols, Ensembl, Entrez and HGNC ids."""
    content = gmt(translate=lambda gene: BY_SYMBOL[gene][column])
    read = read_gmt(content, "x.gmt", NAMES)
    assert read.for_genes(OTHERS, NAMES).sets == SETS
    # A model under older names has them under those.
    old = {gene: BY_SYMBOL[gene][2] for gene in OTHERS}
    found = read.for_genes(old.values(), NAMES).among(old.values())
    assert found == {name: frozenset(old[gene] for gene in members) for name, members in SETS.items()}


def test_an_alias_counts_though_another_set_has_the_symbol():
    sets = GeneSets({"A": frozenset(OTHERS[:20]), "B": frozenset([*(f"ALIAS{n}" for n in range(12))])}, "x")
    assert sets.for_genes(OTHERS, NAMES).sets["B"] == frozenset(OTHERS[:12])


def test_sets_that_match_are_not_changed():
    sets = GeneSets(SETS, "x")
    assert sets.for_genes(OTHERS, NAMES).digest == sets.digest


@pytest.mark.parametrize(
    ("translate", "said"),
    [
        (lambda gene: gene.capitalize(), "genes of mouse"),
        (lambda gene: f"ENSMUSG{int(gene[4:]):011d}", "genes of mouse"),
        (lambda gene: f"{200000 + int(gene[4:])}_s_at", "probe sets of a microarray"),
        (lambda gene: f"ENST{int(gene[4:]):011d}", "transcripts"),
        (lambda gene: f"UNKNOWN{gene[4:]}", "read as symbols"),
        (lambda gene: f"7{gene[4:]:0>6}", "read as Entrez ids"),
    ],
)
def test_sets_without_genes_of_the_model_are_refused_in_words(translate, said):
    with pytest.raises(UserError, match=said) as refused:
        read_gmt(gmt(translate=translate), "mine.gmt", NAMES).for_genes(OTHERS, NAMES)
    assert str(refused.value).startswith("mine.gmt: none of its 4 sets")


@pytest.mark.parametrize(
    "content",
    [
        random.Random(0).randbytes(4000),
        bytes(random.Random(1).choices(range(1, 256), k=4000)),
        b"SET one two three\nSET2 four five six\n",
        b"set,score\nA,1.5\nA,2.5\n",
        b'{"A": 5, "B": {"size": 3}}',
        b'["A", "B"]',
        b'<GENESET STANDARD_NAME="A" MEMBERS="TP53,KRAS"/>\n' * 4,
        b"A\nB\n",
        b"\n\n",
        b"\x89PNG" + bytes(100),
        gzip.compress(b"x\ty\tz", mtime=0)[:-9],
    ],
)
def test_what_is_no_gene_set_is_refused(content):
    with pytest.raises(UserError, match=r"^mine\.gmt"):
        read_gmt(content, "mine.gmt", NAMES)


@given(st.binary(min_size=1, max_size=400))
@settings(max_examples=150, deadline=None)
def test_bytes_are_sets_or_refused(content):
    try:
        found = read_gmt(content, "x.gmt", NAMES)
    except UserError:
        return
    assert found.sets and all(name and members for name, members in found.sets.items())


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match="no file"):
        read_gmt(tmp_path / "nowhere.gmt")


def test_a_turned_file_takes_the_memory_of_its_cells_alone():
    # Padded to the widest row these would be 900 million cells.
    wide = "\t".join(f"SET{number}" for number in range(30_000))
    content = "\n".join([wide, "na\tna", *["TP53\tKRAS"] * 30_000]).encode()
    found = read_gmt(content, "x.gmx")
    assert found.sets == {"SET0": {"TP53"}, "SET1": {"KRAS"}}


def test_a_gap_in_a_turned_file_moves_no_gene_to_another_set():
    content = b"A\tB\tC\n\tsecond\t\nTP53\t\tMYC\n\tKRAS\nBRAF\t\tSOX10\n"
    assert read_gmt(content, "x.gmx").sets == {"A": {"TP53", "BRAF"}, "B": {"KRAS"}, "C": {"MYC", "SOX10"}}
