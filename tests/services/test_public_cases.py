"""Public trouble with files (the cases beside the real data): right values, one question, or one sentence."""

import numpy as np
import pytest

from leap_core.errors import UserError
from leap_core.io.reference import shipped_gene_names
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.sample.profiles import ReadOptions
from leap_core.services.reading import read_files

TP53 = {"P1": 6.530, "P2": 5.919, "P3": 3.025}
THREE, TWO = ["P1", "P2", "P3"], ["P1", "P2"]
# Samples that are expected, in order; the values are those of P1, P2 and P3.
TPM = {
    "c01_gdc_star.tsv": ["c01_gdc_star"],
    "c05_full_header_ensg.csv": ["ACH-900000", "ACH-900001", "ACH-900002"],
    "c06_pandas_index.csv": THREE,
    "c06b_R_X_index.csv": THREE,
    "c06c_readr_index.csv": THREE,
    "c07_tissue.gct": ["GTEX-1-0001", "GTEX-1-0002"],
    "c08_trailing_tab.tsv": THREE,
    "c08b_trailing_tab_gene.tsv": THREE,
    "c08c_trailing_comma_both.csv": THREE,
    "c09_numeric_names.csv": ["3", "1", "2"],
    "c13_biomart_cols.csv": TWO,
    "c14_gene_abund_mstrg.tab": ["c14_gene_abund_mstrg"],
    "c15_fc_extra.txt": ["P1.sorted", "P2.sorted"],
    "c15b_fc_ncbi.txt": ["P1.sorted", "P2.sorted"],
    "c17_title_line.csv": THREE,
    "c17b_title_line_short.csv": THREE,
    "c18_log2_inf.csv": THREE,
    "c18b_log2_blank.csv": THREE,
    "c22c_text_commas.xlsx": TWO,
    "c24_two_species.csv": THREE,
    "c25_xena_fpkmuq.tsv.gz": THREE,
    "c27_french.csv": TWO,
    "c27c_swiss.csv": TWO,
    "c27d_german_one_dash.csv": THREE,
    "c27e_german_nd.csv": THREE,
    "c28b_one_sample_sheet_columns.csv": ["P1"],
    "c33_two_header_lines.csv": THREE,
    "c34_par_y.tsv": THREE,
    "c37_mac_bom.csv": TWO,
    "c37b_mixed_ends.csv": TWO,
    "c39_lower.csv": TWO,
    "c40_toil_sample_header.tsv": THREE,
    "c41_cbio.txt": THREE,
    "c41b_entrez_blank.txt": THREE,
    "c44_gap_words.csv": THREE,
    "c45a_length_title.csv": TWO,
    "c45b_length_title.csv": TWO,
    "c45c_length_title.csv": TWO,
    "c45e_length_title.csv": TWO,
    "c45f_length_title.csv": TWO,
    "c46_wide_metadata_rows.csv": ["SIDM90001", "SIDM90002", "SIDM90003"],
    "c46b_wide_metadata_rows4.csv": ["SIDM90001", "SIDM90002", "SIDM90003"],
    "c48_hgnc_ids.csv": THREE,
    "c49_aligned.txt": TWO,
    "c50_atlas_tpms.tsv": ["leukemia, L-1", "carcinoma, L-2"],
    "c51_R_mangled_depmap.csv": THREE,
    "c51b_R_mangled_symbols.csv": THREE,
    "c53_make_unique.csv": TWO,
    "c55_one_row_no_label.csv": ["c55_one_row_no_label"],
    "c57_portal_custom.csv": THREE,
    "c59_lone_quotes.tsv": TWO,
    "c59c_inches.tsv": TWO,
    "c64_write_table_default.txt": TWO,
    "c66b_R_rownames_and_symbol.tsv": TWO,
    "c68_asinh_tpm.csv": THREE,
    "c70_log2_zero_as_zero.csv": THREE,
    "c80_human_mouse_symbols.csv": THREE,
    "c81_human_mouse_ensembl.csv": THREE,
}
COUNTS = {
    "c02_lineX_ReadsPerGene.out.tab": ["c02_lineX"],
    "c10_lineX_htseq_named.txt": ["c10_lineX_htseq_named"],
    "c27g_counts_commas.csv": TWO,
    "c31_recount3.tsv.gz": THREE,
    "c52_line1.counts.txt": ["c52_line1"],
    "c56_prepDE_gene_count_matrix.csv": TWO,
    "c72_counts_blank_for_zero.csv": THREE,
}
ASKED = {"c03_hpa_long.tsv": ("value", "TPM"), "c22_two_sheets.xlsx": ("sheet", "TPM")}
REFUSED = {
    "c19_affy_probes.tsv": "probe sets of a microarray",
    "c35_deseq_with_counts.csv": "statistics",
    "c61_transcript_names.tsv": "transcripts",
    "c63_formulas.xlsx": "formulas without stored results",
    "c67_percentile_ranks.csv": "No unit of RNA expression",
    "c76_concatenated.tsv": "no column tells these rows apart",
}


@pytest.fixture(scope="module")
def names():
    return shipped_gene_names()


@pytest.fixture
def cases(real_data):
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not beside the real data")
    return folder


