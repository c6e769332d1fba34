"""Several files and several samples: put together, averaged, summed.

Orientation, dates and lengths as the user says.
"""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import ChoiceNeededError, FilesRefusedError, SampleError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.tables import SizeLimit
from leap_core.sample.pooling import ALL, CELLS, KEEP, REPLICATES
from leap_core.sample.profiles import ReadOptions, read_profiles
from leap_core.sample.single_cells import look_like_cells
from leap_core.sample.uploads import named_files, read_uploads

GENES = [f"GENE{number}" for number in range(400)]
NAMES = GeneNames(approved=frozenset(GENES), ensembl={f"ENSG{n:011d}": gene for n, gene in enumerate(GENES)})


@pytest.fixture
def tpm():
    random = np.random.default_rng(0)
    values = random.lognormal(2, 2, (400, 4)) * (random.random((400, 4)) > 0.2)
    return pd.DataFrame(values * 1e6 / values.sum(axis=0), GENES, ["WT_rep1", "WT_rep2", "KO_rep1", "HCC-15"])


def csv(frame, **options):
    return frame.to_csv(**options).encode()


def read(*files, pool=KEEP, **options):
    return read_uploads(files, set(GENES), NAMES, ReadOptions(**options), pool)


def test_files_are_put_together_and_samples_of_one_name_told_apart(tpm):
    first, second = tpm[["WT_rep1"]], tpm[["WT_rep1", "HCC-15"]].iloc[:300]
    both = read(("a.csv", csv(first)), ("b.csv", csv(second)))
    assert both.samples == ["WT_rep1 (a.csv)", "WT_rep1 (b.csv)", "HCC-15"]
    np.testing.assert_allclose(both.values.loc["WT_rep1 (a.csv)", GENES], tpm["WT_rep1"])
    assert both.values.loc["HCC-15", GENES[300:]].isna().all() and len(both.verdicts) == 3
    assert any(note.startswith("a.csv: ") for note in both.notes) and any(
        note.startswith("b.csv: ") for note in both.notes
    )


def test_one_bad_file_among_several_blocks_nothing_and_is_named(tpm):
    picture = ("bad.csv", b"\x89PNG" + bytes(99))
    found = read(("a.csv", csv(tpm)), picture)
    assert found.samples == list(tpm.columns) and [name for name, _ in found.refused] == ["bad.csv"]
    assert "PNG" in found.refused[0][1]
    with pytest.raises(FilesRefusedError, match=r"bad\.csv.*PNG.*none\.csv") as error:
        read(picture, ("none.csv", b""))
    assert [name for name, _ in error.value.refused] == ["bad.csv", "none.csv"]


def test_replicates_are_averaged_by_name_and_the_others_kept(tpm):
    for frame in (tpm, np.log2(tpm + 1)):
        averaged = read(("x.csv", csv(frame)), pool=REPLICATES)
        assert averaged.samples == ["WT", "KO_rep1", "HCC-15"]
        unit = averaged.verdicts[0].units[0]
        np.testing.assert_allclose(
            unit.linear(averaged.values.loc["WT", GENES].to_numpy()),
            tpm[["WT_rep1", "WT_rep2"]].mean(axis=1),
            rtol=1e-9,
        )
        assert any("averaged to 3" in note for note in averaged.notes)
    assert read(("x.csv", csv(tpm)), pool=ALL).samples == ["mean of all"]


def test_cells_are_summed(tpm):
    counts = (tpm * 0.01).round().set_axis([f"cell_{n}" for n in range(4)], axis=1)
    profiles = read(("x.csv", csv(counts)), pool=CELLS)
    assert profiles.samples == ["pseudo-bulk"] and not profiles.cells
    np.testing.assert_allclose(profiles.values.loc["pseudo-bulk", GENES], counts.sum(axis=1))
    kept = read(("x.csv", csv(counts)))
    assert "named so" in kept.cells and len(kept.samples) == 4


def test_samples_in_different_units_are_not_averaged(tpm):
    mixed = pd.DataFrame({"WT_rep1": np.log2(tpm["WT_rep1"] + 1), "WT_rep2": tpm["WT_rep2"]})
    with pytest.raises(SampleError, match="different units"):
        read(("x.csv", csv(mixed)), pool=REPLICATES)


@pytest.mark.parametrize(
    "names", [["AAACCTGAGAAACCAT-1", "AAACCTGAGAAACCGC-1"], ["single cell 1", "single cell 2"], ["scRNA_a", "scRNA_b"]]
)
def test_single_cells_are_known_by_their_names(names):
    assert look_like_cells(pd.DataFrame(1.0, names, GENES), "x.csv")


