"""What stands beside the samples in other people's tables is told by what it is, and no sample is lost for it."""

import datetime
import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

from leap_core.io.reference import shipped_gene_names
from leap_core.services.reading import read_files

_RANDOM = np.random.default_rng(5)
GENES = sorted(shipped_gene_names().ensembl.values())[:3000]
LENGTHS = np.round(np.exp(_RANDOM.normal(7.6, 0.7, len(GENES))))
START = _RANDOM.integers(10_000, 200_000_000, len(GENES))
RATE = np.where(_RANDOM.random((3, len(GENES))) < 0.3, 0.0, np.exp(_RANDOM.normal(2.0, 1.6, (3, len(GENES)))))
TPM = RATE / RATE.sum(axis=1, keepdims=True) * 1e6
COUNTS = np.round(TPM * LENGTHS / 2000.0).astype(int)
CPM = COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e6
OF_COUNTS = COUNTS / LENGTHS / (COUNTS / LENGTHS).sum(axis=1, keepdims=True) * 1e6


def written(columns):
    return pd.DataFrame(columns).to_csv(index=False).encode()


def read(content, name="x.csv"):
    """Samples x genes in log2(unit + 1), and the notes."""
    found = read_files([(name, content)], shipped_gene_names())
    assert not found.refused and found.question is None, (found.refused, found.question)
    return found.table, " ".join(found.notes)


def holds(table, expected, names=("A1", "B1")):
    assert list(table.index) == list(names)
    np.testing.assert_allclose(table[GENES].to_numpy(), np.log2(np.asarray(expected) + 1), atol=2e-3)


@pytest.mark.parametrize(
    "beside",
    [
        {"Gene start (bp)": START},
        {"Gene end (bp)": START},
        {"Gene start (bp)": START, "Gene end (bp)": START + 5000},
        {"txStart": START, "txEnd": START + 5000},
        {"Start": START, "Stop": START + 5000},
    ],
)
def test_coordinates_are_no_lengths(beside):
    table, notes = read(written({"gene": GENES, **beside, "A1": COUNTS[0], "B1": COUNTS[1]}))
    holds(table, CPM[:2])
    assert all(title in notes for title in beside)


@pytest.mark.parametrize(("title", "unit"), [("length_kb", 1000.0), ("Length (kb)", 1000.0), ("Length", 1.0)])
def test_lengths_in_any_unit_make_tpm_of_counts(title, unit):
    table, _ = read(written({"gene": GENES, title: LENGTHS / unit, "A1": COUNTS[0], "B1": COUNTS[1]}))
    holds(table, OF_COUNTS[:2])


def test_columns_of_coordinates_do_not_make_samples_of_quantities():
    shared = {"gene": GENES, "Chr": "chr1", "Start": START, "Stop": START + 5000, "GeneLen": LENGTHS.astype(int)}
    counts = {"Count_A": COUNTS[0], "Count_B": COUNTS[1]}
    table, _ = read(written({**shared, **counts, "TPM_A": TPM[0].round(4), "TPM_B": TPM[1].round(4)}))
    holds(table, TPM[:2], ("A", "B"))


def test_workbenchs_exports_of_one_and_several_samples():
    several = {
        f"{name} (GE) - {what}": values[row]
        for row, name in enumerate(("HeLa", "U2OS"))
        for what, values in (("TPM", TPM.round(4)), ("Total counts", COUNTS))
    }
    holds(read(written({"Name": GENES, **several}))[0], TPM[:2], ("HeLa (GE)", "U2OS (GE)"))
    one = {
        "Name": GENES,
        "Expression value": TPM[0].round(4),
        "Gene length": LENGTHS.astype(int),
        "Unique gene reads": COUNTS[0] // 2,
        "Total gene reads": COUNTS[0],
        "RPKM": (0.8 * TPM[0]).round(4),
        "TPM": TPM[0].round(4),
        "CPM": CPM[0].round(4),
    }
    holds(read(written(one), "line.csv")[0], TPM[:1], ("line",))