def read(path, names, **options):
    return read_files([(path.name, path)], names, options=ReadOptions(**options))


@pytest.mark.parametrize("name", sorted(TPM))
def test_values_and_names_are_right(cases, names, name):
    found = read(cases / name, names)
    assert found.question is None and not found.refused, (found.question, found.refused)
    assert list(found.table.index) == TPM[name] and set(found.units) == {"log2(TPM+1)"}
    expected = [TP53[f"P{number}"] for number in range(1, len(TPM[name]) + 1)]
    np.testing.assert_allclose(found.table["TP53"], expected, atol=0.006)
    if "TSTD1" in found.table:
        # Off in P1.
        assert found.table["TSTD1"].iloc[0] == 0


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_are_told_and_keep_their_zeros(cases, names, name):
    found = read(cases / name, names)
    assert list(found.table.index) == COUNTS[name] and set(found.units) == {"log2(CPM+1)"}
    assert set(found.read_as) == {"counts"} and 4 < found.table["TP53"].iloc[0] < 8
    assert found.table["TSTD1"].iloc[0] == 0


@pytest.mark.parametrize("name", sorted(ASKED))
def test_what_only_the_user_knows_is_asked_and_the_answer_is_right(cases, names, name):
    option, answer = ASKED[name]
    asked = read(cases / name, names).question
    assert asked is not None and asked.option == option and answer in asked.choices
    assert not read(cases / name, names, **{option: answer}).table.empty


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_read_is_refused_in_one_sentence(cases, names, name):
    found = read(cases / name, names)
    assert found.table.empty and len(found.refused) == 1 and REFUSED[name] in found.refused[0][1]


@pytest.mark.parametrize("letter", list("abefgijk"))
def test_dates_that_excel_made_are_the_genes_they_were(cases, names, letter):
    (path,) = cases.glob(f"c23{letter}_*.csv")
    table = read(path, names).table
    np.testing.assert_allclose(np.exp2(table.loc["P1", ["SEPTIN2", "MARCHF6"]].to_numpy()) - 1, [101.5, 105.5])


def test_columns_of_a_sample_sheet_never_replace_genes(cases, names):
    table = read(cases / "c28b_one_sample_sheet_columns.csv", names).table
    np.testing.assert_allclose(table.loc["P1", ["RIT2", "ERBB2", "EREG"]], [0.0, 5.076, 0.175], atol=1e-3)
    assert "TBXT" not in table


TRAINING = {
    "t01_D2_combined_gene_dep_scores.csv": ("t_Model_full.csv", None, (80, 40)),
    "t02_binaryDepScores.tsv": ("t_Model_full.csv", None, (80, 40)),
    "t10_long_response.csv": ("t_Model.csv", "ln_ic50", (80, 30)),
    "t17_secondary_long.csv": ("t_Model_full.csv", "AUC", (37, 12)),
    "t05_Repurposing_Public_24Q2_Extended_Primary_Data_Matrix.csv": ("t_Model.csv", "AUC", (80, 30)),
    "t_CRISPRGeneEffect.csv": ("t06_sample_info.csv", None, (80, 40)),
}


@pytest.mark.parametrize("name", sorted(TRAINING))
def test_screens_of_other_layouts_become_the_panel_that_they_are(cases, name):
    lines, score, shape = TRAINING[name]
    panel = read_panel(PanelSources(cases / "t_expression.csv", cases / name, cases / lines, score))
    assert panel.response.shape == shape and panel.lines["lineage"].nunique() > 5
    plain = read_panel(
        PanelSources(cases / "t_expression.csv", cases / "t_CRISPRGeneEffect.csv", cases / "t_Model.csv")
    )
    assert list(panel.expression.columns) == list(plain.expression.columns)
    assert set(panel.response.index) <= set(plain.response.index)


def test_a_panel_is_read_under_its_genes_symbols_and_what_cannot_be_read_says_why(cases):
    response, lines = cases / "t_CRISPRGeneEffect.csv", cases / "t_Model.csv"
    panel = read_panel(PanelSources(cases / "t08_expression_full_ensg.csv", response, lines))
    assert "SPARC" in panel.expression and any("Ensembl" in note for note in panel.report.notes)
    corrected = "t12_OmicsExpressionProteinCodingGenesTPMLogp1BatchCorrected.csv"
    batches = read_panel(PanelSources(cases / corrected, response, lines))
    assert batches.expression.min().min() == 0 and any("below zero" in note for note in batches.report.notes)
    turned = read_panel(
        PanelSources(cases / "t_expression.csv", response, lines, further=(cases / "m03_more_genes_rows.csv",))
    )
    assert any("30 lines of m03_more_genes_rows.csv joined" in note for note in turned.report.notes)
    for expression, screen, says in (
        ("t13_OmicsExpressionProfile.csv", response.name, "ids of profiles"),
        ("t_expression.csv", "t16_website_ic50.csv", "Give the matrix"),
        ("t_expression.csv", "t17_secondary_long.csv", "--score"),
    ):
        with pytest.raises(UserError, match=says):
            read_panel(PanelSources(cases / expression, cases / screen, cases / "t_Model_full.csv"))