def test_single_cells_are_known_by_how_little_is_seen():
    random = np.random.default_rng(0)
    sparse = random.poisson(0.1, (3, 13_000)).astype(float)
    assert "only" in look_like_cells(pd.DataFrame(sparse, list("abc")), "x.csv")
    assert not look_like_cells(pd.DataFrame(random.poisson(5, (3, 13_000)).astype(float), list("abc")), "x.csv")


def test_counts_with_lengths_become_tpm(tpm):
    lengths = np.linspace(300, 9000, 400)
    counts = (tpm.mul(lengths, axis=0) / 1000).round()
    counts.insert(0, "gene_length", lengths)
    profiles = read(("x.csv", csv(counts)))
    assert {verdict.kind for verdict in profiles.verdicts} == {"TPM"}
    np.testing.assert_allclose(profiles.values[GENES].T, tpm, rtol=0.2, atol=10)


def test_transcripts_are_summed_to_genes_where_the_file_names_them(tpm):
    parts = pd.concat([tpm * 0.25, tpm * 0.75])
    gencode = [
        f"ENST{n:011d}.1|ENSG{n % 400:011d}.2|OTTHUMG{n}|OTTHUMT{n}|"
        f"{GENES[n % 400]}-201|{GENES[n % 400]}|1000|protein_coding|"
        for n in range(800)
    ]
    salmon = pd.DataFrame(
        {"Name": gencode, "Length": 1, "EffectiveLength": 1.0, "TPM": parts["WT_rep1"].to_numpy(), "NumReads": 1}
    )
    for name, content in (
        ("S.quant.sf", csv(salmon, sep="\t", index=False)),
        ("m.csv", csv(parts[["WT_rep1"]].set_axis(gencode))),
    ):
        profiles = read((name, content))
        np.testing.assert_allclose(profiles.values.iloc[0][GENES], tpm["WT_rep1"], rtol=1e-9)
        assert any("800 transcripts summed to 400 genes" in note for note in profiles.notes)
    rsem = pd.DataFrame(
        {
            "transcript_id": [f"ENST{n:011d}" for n in range(800)],
            "gene_id": [f"ENSG{n % 400:011d}" for n in range(800)],
            "length": 9,
            "effective_length": 9,
            "expected_count": 1.0,
            "TPM": parts["WT_rep1"].to_numpy(),
            "FPKM": 1.0,
            "IsoPct": 1.0,
        }
    )
    np.testing.assert_allclose(
        read(("S.isoforms.results", csv(rsem, sep="\t", index=False))).values.iloc[0][GENES], tpm["WT_rep1"], rtol=1e-9
    )
    with pytest.raises(UserError, match="no map from transcripts"):
        read(("x.csv", csv(tpm.set_axis([f"ENST{n:011d}" for n in range(400)]))))


def test_the_orientation_can_be_reversed(tpm):
    square = tpm.iloc[:60].T.reindex(columns=GENES[:60]).set_axis(GENES[100:104])
    plain = read(("x.csv", csv(square)))
    assert not plain.genes_in_rows and plain.samples == GENES[100:104]
    with pytest.raises(UserError):
        read(("x.csv", csv(square.set_axis(list("abcd")))), turned=True)
    turned = read(("x.csv", csv(pd.concat([square] * 6).set_axis(GENES[100:124]))), turned=True)
    assert turned.genes_in_rows and turned.samples == GENES[:60]


def test_excel_dates_that_may_be_either_gene_are_answered(tpm):
    names = GeneNames(approved=frozenset([*GENES, "MARCHF1", "MTARC1"]))
    frame = tpm.rename(index={"GENE5": "1-Mar"})
    asked = read_profiles(csv(frame), "x.csv", set(GENES), names)
    assert asked.resolution.asked == {"1-Mar": ("MARCHF1", "MTARC1")} and "MARCHF1" not in asked.values
    answered = read_profiles(csv(frame), "x.csv", set(GENES), names, ReadOptions(dates=(("1-Mar", "MTARC1"),)))
    np.testing.assert_allclose(answered.values["MTARC1"], tpm.loc["GENE5"])
    assert not any("either of two" in note for note in answered.notes)


def test_entrez_ids_of_a_panels_headers_are_known():
    names = GeneNames().with_entrez({"6663": "SOX10"})
    assert (
        names.approved_symbol("6663") == "SOX10"
        and names.approved_symbol("6663_at") == "SOX10"
        and names.approved_symbol("1") is None
    )