@pytest.mark.parametrize("values", [TPM.round(3), COUNTS])
@pytest.mark.parametrize("title", ["Gene", "symbol"])
def test_genes_may_stand_behind_their_samples(values, title):
    table, notes = read(written({"L1": values[0], "L2": values[1], "L3": values[2], title: GENES, "note": "words"}))
    holds(table, values if values is not COUNTS else CPM, ("L1", "L2", "L3"))
    assert "note" in notes


@pytest.mark.parametrize(
    ("title", "of"),
    [
        ("Average", lambda x: x.mean(0)),
        ("Mittelwert", lambda x: x.mean(0)),
        ("mean_tpm", lambda x: x.mean(0)),
        ("Median", lambda x: np.median(x, 0)),
        ("Total", lambda x: x.sum(0)),
        ("Max", lambda x: x.max(0)),
        ("Min", lambda x: x.min(0)),
        ("SD", lambda x: x.std(0, ddof=1)),
        ("StDev", lambda x: x.std(0)),
    ],
)
def test_what_summarises_the_samples_is_none(title, of):
    samples = {f"L{row}": values for row, values in enumerate(TPM.round(3), start=1)}
    table, notes = read(written({"gene": GENES, title: of(TPM).round(3), **samples}))
    holds(table, TPM, ("L1", "L2", "L3"))
    assert title in notes


@pytest.mark.parametrize("title", ["Total", "max", "mean"])
def test_a_sample_may_be_called_as_a_summary_is(title):
    # A replicate, and much like the others.
    alike = (TPM[0] * np.exp(_RANDOM.normal(0.0, 0.1, len(GENES)))).round(3)
    other = (TPM[0] * np.exp(_RANDOM.normal(0.0, 0.1, len(GENES)))).round(3)
    table, _ = read(written({"gene": GENES, "L1": TPM[0].round(3), "L2": other, title: alike}))
    assert list(table.index) == ["L1", "L2", title]


@pytest.mark.parametrize("title", ["hgnc_id", "HGNC", "HGNC ID"])
def test_numbers_under_hgncs_title_are_hgncs(title):
    ids = {symbol: number for number, symbol in shipped_gene_names().hgnc.items()}
    numbers = [ids[gene].removeprefix("HGNC:") for gene in GENES]
    holds(read(written({title: numbers, "A1": TPM[0].round(3), "B1": TPM[1].round(3)}))[0], TPM[:2])


def test_controls_of_a_chip_are_no_genes():
    labels = [*GENES[:-3], "POS_A(128)", "POS_B(32)", "NEG_A(0)"]
    table, _ = read(written({"gene": labels, "A1": COUNTS[0], "B1": COUNTS[1]}))
    assert set(table.columns) == set(GENES[:-3])


def test_samples_with_names_like_a_mouses_genes_do_not_make_a_mouse_of_unreadable_rows():
    labels = [f"NM_{number:06d}x" for number in range(200)]
    content = written({"id": labels, "Ctrl1": TPM[0, :200], "Ctrl2": TPM[1, :200], "Mut1": TPM[2, :200]})
    ((_, why),) = read_files([("x.csv", content)], shipped_gene_names()).refused
    assert "NM_000000x" in why and "mouse" not in why


@pytest.mark.parametrize("title", ["raw_{}", "{}_raw", "{}.counts"])
@pytest.mark.parametrize("other", ["norm_{}", "{}_normalized", "{} norm"])
def test_reads_and_what_was_made_of_them_are_one_sample(title, other):
    normalised = {other.format(name): row * 0.7 for name, row in zip(("A1", "B1"), CPM, strict=False)}
    reads = {title.format(name): row for name, row in zip(("A1", "B1"), COUNTS, strict=False)}
    table, notes = read(written({"gene": GENES, **reads, **normalised}))
    holds(table, CPM[:2])
    assert other.format("A1") in notes


@pytest.mark.parametrize("first", ["group,control,control,treated,treated", ",control,,treated,"])
def test_groups_above_the_names_of_samples_are_no_names(first):
    content = written({"gene": GENES, **{f"S{row}": TPM[row % 3].round(3) for row in range(4)}})
    table, notes = read(first.encode() + b"\n" + content)
    holds(table, TPM[[0, 1, 2, 0]], ("S0", "S1", "S2", "S3"))
    assert "control" in notes


