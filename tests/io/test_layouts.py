"""The same expression in every layout that people have: the same profiles come out."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import ChoiceNeededError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.tables import SizeLimit
from leap_core.sample.profiles import ReadOptions, read_profiles

SYMBOLS = [f"GENE{number}" for number in range(60)]
HGNC = pd.DataFrame(
    {
        "symbol": SYMBOLS,
        "alias_symbol": [f"ALIAS{n}" for n in range(60)],
        "prev_symbol": [f"OLD{n}" for n in range(60)],
        "ensembl_gene_id": [f"ENSG{n:011d}" for n in range(60)],
        "entrez_id": [str(9000 + n) for n in range(60)],
    }
)
NAMES = GeneNames.from_hgnc(HGNC, "test")
ENSEMBL = [f"ENSG{n:011d}.{n % 7 + 1}" for n in range(60)]


@pytest.fixture
def tpm():
    random = np.random.default_rng(0)
    values = np.round(random.lognormal(3, 2, (60, 2)) * (random.random((60, 2)) > 0.2), 4)
    return pd.DataFrame(values, SYMBOLS, ["one", "two"])


def read(content, name="x.csv", **options):
    return read_profiles(content, name, set(SYMBOLS), NAMES, ReadOptions(**options))


def csv(frame, **options):
    return frame.to_csv(**options).encode()


def layouts(tpm):
    """Name and content of one table in many layouts."""
    ensembl, entrez = tpm.set_axis(ENSEMBL), tpm.set_axis([f"{9000 + n}_at" for n in range(60)])
    annotated = tpm.copy()
    annotated.insert(0, "gene_name", SYMBOLS)
    annotated.insert(1, "chr", "chr7")
    annotated.insert(2, "length", range(1000, 1060))
    annotated.insert(3, "description", "a gene, perhaps")
    annotated.index = pd.Index([f"row{n}" for n in range(60)], name="id")
    merged = tpm.set_axis(ENSEMBL)
    merged.insert(0, "gene_name", SYMBOLS)
    depmap = tpm.set_axis([f"{symbol} ({9000 + n})" for n, symbol in enumerate(SYMBOLS)]).T
    depmap.insert(0, "IsDefaultEntryForModel", "Yes")
    depmap.insert(0, "ModelID", depmap.index)
    depmap.index = [0, 1]
    gct = b"#1.2\n60\t2\n" + csv(
        tpm.assign(Description="na")[["Description", "one", "two"]], sep="\t", index_label="Name"
    )
    table = csv(tpm, sep="\t", index_label="Name").decode().splitlines()
    gct3 = "\n".join(["#1.3", "60\t2\t0\t2", table[0], "sex\tF\tM", "batch\t1\t2", *table[1:]]).encode()
    workbook = io.BytesIO()
    tpm.to_excel(workbook)
    long = tpm.rename_axis("gene").reset_index().melt("gene", var_name="sample", value_name="tpm")
    comma = csv(tpm, sep=";", decimal=",")
    mixed = tpm.set_axis([*SYMBOLS[:20], *ENSEMBL[20:40], *(str(9000 + n) for n in range(40, 60))])
    old = tpm.set_axis([*(f"OLD{n}" for n in range(30)), *(f"alias{n}" for n in range(30, 60))])
    return {
        "columns.csv": csv(tpm.T),
        "ensembl.tsv": csv(ensembl, sep="\t"),
        "affy.txt": csv(entrez, sep="\t"),
        "annotated.csv": csv(annotated),
        "salmon.merged.gene_tpm.tsv": csv(merged, sep="\t", index_label="gene_id"),
        "OmicsExpression.csv": csv(depmap),
        "a.gct": gct,
        "b.gct": gct3,
        "excel.xlsx": workbook.getvalue(),
        "long.csv": csv(long, index=False),
        "comma.csv": comma,
        "mixed.csv": csv(mixed),
        "old.csv": csv(old),
        "utf16.txt": csv(tpm, sep="\t").decode().encode("utf-16"),
        "wide_le.txt": csv(tpm, sep="\t").decode().encode("utf-16-le"),
        "bom.csv": b"\xef\xbb\xbf" + csv(tpm),
        "comments.csv": b"# made by hand\n# twice\n" + csv(tpm),
        "r.txt": b"one\ttwo\n" + csv(tpm, sep="\t", header=False),
        "quoted.csv": csv(tpm, quoting=1),
        "packed.tsv.gz": gzip.compress(csv(tpm, sep="\t")),
        "mac.csv": csv(tpm).replace(b"\n", b"\r"),
        "pipe.txt": csv(tpm, sep="|"),
        "hash.tsv": b"#" + csv(tpm, sep="\t", index_label="gene"),
        "tcga.tsv": csv(tpm.set_axis([f"{s}|{9000 + n}" for n, s in enumerate(SYMBOLS)]), sep="\t"),
    }


LAYOUTS = sorted(layouts(pd.DataFrame(1.5, SYMBOLS, ["one", "two"])))


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_agree(tpm, name):
    profiles = read(layouts(tpm)[name], name)
    assert list(profiles.values.index) == ["one", "two"]
    np.testing.assert_allclose(profiles.values[SYMBOLS].to_numpy(), tpm.T.to_numpy(), rtol=1e-12)
    assert profiles.genes_in_rows == (name not in ("columns.csv", "OmicsExpression.csv"))


def test_files_of_quantifiers_give_tpm_under_the_files_name(tpm):
    one = tpm["one"].to_numpy()
    salmon = pd.DataFrame({"Name": ENSEMBL, "Length": 1000.0, "EffectiveLength": 900.0, "TPM": one, "NumReads": 5})
    rsem = pd.DataFrame(
        {
            "gene_id": ENSEMBL,
            "transcript_id(s)": "x",
            "length": 1.0,
            "effective_length": 1.0,
            "expected_count": 1.0,
            "TPM": one,
            "FPKM": 2.0,
        }
    )
    kallisto = pd.DataFrame({"target_id": ENSEMBL, "length": 1, "eff_length": 1.0, "est_counts": 1.0, "tpm": one})
    for name, frame in {"S1.quant.genes.sf": salmon, "S1.genes.results": rsem, "S1.tsv": kallisto}.items():
        profiles = read(csv(frame, sep="\t", index=False), name)
        assert list(profiles.values.index) == ["S1"] and profiles.verdicts[0].kind == "TPM"
        np.testing.assert_allclose(profiles.values.loc["S1", SYMBOLS], one)
    transcripts = salmon.assign(Name=[f"ENST{n:011d}.1" for n in range(60)])
    with pytest.raises(UserError, match="table of genes"):
        read(csv(transcripts, sep="\t", index=False), "quant.sf")


def test_feature_counts_are_divided_by_their_lengths(tpm):
    lengths = np.arange(500, 560)
    counts = pd.DataFrame(
        {
            "Geneid": ENSEMBL,
            "Chr": "1",
            "Start": 1,
            "End": 2,
            "Strand": "+",
            "Length": lengths,
            "bams/S1.bam": np.arange(60) * 10,
        }
    )
    profiles = read(b"# Program:featureCounts v2\n" + csv(counts, sep="\t", index=False), "counts.txt")
    rate = np.arange(60) * 10 / lengths
    np.testing.assert_allclose(profiles.values.loc["S1", SYMBOLS], rate / rate.sum() * 1e6)
    assert profiles.verdicts[0].kind == "TPM"


def test_reads_per_gene_without_a_header_and_with_statistics():
    rows = [f"{label}\t{n + 1}" for n, label in enumerate(ENSEMBL)] + ["__no_feature\t5", "__ambiguous\t7"]
    profiles = read("\n".join(rows).encode(), "htseq.txt")
    assert profiles.values.loc["htseq", "GENE0"] == 1 and len(profiles.values.columns) == 60
    assert any("2 rows of read statistics" in note for note in profiles.notes)


def test_a_long_table_with_two_kinds_of_numbers_asks(tpm):
    long = tpm.rename_axis("gene_symbol").reset_index().melt("gene_symbol", var_name="model_id", value_name="fpkm")
    long["read_count"] = np.random.default_rng(1).integers(0, 900, len(long))
    with pytest.raises(ChoiceNeededError) as asked:
        read(csv(long, index=False))
    assert set(asked.value.choices) == {"fpkm", "read_count"}
    np.testing.assert_allclose(read(csv(long, index=False), value="fpkm").values[SYMBOLS], tpm.T)
    with pytest.raises(UserError, match="no column"):
        read(csv(long, index=False), value="tpm")


def test_duplicates_are_the_users_choice(tpm):
    twice = pd.concat([tpm, tpm.iloc[:3] * 0.5])
    expected = {"highest": 1.0, "mean": 0.75, "sum": 1.5}
    for rule, factor in expected.items():
        values = read(csv(twice), duplicates=rule).values
        np.testing.assert_allclose(values[SYMBOLS[:3]], tpm.T[SYMBOLS[:3]] * factor)
        np.testing.assert_allclose(values[SYMBOLS[3:]], tpm.T[SYMBOLS[3:]])


def test_what_was_replaced_asked_and_lost_is_listed(tpm):
    labels = ["OLD0", *SYMBOLS[1:57], "1-Mar", "LOST1", "LOST2"]
    profiles = read(csv(tpm.set_axis(labels)))
    assert profiles.resolution.replaced == {"OLD0": "GENE0"}
    assert profiles.resolution.unmapped == ("1-Mar", "LOST1", "LOST2")
    assert profiles.resolution.asked == {"1-Mar": ("MARCHF1", "MTARC1")}


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([f"ENSMUSG{n:011d}" for n in range(60)], "mouse"),
        ([f"Trp{n}a" for n in range(60)], "mouse"),
        ([f"thing_{n}" for n in range(60)], "human genes"),
        ([f"FBgn{n:07d}" for n in range(60)], "fruit fly"),
    ],
)
def test_what_is_not_human_is_named(tpm, labels, says):
    with pytest.raises(UserError, match=says):
        read(csv(tpm.set_axis(labels)))


def test_ids_that_need_a_table_say_how_to_get_it(tpm):
    with pytest.raises(UserError, match="are human genes"):
        read_profiles(csv(tpm.set_axis(ENSEMBL)), "x.csv", set(SYMBOLS))


def test_a_workbook_without_sizes_at_its_head_is_read(tpm):
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    notes, sheet = book.create_sheet("notes"), book.create_sheet("tpm")
    notes.append(["made by a pipeline"])
    notes.append(["twice"])
    sheet.append(["gene", *tpm.columns])
    for gene, row in zip(tpm.index, tpm.to_numpy(), strict=True):
        sheet.append([gene, *map(float, row)])
    content = io.BytesIO()
    book.save(content)
    np.testing.assert_allclose(read(content.getvalue(), "streamed.xlsx").values[SYMBOLS], tpm.T)
    with pytest.raises(UserError, match="limit for workbooks"):
        read_profiles(content.getvalue(), "x.xlsx", set(SYMBOLS), limit=SizeLimit(10**9, 10**9, workbook_cells=20))


def test_cells_are_counted_before_parsing(tpm):
    with pytest.raises(UserError, match="limit is 50 cells"):
        read_profiles(csv(tpm), "x.csv", set(SYMBOLS), limit=SizeLimit(10**9, 10**9, cells=50))


def test_bars_within_labels_are_no_delimiter(tpm):
    labelled = tpm.set_axis([f"ENSG{n:011d}|x|y|z|" for n in range(60)])
    np.testing.assert_allclose(read(csv(labelled, sep="\t"), "x.tsv").values[SYMBOLS], tpm.T)


def test_a_comment_that_splits_like_the_table_is_no_header(tpm):
    content = b"# made by hand, twice, unit unknown\ngene,one,two\n" + csv(tpm, header=False)
    assert list(read(content).values.index) == ["one", "two"]


def test_numbers_in_other_habits_beyond_the_first_lines(tpm):
    big = pd.concat([tpm] * 1)
    big.iloc[40:, 0] *= 1000
    english = big.map(lambda value: f"{value:,.2f}")
    german = english.map(lambda text: text.replace(",", "x").replace(".", ",").replace("x", "."))
    expected = english.map(lambda text: float(text.replace(",", "")))
    np.testing.assert_allclose(read(csv(english)).values[SYMBOLS], expected.T)
    np.testing.assert_allclose(read(csv(german, sep=";")).values[SYMBOLS], expected.T)
    np.testing.assert_allclose(read(b"sep=;\n" + csv(tpm, sep=";")).values[SYMBOLS], tpm.T)


def test_tables_as_r_writes_them_by_default_and_with_empty_columns(tpm):
    quoted = '"one" "two"\n' + "\n".join(f'"{gene}" {a} {b}' for gene, a, b in tpm.itertuples())
    np.testing.assert_allclose(read(quoted.encode(), "r.txt").values[SYMBOLS], tpm.T)
    trailing = "\n".join(line + ",," for line in csv(tpm).decode().splitlines())
    np.testing.assert_allclose(read(trailing.encode()).values[SYMBOLS], tpm.T)


def test_titles_that_are_numbers_are_titles_and_short_headers_are_refused(tpm):
    numbered = tpm.set_axis(["1001", "1002"], axis=1)
    assert list(read(csv(numbered, index_label="gene")).values.index) == ["1001", "1002"]
    with pytest.raises(UserError, match="neighbour's title"):
        read(b"gene,one\n" + csv(tpm, header=False))


def test_columns_that_are_no_samples_are_left_out_with_a_note(tpm):
    more = tpm.assign(constant=3.0, gene_start=range(60))
    profiles = read(csv(more))
    assert list(profiles.values.index) == ["one", "two"] and any("constant" in note for note in profiles.notes)


def test_rows_that_are_no_genes_do_not_decide_the_unit():
    random = np.random.default_rng(0)
    log = pd.DataFrame(
        np.log2(random.lognormal(1, 2, (300, 2)) * (random.random((300, 2)) > 0.2) + 1),
        [f"GENE{n}" for n in range(300)],
        ["a", "b"],
    )
    with_rows = pd.concat(
        [log, pd.DataFrame({"a": [log["a"].sum(), 63.0], "b": [log["b"].sum(), 70.0]}, ["Total", "age"])]
    )
    known = set(log.index)
    plain, found = (read_profiles(csv(frame), "x.csv", known) for frame in (log, with_rows))
    assert [verdict.kind for verdict in found.verdicts] == [verdict.kind for verdict in plain.verdicts]


def test_a_column_called_as_a_gene_in_other_capitals_is_none_beside_the_gene(tpm):
    names = GeneNames(approved=frozenset([*SYMBOLS, "SET"]), aliases={"SET": "SET", "NAN": "GENE3"})
    frame = pd.concat([tpm, pd.DataFrame({"one": [7.0, 9.0], "two": [7.0, 9.0]}, ["SET", "set"])])
    found = read_profiles(csv(frame), "x.csv", set(SYMBOLS), names)
    assert found.values.loc["one", "SET"] == 7.0 and "set" in found.resolution.unmapped
    assert names.approved_symbol("NAN") == "GENE3"
    blank = read_profiles(csv(tpm.rename(index={"GENE3": "nan"})), "x.csv", set(SYMBOLS), names)
    assert "GENE3" not in blank.values


@pytest.mark.parametrize("names", [["first", "second"], ["forward", "reverse"], ["status", "quality"]])
def test_samples_called_like_a_strand_or_a_flag_keep_their_names(tpm, names):
    assert read(csv(tpm.set_axis(names, axis=1))).samples == names


def test_a_last_gene_without_a_value_shifts_no_name_where_the_samples_have_no_title(tpm):
    turned = tpm.T.assign(GENE59=np.nan)
    lines = csv(turned).decode().splitlines()
    found = read("\n".join([lines[0].removeprefix(","), *lines[1:]]).encode()).values
    kept = SYMBOLS[:59]
    np.testing.assert_allclose(found[kept], turned[kept])


def test_genes_without_a_value_in_the_first_rows_are_no_titles(tpm):
    rows = "\n".join(f"{gene},," for gene in SYMBOLS[:3]) + "\n"
    body = csv(tpm.iloc[3:]).decode().split("\n", 1)[1]
    found = read((rows + body).encode()).values
    np.testing.assert_allclose(found[SYMBOLS[3:]], tpm.T[SYMBOLS[3:]])


@pytest.mark.parametrize("sep", ["\t", ",", "|"])
def test_a_short_header_of_one_sample_above_row_numbers_keeps_its_name(tpm, sep):
    rows = "".join(f"{n}{sep}{gene}{sep}{value:.4f}\n" for n, (gene, value) in enumerate(tpm["one"].items()))
    profiles = read(f"{sep}KP4\n{rows}".encode())
    assert profiles.samples == ["KP4"]
    assert list(profiles.values.columns) == SYMBOLS


@pytest.mark.parametrize("title", ["Table of our samples", "Made 2024-05-01 by us", "Some three words"])
def test_a_title_of_words_above_samples_called_by_numbers_is_none_of_them(tpm, title):
    table = tpm.assign(three=2 * tpm["one"]).set_axis(["1", "3", "8"], axis=1)
    rows = table.to_string(header=False)
    profiles = read(f"{title}\n    symbol   1   3   8\n{rows}\n".encode(), "x.txt")
    assert profiles.samples == ["1", "3", "8"]
    assert np.allclose(profiles.values.loc["8"], 2 * tpm["one"])


def test_first_genes_without_values_behind_row_numbers_are_data(tpm):
    table = tpm.assign(three=1.0, four=2.0).mask(tpm.assign(three=1.0, four=2.0) == 0)
    table.iloc[:2] = np.nan
    table.iloc[1, 2] = 4.0
    table.insert(0, "gene", [f"HGNC:{n + 1}" for n in range(60)])
    hgnc = GeneNames.from_hgnc(HGNC.assign(hgnc_id=[f"HGNC:{n + 1}" for n in range(60)]), "test")
    content = csv(table.reset_index(drop=True), header=False)
    profiles = read_profiles(content, "x.csv", set(SYMBOLS), hgnc, ReadOptions())
    assert list(profiles.values.columns) == SYMBOLS
    assert profiles.values["GENE1"].notna().sum() == 1


def test_the_first_gene_of_a_table_without_sample_names_keeps_its_values(tpm):
    tpm.iloc[0] = [41.0868, 0]
    tpm["three"] = np.r_[7.0, tpm["two"].to_numpy()[1:]]
    lines = [";".join(SYMBOLS)] + [
        ";".join("n.d." if column == "two" and n == 0 else f"{v:g}".replace(".", ",") for n, v in enumerate(values))
        for column, values in tpm.items()
    ]
    profiles = read("\n".join(lines).encode())
    assert list(profiles.values.columns) == SYMBOLS
    assert np.allclose(profiles.values.iloc[[0, 2]], tpm[["one", "three"]].T, rtol=1e-5)
    assert np.isnan(profiles.values.iloc[1, 0])


def test_no_gene_gives_a_single_sample_its_name(tpm):
    ids = [f"HGNC:{n + 1}" for n in range(60)]
    hgnc = GeneNames.from_hgnc(HGNC.assign(hgnc_id=ids), "test")
    table = tpm[["one"]].set_axis(ids).set_axis(["1"], axis=1).T
    profiles = read_profiles(csv(table, index_label="Run"), "x.csv", set(SYMBOLS), hgnc, ReadOptions())
    assert profiles.samples == ["1"]
    assert len(profiles.values.columns) == 60


@pytest.mark.parametrize(("mark", "sep"), [(".", ";"), (",", "\t")])
@pytest.mark.parametrize("word", ["", "n.d."])
def test_counts_with_marks_between_thousands_beside_few_small_ones(mark, sep, word):
    counts = np.r_[
        1_000 + np.random.default_rng(1).lognormal(8, 1.5, 200).astype(int), range(100, 112), np.zeros(48, int)
    ]
    cells = [f"{count:,}".replace(",", mark) for count in counts]
    cells[-1] = word or "0"
    genes = [f"GENE{n}" for n in range(len(cells))]
    rows = "\n".join(f"{gene}{sep}{cell}" for gene, cell in zip(genes, cells, strict=True))
    profiles = read_profiles(f"gene{sep}KP4\n{rows}\n".encode(), "counts.txt", set(genes), GeneNames(), ReadOptions())
    assert np.allclose(profiles.values.iloc[0, :259], counts[:259])


def test_a_header_of_ids_over_genes_that_nobody_measured_is_no_sample(tpm):
    entrez = [str(9000 + n) for n in range(60)]
    table = tpm.T.set_axis(entrez, axis=1).set_axis(["4", "5"])
    table.iloc[:, 3] = np.nan
    table = table.rename_axis("Sample Name").reset_index()
    table.insert(0, "", [1, 2])
    assert read(csv(table, index=False)).samples == ["4", "5"]


def test_a_short_header_that_begins_with_a_sheets_column_shifts_no_gene(tpm):
    table = tpm.T.assign(GENE59=np.nan)
    table.insert(0, "lineage", ["skin", "lung"])
    head, rest = csv(table).decode().split("\n", 1)
    found = read(f"{head.removeprefix(',')}\n{rest}".encode())
    assert found.samples == ["one", "two"]
    np.testing.assert_allclose(found.values[SYMBOLS[:59]], tpm.T[SYMBOLS[:59]])


def test_blanks_in_names_are_no_delimiter_where_tabs_end_the_rows_but_not_the_header(tpm):
    rows = "".join(
        f"{n}\t{gene}\tDisc 2 O'Neil {1 + n % 2}\t{value}\t\n" for n, (gene, value) in enumerate(tpm["one"].items(), 1)
    )
    rows += "".join(
        f"{n}\t{gene}\tDisc 2 O'Neil {2 - n % 2}\t{value}\t\n" for n, (gene, value) in enumerate(tpm["two"].items(), 1)
    )
    assert sorted(read(f"No.\tGene Symbol\t.sample\tvalue\n{rows}".encode(), "x.tsv").samples) == [
        "Disc 2 O'Neil 1",
        "Disc 2 O'Neil 2",
    ]


def test_a_sample_called_as_a_gene_was_once_shifts_no_gene_under_a_short_header(tpm):
    table = tpm.T.assign(GENE59=np.nan).set_axis(["ALIAS7", "KP4"])
    found = read(csv(table).decode().removeprefix(",").encode())
    assert found.samples == ["ALIAS7", "KP4"]
    np.testing.assert_allclose(found.values[SYMBOLS[:59]], tpm.T[SYMBOLS[:59]])