def test_a_unit_named_in_the_file_decides_between_candidates_only(tpm):
    ambiguous = csv(tpm[["HCC-15"]].iloc[:300])
    assert not read(("table.csv", ambiguous)).verdicts[0].certain
    assert read(("my_TPM.csv", ambiguous)).verdicts[0].kind == "TPM"
    assert read(("table.csv", b"# FPKM of my line\n" + ambiguous)).verdicts[0].kind == "FPKM"
    assert read(("my_FPKM.csv", csv(tpm.round()))).verdicts[0].kind == "counts"
    narrow = 0.7 * np.log2(tpm[["HCC-15"]].iloc[:300] + 1)
    # The base and the quantity are named; whether one was added before the logarithm is not.
    assert {(unit.base, unit.quantity) for unit in read(("log2_tpm.csv", csv(narrow))).verdicts[0].units} == {
        (2.0, "TPM")
    }


def test_a_question_of_unit_can_be_answered(tpm):
    random = np.random.default_rng(0)
    # Reads that fit several genes are divided: half of these estimates are whole numbers.
    estimates = (tpm[["HCC-15"]] / 100).round() * np.where(
        random.random((400, 1)) < 0.5, 1.0, random.uniform(0.5, 1, (400, 1))
    )
    with pytest.raises(ChoiceNeededError, match="Which unit") as asked:
        read(("table.csv", csv(estimates)))
    assert asked.value.option == "unit" and asked.value.choices == ("counts", "TPM", "FPKM")
    assert read(("table.csv", csv(estimates)), unit="counts").verdicts[0].kind == "counts"


def test_files_are_held_to_one_limit_together(tpm):
    content = csv(tpm)
    with pytest.raises(UserError, match="together"):
        read_uploads(
            [("a.csv", content), ("b.csv", content)], set(GENES), NAMES, limit=SizeLimit(len(content) + 10, 10**9)
        )
    with pytest.raises(UserError, match="no model and no table"):
        read_uploads([("a.csv", content)], set(), GeneNames())


def test_pooling_keeps_the_users_overruling_in_mind_and_lines_apart(tpm):
    scores = (tpm - tpm.mean().mean()) / tpm.std().mean() + np.random.default_rng(0).normal(0, 0.01, tpm.shape)
    assert read(("z.csv", csv(scores)), unit="TPM", pool=ALL).verdicts[0].overruled
    lines = tpm.set_axis(["OVCAR-3", "OVCAR-4", "SNU-1", "SNU-5"], axis=1)
    assert read(("x.csv", csv(lines)), pool=REPLICATES).samples == ["OVCAR-3", "OVCAR-4", "SNU-1", "SNU-5"]


def test_a_number_makes_replicates_only_of_samples_that_are_alike(tpm):
    lines = tpm.set_axis(["SNU_5", "SNU_16", "KP_4", "HS_1"], axis=1)
    lines["SNU_16"] = tpm["WT_rep1"].to_numpy()[::-1]
    unlike = read(("x.csv", csv(lines)), pool=REPLICATES)
    assert unlike.samples == ["SNU_5", "SNU_16", "KP_4", "HS_1"]
    assert any("SNU_5, SNU_16 differ in a number alone" in warning for warning in unlike.warnings)
    lines["SNU_16"] = lines["SNU_5"] * np.linspace(0.98, 1.02, len(lines))
    alike = read(("x.csv", csv(lines)), pool=REPLICATES)
    assert alike.samples == ["SNU", "KP_4", "HS_1"] and not any("alone" in warning for warning in alike.warnings)


def test_files_called_alike_are_told_by_their_folders(tmp_path, tpm):
    values = tpm["HCC-15"]
    for folder, factor in (("P1", 1.0), ("P2", 0.5)):
        (tmp_path / folder / "out").mkdir(parents=True)
        table = pd.DataFrame({"Name": values.index, "Length": 1000.0, "TPM": values.to_numpy() * factor})
        table.to_csv(tmp_path / folder / "out" / "quant.sf", sep="\t", index=False)
    paths = [tmp_path / folder / "out" / "quant.sf" for folder in ("P1", "P2")]
    named = named_files(paths)
    assert [name for name, _ in named] == ["P1/quant.sf", "P2/quant.sf"]
    assert read_uploads(named, set(GENES), NAMES).samples == ["P1", "P2"]
    # A browser tells no folder.
    uploaded = read_uploads([("quant.sf", path.read_bytes()) for path in paths], set(GENES), NAMES)
    assert uploaded.samples == ["quant (quant.sf)", "quant (quant.sf) (2)"]
    assert any("several files are called quant.sf" in warning for warning in uploaded.warnings)
    assert [name for name, _ in named_files(paths[:1])] == ["quant.sf"]