def test_two_samples_of_one_group_keep_their_names():
    content = written({"gene": GENES, "S0": TPM[0].round(3), "S1": TPM[1].round(3)})
    holds(read(b"group,control,control\n" + content)[0], TPM[:2], ("S0", "S1"))


def test_groups_below_the_names_of_samples_are_left_out():
    first, rest = written({"gene": GENES, "S0": TPM[0].round(3), "S1": TPM[1].round(3)}).split(b"\n", 1)
    table, notes = read(first + b"\ngroup,control,control\n" + rest)
    holds(table, TPM[:2], ("S0", "S1"))
    assert "rows of text" in notes


def test_thousands_may_be_told_apart_by_underscores():
    columns = {name: [f"{value:_}" for value in row] for name, row in zip(("A1", "B1"), COUNTS * 9, strict=False)}
    holds(read(written({"gene": GENES, **columns}))[0], CPM[:2])


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252", "utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["Zürich", "Orléans 2", "Göttingen", "Málaga"])
def test_accents_are_read_in_any_encoding(name, encoding):
    content = written({"gene": GENES, name: TPM[0].round(3)}).decode().encode(encoding)
    assert list(read(content)[0].index) == [name]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "web page"),
        (b'{"TP53": [1, 2]}', "JSON"),
        (b'[{"gene": "TP53"}]', "JSON"),
    ],
)
def test_what_a_download_gave_instead_of_a_table_is_named(content, why):
    ((_, said),) = read_files([("x.csv", content)], shipped_gene_names()).refused
    assert why in said


ENSEMBL = {symbol: number for number, symbol in shipped_gene_names().ensembl.items()}


def test_a_bar_between_two_names_of_a_gene_separates_no_columns():
    labels = [f"{gene}|{ENSEMBL[gene]}" for gene in GENES]
    content = pd.DataFrame({"gene": labels, "A1": TPM[0].round(3), "B1": TPM[1].round(3)}).to_string(index=False)
    holds(read(b"Expression of cell lines\n" + content.encode(), "x.txt")[0], TPM[:2])


def test_commas_between_quoted_labels_with_blanks_and_counts_are_no_decimal_ones():
    rows = [f'"{gene} ({ENSEMBL[gene]})",{count}' for gene, count in zip(GENES, COUNTS[0], strict=True)]
    holds(read("\n".join(['"ID","A1"', *rows]).encode())[0], CPM[:1], ["A1"])


@pytest.mark.parametrize("columns", [1, 2])
def test_a_sentence_with_a_comma_is_a_comment(columns):
    samples = {f"{905951 + column}": TPM[column].round(3) for column in range(columns)}
    content = b"# made with the pipeline, version 1.3\n" * columns + written({"rownames": GENES, **samples})
    holds(read(content)[0], TPM[:columns], list(samples))


def test_ids_beside_samples_called_by_numbers_keep_their_title():
    entrez = {symbol: number for number, symbol in shipped_gene_names().entrez.items()}
    places = [place for place, gene in enumerate(GENES) if gene in entrez]
    ids, tpm = [entrez[GENES[place]] for place in places], TPM[:2, places].round(3)
    table, _ = read(written({"...1": range(len(ids)), "V1": ids, "4": tpm[0], "2": tpm[1]}))
    assert list(table.index) == ["4", "2"] and table.shape[1] == len(places)
    np.testing.assert_allclose(table[[GENES[place] for place in places]], np.log2(tpm + 1), atol=2e-3)


@pytest.mark.parametrize("names", ["numbers", "the ids once more"])
def test_names_of_rows_without_a_title_stand_before_the_ids(names):
    entrez = {symbol: number for number, symbol in shipped_gene_names().entrez.items()}
    places = [place for place, gene in enumerate(GENES) if gene in entrez]
    rows = [(entrez[GENES[place]], *TPM[:2, place].round(3)) for place in places]
    lines = ["GeneID,A1,B1"] + [
        f"{number if names == 'numbers' else row[0]},{row[0]},{row[1]},{row[2] if row[2] else ''}"
        for number, row in enumerate(rows)
    ]
    table, _ = read("\n".join(lines).encode())
    assert list(table.index) == ["A1", "B1"] and table.shape[1] == len(places)


