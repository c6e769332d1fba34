"""Uploads: the same sample in any layout, and one plain sentence for everything that cannot be scored."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import UserError
from leap_core.io.tables import SizeLimit
from leap_core.panel.quantiles import to_quantiles
from leap_core.sample.model_input import ModelGenes, to_model_input
from leap_core.sample.profiles import ReadOptions, read_profiles

GENES = tuple(f"GENE{number}" for number in range(200))
RNA = "log2(TPM+1)"


@pytest.fixture
def tpm():
    random = np.random.default_rng(0)
    values = random.lognormal(2, 2, (200, 2)) * (random.random((200, 2)) > 0.2)
    return pd.DataFrame(values * 1e6 / values.sum(axis=0), GENES, ["one", "two"])


def scored(content, name="x.csv", unit=RNA):
    profiles = read_profiles(content, name, set(GENES))
    return to_model_input(profiles, ModelGenes(GENES, unit))


def csv(frame, **options):
    return frame.to_csv(**options).encode()


def test_layouts_agree(tpm):
    log = np.log2(tpm + 1)
    expected = scored(csv(tpm)).values
    np.testing.assert_allclose(expected, log.T, rtol=1e-9)
    entrez = tpm.rename(index=lambda gene: f"{gene} ({gene[4:]})")
    described = log.copy()
    described.insert(0, "description", "a gene")
    layouts = {
        "columns.csv": csv(tpm.T),
        "log.csv": csv(log),
        "tab.tsv": csv(tpm, sep="\t"),
        "semicolon.csv": csv(tpm, sep=";"),
        "packed.csv.gz": gzip.compress(csv(tpm)),
        "depmap.csv": csv(entrez.T),
        "described.csv": csv(described),
        "bom.csv": b"\xef\xbb\xbf" + csv(tpm),
        "crlf.csv": csv(tpm).replace(b"\n", b"\r\n"),
        "shuffled.csv": csv(tpm.sample(frac=1, random_state=1)),
    }
    for name, content in layouts.items():
        result = scored(content, name)
        np.testing.assert_allclose(result.values.to_numpy(), expected.to_numpy(), rtol=1e-9, err_msg=name)
        assert list(result.values.index) == ["one", "two"], name


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(500), "PNG picture"),
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"  \n\n", "blanks"),
        ("binary.csv", bytes(range(256)) * 8, "binary"),
        ("one_column.csv", b"gene\nTP53\n", "one column"),
        ("header_only.csv", b"gene,sample\n", "expected a table"),
        ("broken.csv.gz", b"\x1f\x8b\x08\x00garbage", "damaged"),
        ("mouse.csv", b"gene,s\n" + b"".join(b"Trp%d,1.0\n" % n for n in range(300)), "mouse"),
        ("ids.csv", b"gene,s\n" + b"".join(b"ENSG%011d.3,1.0\n" % n for n in range(300)), "Ensembl"),
    ],
)
def test_what_is_no_table_of_genes_is_refused_in_words(name, content, says):
    with pytest.raises(UserError, match=says):
        scored(content, name)


def test_numbers_that_cannot_be_scored_are_refused_in_words(tpm):
    statistics = pd.DataFrame({"log2FoldChange": 0.1, "padj": 0.5}, GENES)
    cases = {
        "statistics": (statistics, "table of statistics"),
        "z-scores": ((tpm - tpm.mean()) / tpm.std(), "fold changes, z-scores"),
        "counts": (tpm.round(), "are counts"),
        "one gene": (tpm.iloc[:1], "single gene"),
        "few genes": (tpm.iloc[:15], "at least 10%"),
        "text": (tpm.astype(object).where(tpm < 0, "high"), "no column of numbers"),
    }
    for name, (frame, says) in cases.items():
        with pytest.raises(UserError, match=says):
            scored(csv(frame), f"{name}.csv")
    with pytest.raises(UserError, match="trained on RMA"):
        scored(csv(tpm), unit="RMA log2")


def test_missing_genes_duplicates_and_bad_cells_are_counted(tpm):
    frame = tpm.drop(index=list(GENES[:60]))
    result = scored(csv(frame))
    assert [finding.level for finding in result.findings if "30% of the model" in finding.text] == ["amber"]
    assert len(result.missing_genes) == 60 and result.coverage == 0.7
    assert [finding.level for finding in scored(csv(tpm.iloc[:90])).findings if "55% of the model" in finding.text] == [
        "red"
    ]
    twice = pd.concat([tpm, tpm.iloc[:3] * 0.5])
    profiles = read_profiles(csv(twice), "twice.csv", set(GENES))
    assert any("3 genes occur more than once" in note for note in profiles.notes)
    np.testing.assert_allclose(profiles.values[list(GENES)], tpm.T)
    gaps = tpm.astype(object)
    gaps.iloc[5, 0] = "n/a?"
    profiles = read_profiles(csv(gaps), "gaps.csv", set(GENES))
    assert np.isnan(profiles.values.loc["one", GENES[5]]) and any("no numbers" in note for note in profiles.notes)


def test_infinite_and_huge_values_never_reach_the_model(tpm):
    frame = tpm.copy()
    frame.iloc[3, 0] = np.inf
    assert np.isnan(scored(csv(frame)).values.loc["one", GENES[3]])


def test_sizes_are_checked_before_parsing():
    limit = SizeLimit(1000, 5000)
    with pytest.raises(UserError, match="limit"):
        read_profiles(b"x" * 2000, "big.csv", set(GENES), limit=limit)
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as stream:
        stream.write(bytes(100_000))
    with pytest.raises(UserError, match="decompressed"):
        read_profiles(bomb.getvalue(), "bomb.csv.gz", set(GENES), limit=limit)


def test_samples_of_one_name_are_kept_apart(tpm):
    content = csv(tpm).replace(b"one,two", b"same,same")
    assert len(set(read_profiles(content, "same.csv", set(GENES)).values.index)) == 2


def test_genes_called_na_or_nan_are_genes(tpm):
    content = b"gene,s\n" + b"".join(
        b"%s,%f\n" % (gene.encode(), n / 7) for n, gene in enumerate(["NAN", "NA", *GENES])
    )
    profiles = read_profiles(content, "x.csv", {"NAN", "NA", *GENES})
    assert {"NAN", "NA"} <= set(profiles.values.columns)


def test_tables_written_by_r_keep_names_and_samples(tpm):
    text = tpm.to_csv(sep="\t", header=False)
    profiles = read_profiles(("one\ttwo\n" + text).encode(), "r.tsv", set(GENES))
    assert list(profiles.values.index) == ["one", "two"]
    np.testing.assert_allclose(profiles.values[list(GENES)], tpm.T)
    single = read_profiles(("one\n" + tpm[["one"]].to_csv(sep="\t", header=False)).encode(), "r.tsv", set(GENES))
    np.testing.assert_allclose(single.values.loc["one", list(GENES)], tpm["one"])


def test_rows_longer_than_the_header_are_refused(tpm):
    lines = csv(tpm).decode().splitlines()
    lines[9] += ",1,2,3"
    with pytest.raises(UserError, match="could not be read"):
        scored("\n".join(lines).encode())


def test_a_sample_does_not_depend_on_its_company(tpm):
    mixed = pd.DataFrame({"log": np.log2(tpm["one"] + 1), "linear": tpm["two"]})
    together = scored(csv(mixed))
    np.testing.assert_allclose(together.values.loc["log"], scored(csv(mixed[["log"]])).values.loc["log"])
    assert any("different units" in note for note in together.notes)


def test_an_empty_sample_is_refused_by_name(tpm):
    with pytest.raises(UserError, match="for sample empty"):
        scored(csv(tpm.assign(empty=np.nan, three=tpm["one"])))


def test_p_values_under_a_harmless_name_are_refused(tpm):
    with pytest.raises(UserError, match="p-values"):
        scored(csv(pd.DataFrame({"contrast": np.linspace(0, 1, 200)}, GENES)))


def test_duplicated_gene_columns_are_seen(tpm):
    wide = pd.concat([tpm, 3 * tpm.iloc[:2]]).T
    profiles = read_profiles(csv(wide), "x.csv", set(GENES))
    np.testing.assert_allclose(profiles.values[list(GENES[:2])], 3 * tpm.iloc[:2].T)


def test_awkward_sample_names_stay_apart(tpm):
    frame = pd.concat([tpm.T, tpm.T.iloc[:1]])
    frame.index = ["A", "A", "A (2)"]
    assert list(read_profiles(csv(frame), "x.csv", set(GENES)).values.index) == ["A", "A (3)", "A (2)"]


def resembling(tpm):
    """A panel whose lines have the genes of the samples in about the same order."""
    random = np.random.default_rng(4)
    # No two values alike: equal ones would tie what is mapped to them.
    return pd.DataFrame(
        np.log2(tpm["one"].to_numpy() * random.lognormal(0, 0.5, (30, 200)) + 1) + random.uniform(0, 0.01, (30, 200)),
        columns=GENES,
    )


def test_expression_in_another_unit_is_mapped_by_quantiles_and_amber(tpm):
    panel = resembling(tpm)
    log_counts = np.log2(tpm * 37 + 1) + 3
    for frame, kind in (
        ((tpm * 37).round(), "counts"),
        (log_counts.clip(lower=5.0).where(log_counts < 17, 17), "log2(counts)"),
        (log_counts.clip(3.0, 15.0) + np.linspace(0, 0.01, 200)[:, None], "RMA log2"),
    ):
        profiles = read_profiles(csv(frame), "x.csv", set(GENES)).one("one")
        with pytest.raises(UserError, match="trained on"):
            to_model_input(profiles, ModelGenes(GENES, RNA))
        mapped = to_model_input(profiles, ModelGenes(GENES, RNA, panel))
        assert mapped.mapped and kind in mapped.findings[0].text and "quantiles" in mapped.findings[0].text
        assert {finding.level for finding in mapped.findings} == {"amber"}
        values, reference = mapped.values.loc["one"], np.sort(panel.to_numpy(), axis=1).mean(axis=0)
        assert reference[0] <= values.min() and values.max() <= reference[-1] and values.std() > 0.3 * reference.std()
        assert (values.rank() == frame["one"].rank()).all()


def test_shuffled_names_are_refused(tpm):
    shuffled = tpm.set_axis(np.random.default_rng(1).permutation(GENES))
    with pytest.raises(UserError, match="names beside the right numbers"):
        to_model_input(
            read_profiles(csv(shuffled[["one"]]), "x.csv", set(GENES)), ModelGenes(GENES, RNA, resembling(tpm))
        )


def test_fpkm_become_tpm_by_their_sum_or_the_panels_level(tpm):
    panel = resembling(tpm)
    declared = ReadOptions(unit="FPKM")
    fpkm = read_profiles(csv(0.4 * tpm[["one"]]), "x.csv", set(GENES), options=declared)
    found = to_model_input(fpkm, ModelGenes(GENES, RNA, panel))
    assert any("panel's level" in finding.text for finding in found.findings)
    assert abs(np.median(found.values.loc["one"] - np.log2(tpm["one"] + 1))) < 0.3
    others = pd.DataFrame({"one": np.zeros(12_000)}, [f"OTHER{n}" for n in range(12_000)])
    whole = pd.concat([0.4 * tpm[["one"]], others])
    profiles = read_profiles(csv(whole), "x.csv", set(whole.index))
    assert profiles.verdicts[0].kind == "FPKM"
    np.testing.assert_allclose(
        to_model_input(profiles, ModelGenes(GENES, RNA, panel)).values.loc["one"], np.log2(tpm["one"] + 1), rtol=1e-6
    )


def test_the_user_overrules_the_unit_and_is_told_of_the_doubt(tpm):
    panel = resembling(tpm)
    scores = (tpm - tpm.mean(axis=1).to_numpy()[:, None]) / tpm.to_numpy().std() - 0.01
    with pytest.raises(UserError, match="fold changes"):
        read_profiles(csv(scores), "x.csv", set(GENES))
    log = np.log2(tpm + 1)
    profiles = read_profiles(csv(log), "x.csv", set(GENES), options=ReadOptions(unit="RMA log2"))
    doubts = [
        finding
        for finding in to_model_input(profiles.one("one"), ModelGenes(GENES, RNA, panel)).findings
        if "your word" in finding.text
    ]
    assert doubts and "log2(TPM+1)" in doubts[0].text
    natural = read_profiles(csv(np.log(tpm + 1)), "x.csv", set(GENES), options=ReadOptions(unit="ln(TPM+1)"))
    np.testing.assert_allclose(to_model_input(natural, ModelGenes(GENES, RNA)).values, log.T, rtol=1e-9)
    with pytest.raises(UserError, match="no unit"):
        read_profiles(csv(tpm), "x.csv", set(GENES), options=ReadOptions(unit="metres"))


def test_quantiles_keep_order_ties_and_gaps():
    mapped = to_quantiles(np.array([3.0, np.nan, 1.0, 3.0, 9.0]), np.array([0.0, 1.0, 2.0, 3.0]))
    assert np.isnan(mapped[1]) and mapped[0] == mapped[3] and mapped[2] == 0.0 and mapped[4] == 3.0
    assert mapped[2] < mapped[0] < mapped[4]
