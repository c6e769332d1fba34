"""Lists of genes under whichever names: ids become symbols, what never matches is refused."""

import pytest

from leap_core.errors import UserError
from leap_core.io.gene_lists import read_gene_list
from leap_core.io.reference import Reference
from tests.genes.test_gene_names import NAMES, OTHERS


def listed(names):
    return "\n".join(names).encode()


@pytest.mark.parametrize(
    "names",
    [
        OTHERS,
        [f"{900000 + n}" for n in range(60)],
        [f"{900000 + n}.0" for n in range(60)],
        [f"ENSG{n:011d}.4" for n in range(60)],
        [f"HGNC:{90000 + n}" for n in range(60)],
        [f"GENE{n} ({900000 + n})" for n in range(60)],
        [f"GENE{n} (ENSG{n:011d})" for n in range(60)],
        ["gene_id", *(f"{900000 + n}" for n in range(60))],
        ["Entrez", *(f"{900000 + n}" for n in range(60))],
    ],
)
def test_every_kind_of_name_is_its_symbol(names):
    assert read_gene_list(listed(names), "mine.txt", names=NAMES) == tuple(OTHERS)


def test_symbols_stay_as_they_stand_and_unknown_ids_are_left_out():
    assert read_gene_list(listed(["OLD1", "LOST", *OTHERS[2:]]), "x", names=NAMES)[:2] == ("OLD1", "LOST")
    ids = [f"{900000 + n}" for n in range(60)]
    assert read_gene_list(listed([*ids, "123456789"]), "x", names=NAMES) == tuple(OTHERS)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"Gene{n}a" for n in range(60)], "genes of mouse"),
        ([f"{200000 + n}_s_at" for n in range(60)], "probe sets of a microarray"),
        ([f"{5 * n + 7_000_000}" for n in range(60)], "read as Entrez ids"),
        ([f"ENST{n:011d}" for n in range(60)], "transcripts"),
    ],
)
def test_lists_that_would_never_match_are_refused(names, said):
    with pytest.raises(UserError, match=said):
        read_gene_list(listed(names), "mine.txt", names=NAMES)


def test_common_essentials_may_be_entrez_ids(tmp_path):
    here = Reference(tmp_path)
    record = here.keep_essentials(b"6678\n3872\n1278\n5349\n7157\n", "entrez.txt")
    assert record["genes"] == "5" and "TP53" in here.essentials()[1] and "6678" not in here.essentials()[1]


@pytest.mark.parametrize("pair", [("True", "False"), ("yes", "no"), ("essential", "nonessential")])
def test_of_genes_that_are_flagged_only_those_are_read(pair):
    genes = [f"GENE{n}" for n in range(12)]
    rows = [f"{gene},{pair[n % 2]}" for n, gene in enumerate(genes)]
    assert read_gene_list("\n".join(["gene,common_essential", *rows]).encode(), "e.csv") == tuple(genes[::2])


def test_a_table_of_all_genes_is_no_list_of_essentials():
    rows = "\n".join(f"GENE{n},{n / 9000:.3f}" for n in range(9000))
    with pytest.raises(UserError, match="9,000 genes; a list of common essentials"):
        read_gene_list(f"gene,fraction_dependent\n{rows}".encode(), "e.csv")