def test_a_first_gene_without_a_value_is_no_title():
    entrez = {symbol: number for number, symbol in shipped_gene_names().entrez.items()}
    rows = sorted((int(entrez[gene]), place) for place, gene in enumerate(GENES) if gene in entrez)
    lines = [f"1\t{rows[0][0]}\t\t"] + [
        f"{number}\t{identifier}\t{COUNTS[0, place]}\t{COUNTS[1, place]}"
        for number, (identifier, place) in enumerate(rows[1:], start=2)
    ]
    table, notes = read("\n".join(lines).encode(), "x.tsv")
    assert table.shape == (2, len(rows)) and "no header" in notes


def test_a_duration_out_of_range_is_named():
    book = openpyxl.Workbook()
    for row in [("gene", "A1"), *zip(GENES[:300], TPM[0, :300], strict=True)]:
        book.active.append(row)
    book.active["B5"].value, book.active["B5"].number_format = 1e12, "[h]:mm:ss"
    content = io.BytesIO()
    book.save(content)
    ((_, why),) = read_files([("x.xlsx", content.getvalue())], shipped_gene_names()).refused
    assert "date or time that is out of range" in why


def test_rsems_scaled_estimates_are_tpm_over_a_million():
    beside = {"raw_count": COUNTS[0] + 0.25, "scaled_estimate": TPM[0] / 1e6, "transcript_id": "uc001abc.1,uc002"}
    table, notes = read(written({"gene_id": [f"{g}|7" for g in GENES], **beside}), "P1.rsem.genes.results")
    holds(table, TPM[:1], ["P1.rsem"])
    assert "multiplied by a million" in notes


def test_titles_with_blanks_over_columns_aligned_by_blanks():
    rows = "\n".join(f"{g:16s} {a:12.4f} {b:12.4f}" for g, a, b in zip(GENES, *TPM[:2], strict=True))
    table, _ = read(f"Gene                 Line one     Line two\n{rows}\n".encode(), "x.txt")
    holds(table, TPM[:2], ["Line one", "Line two"])


def test_dates_that_name_samples_keep_their_year():
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["gene", datetime.date(2023, 3, 1), datetime.date(2024, 3, 1)])
    for row in zip(GENES, *TPM[:2].tolist(), strict=True):
        book.active.append(list(row))
    book.save(stream)
    holds(read(stream.getvalue(), "x.xlsx")[0], TPM[:2], ["2023-03-01", "2024-03-01"])


def test_columns_over_a_control_keep_their_names():
    on = TPM[2] > 0
    ratio = {f"{name}/ctrl": (TPM[place] * on + 1) / (TPM[2] + 1) for place, name in enumerate(("A1", "B1"))}
    found = read_files([("x.csv", written({"gene": GENES, **ratio}))], shipped_gene_names())
    assert "look like ratios to a control" in found.refused[0][1]
    plain = {f"{name}/ctrl": TPM[place] for place, name in enumerate(("A1", "B1"))}
    holds(read(written({"gene": GENES, **plain}))[0], TPM[:2], ["A1/ctrl", "B1/ctrl"])


@pytest.mark.parametrize("title", ["GeneID", "Entrez_Gene_Id"])
def test_a_header_without_a_title_over_the_labels_may_begin_with_ids(title):
    entrez = {symbol: number for number, symbol in shipped_gene_names().entrez.items()}
    rows = [
        f"{g}\t{entrez.get(g, 9_900_000 + n)}\t{a:.4f}\t{b:.4f}"
        for n, (g, a, b) in enumerate(zip(GENES, *TPM[:2], strict=True))
    ]
    table, _ = read("\n".join([f"{title}\tA1\tB1", *rows]).encode(), "x.txt")
    holds(table, TPM[:2])
    # A title is missing that may be the samples'.
    rows = [f"{g}\t{a}\t{b}\t{a}" for g, a, b in zip(GENES, *COUNTS[:2], strict=True)]
    found = read_files([("x.txt", "\n".join([f"{title}\tA1\tB1", *rows]).encode())], shipped_gene_names())
    assert "every column would stand under its neighbour's title" in found.refused[0][1]


def test_chromosomes_do_not_decide_how_numbers_are_written():
    def shown(value):
        return f"{np.log(value + 1):.3f}".replace(".", ",") if value > 2 else "NA"

    chromosomes = ["X", "Y", *map(str, range(1, 23))]
    rows = [f"{g};{chromosomes[n % 24]};{shown(a)}" for n, (g, a) in enumerate(zip(GENES, TPM[0], strict=True))]
    found = read_files([("ln_tpm_plus1.csv", "\n".join(["gene;chromosome;A1", *rows]).encode())], shipped_gene_names())
    assert not found.refused and 1 < found.table.max(axis=None) < 20


@pytest.mark.parametrize("whole", [True, False])
def test_a_column_with_decimal_commas_beside_others_with_points(whole):
    def shown(values, comma):
        return [f"{v:.3f}".replace(".", ",") if comma(n) else f"{v:.6f}" for n, v in enumerate(values)]

    first = shown(TPM[0], lambda n: whole or n < 400)
    rows = zip(GENES, first, shown(TPM[1], lambda n: False), strict=True)
    table, notes = read("\n".join(["gene;A1;B1", *(";".join(row) for row in rows)]).encode())
    holds(table, [TPM[0].round(3), TPM[1]])
    assert "decimal point in some cells, decimal comma in others" in notes


@pytest.mark.parametrize(
    ("above", "titles"),
    [
        ("", "#ID\tname\tA1\tB1"),
        ("", "#\tgene\tA1\tB1\t"),
        ("Normalised data\tTPM\t2021\thg38\n", "gene\tsymbol\tA1\tB1"),
    ],
)
def test_titles_behind_a_number_sign_or_under_a_line_with_as_many_cells(above, titles):
    rows = [f"{g}\t{g}\t{a:.4f}\t{b:.4f}" for g, a, b in zip(GENES, *TPM[:2], strict=True)]
    table, _ = read(f"{above}{titles}\n{chr(10).join(rows)}\n".encode(), "x.txt")
    holds(table, TPM[:2])


def test_a_cell_that_is_a_quote_alone_joins_no_rows():
    rows = [
        "\t".join([g, '"' if n % 350 == 5 else "text", f"{a:.4f}", f"{b:.4f}"])
        for n, (g, a, b) in enumerate(zip(GENES, *TPM[:2], strict=True))
    ]
    table, _ = read("\n".join(["gene\tdescription\tA1\tB1", *rows]).encode(), "x.txt")
    holds(table, TPM[:2])


@pytest.mark.parametrize("form", ['="{}"', '"=""{}"""'])
def test_cells_that_keep_excel_from_making_dates_are_what_they_hold(form):
    rows = [",".join(map(form.format, (g, f"{a:.4f}", f"{b:.4f}"))) for g, a, b in zip(GENES, *TPM[:2], strict=True)]
    table, _ = read("\n".join([",".join(map(form.format, ("gene", "A1", "B1"))), *rows]).encode())
    holds(table, TPM[:2])


def test_points_between_thousands_stay_that_beside_a_column_of_points():
    def shown(value):
        return f"{value:,.0f}".replace(",", ".") if value >= 1000 else f"{value:.1f}".replace(".", ",")

    rows = [f"{g};{40 + n % 20}.{n % 90 + 10};{shown(a)}" for n, (g, a) in enumerate(zip(GENES, TPM[0], strict=True))]
    found = read_files([("x.csv", "\n".join(["gene;GC;A1", *rows]).encode())], shipped_gene_names())
    highest = GENES[int(TPM[0].argmax())]
    np.testing.assert_allclose(found.table[highest].to_numpy()[-1], np.log2(TPM[0].max() + 1), atol=1e-2)
