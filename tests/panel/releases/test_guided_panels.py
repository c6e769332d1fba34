"""From a folder of official files to a stored panel: presets, stamps, GDSC's layout, the command line."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.official import EXPRESSION, write_gdsc
from leap_core.cli import main
from leap_core.errors import PanelError, UserError
from leap_core.io.drug_tables import read_drug_table
from leap_core.io.reference import Reference
from leap_core.panel.kept import stored_panel
from leap_core.panel.presets import Preset, apply_preset
from leap_core.panel.releases.fetching import keep_depmap_listing, terms_shown
from leap_core.panel.releases.guide import Guide, releases_folder
from leap_core.run.store import Store
from tests.conftest import planted
from tests.panel.releases.conftest import listing_csv


def guide(tmp_path, official, listed=True, **changed):
    place, md5 = official
    store = Store(tmp_path / "store")
    if listed:
        (tmp_path / "list.csv").write_bytes(listing_csv(md5))
        keep_depmap_listing(tmp_path / "list.csv", releases_folder(store), "a saved list")
    return Guide(
        **{"store": store, "source": "depmap", "score": "gene_effect", "release": "26Q1", "folder": place, **changed}
    )


def test_a_release_becomes_a_panel_once(tmp_path, official):
    here = guide(tmp_path, official)
    found = here.scan()
    key = here.make_panel(found)
    panel = stored_panel(key, here.store)
    assert panel.release == "DepMap Public 26Q1, CRISPRGeneEffect.csv" and panel.unit == "log2(TPM+1)"
    assert panel.response.shape == (60, 100) and panel.unlabelled.shape == (10, 150) and panel.entrez["100"] == "GENE0"
    assert here.make_panel(here.scan()) == key
    assert list(terms_shown(releases_folder(here.store))) == ["depmap DepMap Public 26Q1"]
    assert stored_panel(
        guide(tmp_path / "b", official, listed=False).make_panel(found), Store(tmp_path / "b" / "store")
    ).release.startswith("DepMap 26Q1, CRISPR")


def test_files_that_nobody_vouches_for_are_stamped(tmp_path, official):
    (tmp_path / "b").mkdir()
    here = guide(tmp_path / "b", official, listed=False)
    assert (
        stored_panel(here.make_panel(here.scan()), here.store).release
        == "DepMap 26Q1, CRISPRGeneEffect.csv (checksums not compared)"
    )


def test_the_selective_genes_are_those_of_the_list_and_the_rule(tmp_path, official):
    here = guide(tmp_path, official)
    whole = stored_panel(here.make_panel(here.scan()), here.store)
    panel = stored_panel(here.make_panel(here.scan(), Preset("selective")), here.store)
    # Made so: the first tenth is essential and on the list, the next fifth selective, the rest never matters.
    assert panel.report.common_essentials == tuple(f"GENE{n}" for n in range(10))
    dependent = (whole.response < -0.5).sum()
    expected = [gene for gene in whole.response.columns[10:] if dependent[gene] >= 3]
    assert panel.response.columns.tolist() == expected and set(panel.report.never_varying) == set(
        whole.response.columns[10:]
    ) - set(expected)
    assert 15 <= len(expected) <= 25 and "release's own list of 10 genes" in panel.report.notes[0]


def test_my_list_keeps_what_is_there_and_names_what_is_not(tmp_path, official):
    here = guide(tmp_path, official)
    panel = stored_panel(
        here.make_panel(here.scan(), Preset.of_text("gene12, GENE13\nNOSUCH; GENE14\tGENE14")), here.store
    )
    assert panel.response.columns.tolist() == ["GENE12", "GENE13", "GENE14"] and panel.report.not_found == ("NOSUCH",)
    with pytest.raises(PanelError, match="leaves none of the 100 genes"):
        here.make_panel(here.scan(), Preset.of_text("NOSUCH"))


def test_presets_that_make_no_sense_are_refused():
    with pytest.raises(UserError, match="needs names"):
        Preset("list")
    with pytest.raises(UserError, match="no preset 'some'"):
        Preset("some")
    panel = planted()
    assert apply_preset(panel, Preset()) is panel
    relative = pd.DataFrame(panel.response)
    with pytest.raises(PanelError, match="cannot be told from relative RNAi effect"):
        from dataclasses import replace

        from leap_core.panel.scores import SCORE_TYPES

        apply_preset(replace(panel, response=relative, score=SCORE_TYPES["rnai_relative"]), Preset("selective"))


@pytest.mark.parametrize("score", ["ln_ic50", "AUC"])
def test_gdsc_tables_become_a_panel(tmp_path, score):
    write_gdsc(tmp_path / "files", lines=80, genes=60, drugs=6)
    here = Guide(Store(tmp_path / "store"), "gdsc", score, "8.5", tmp_path / "files")
    panel = stored_panel(here.make_panel(here.scan()), here.store)
    assert (
        panel.release == "GDSC 8.5, GDSC2_fitted_dose_response_27Oct23.xlsx"
        and panel.unit == "RMA log2"
        and panel.score.key == score
    )
    # One name under two ids stays two drugs.
    assert panel.response.columns.tolist() == [
        "Drug0_1000",
        "Drug0_1001",
        "Drug2_1002",
        "Drug3_1003",
        "Drug4_1004",
        "Drug5_1005",
    ]
    assert panel.expression.index[0] == "ACH-000001" and "RMSE above 0.3" in panel.report.notes[0]
    long = pd.read_excel(tmp_path / "files" / "GDSC2_fitted_dose_response_27Oct23.xlsx", engine="openpyxl")
    good = long[long["RMSE"] <= 0.3].set_index(["SANGER_MODEL_ID", "DRUG_ID"])[
        "LN_IC50" if score == "ln_ic50" else "AUC"
    ]
    assert panel.response.at["ACH-000003", "Drug3_1003"] == pytest.approx(good["SIDM00002", 1003], rel=1e-6)
    assert panel.response.notna().to_numpy().sum() == len(good)
    read_drug_table(
        (tmp_path / "files" / "GDSC2_fitted_dose_response_27Oct23.xlsx").read_bytes(),
        "GDSC2_fitted_dose_response_27Oct23.xlsx",
    )


def test_the_command_line_says_what_is_missing_and_then_trains(tmp_path, official, capsys):
    place, md5 = official
    home, watched = tmp_path / "home", tmp_path / "watched"
    watched.mkdir()
    (tmp_path / "list.csv").write_bytes(listing_csv(md5))
    (watched / "Model.csv").write_bytes((place / "Model.csv").read_bytes())
    arguments = [
        "download",
        "depmap",
        "--release",
        "26Q1",
        "--from",
        str(watched),
        "--home",
        str(home),
        "--preset",
        "selective",
    ]
    assert main([*arguments, "--listing", str(tmp_path / "list.csv")]) == 2
    said = capsys.readouterr()
    assert (
        "terms" in said.out
        and "filename=CRISPRGeneEffect.csv" in said.err
        and f"filename={EXPRESSION}" in said.err
        and "filename=Model.csv" not in said.err
    )
    for name in md5:
        (watched / name).write_bytes((place / name).read_bytes())
    assert main(arguments) == 0
    said = capsys.readouterr().out
    key = said.split("--panel ")[1].split()[0]
    assert "10 common essentials" in said and "checksum right" in said
    assert main(["train", "--panel", key, "--name", "made", "--accuracy", "none", "--home", str(home)]) == 0
    assert (
        main(
            [
                "download",
                "depmap",
                "--release",
                "26Q1",
                "--score",
                "ln_ic50",
                "--from",
                str(watched),
                "--home",
                str(home),
            ]
        )
        == 2
    )
    assert "no screen 'ln_ic50' of 'depmap'" in capsys.readouterr().err


def test_the_command_line_fetches_older_releases(tmp_path, official, server, monkeypatch, capsys):
    place, md5 = official
    server.files = {name: (place / name).read_bytes() for name in md5} | {
        "list": listing_csv(md5, "DepMap Public 24Q4", "2024-12-01", server.address)
    }
    server.plan[EXPRESSION] = ["cut", 503, "whole"]
    # What was fetched is whole at once; only a browser's files may still be written.
    monkeypatch.setattr("leap_core.panel.releases.folder_scan._SETTLED_SECONDS", 3600.0)
    monkeypatch.setenv("LEAP_DEPMAP_LISTING", f"{server.address}/list")
    assert main(["download", "depmap", "--home", str(tmp_path)]) == 0
    assert "2024-12-01  DepMap Public 24Q4: 4 of 4 files can be fetched" in capsys.readouterr().out
    assert main(["download", "depmap", "--release", "24Q4", "--home", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "60 lines, 150 genes, 100 genes" in said.out and "fetching files" in said.err
    assert sorted(path.name for path in (tmp_path / "releases" / "DepMap Public 24Q4").iterdir()) == sorted(md5)


def test_responses_that_repeat_lines_are_refused(tmp_path, official):
    place, _ = official
    for name in ("Model.csv", EXPRESSION):
        (tmp_path / name).write_bytes((place / name).read_bytes())
    effect = (place / "CRISPRGeneEffect.csv").read_text().splitlines()
    screens = [effect[0], *(line.replace('"ACH-', '"SC-').replace("ACH-", "SC-", 1) for line in effect[1:])]
    (tmp_path / "ScreenGeneEffect.csv").write_text("\n".join(screens) + "\n")
    found = Guide(Store(tmp_path / "store"), "depmap", "gene_effect", "26Q1", tmp_path).scan()
    assert not found.complete and any("repeats lines" in remark for remark in found.remarks)
    assert np.all([file.path is None for file in found.files if file.required.kind == "gene effect"])


def test_the_releases_own_identifiers_are_kept_where_there_are_none(tmp_path, official):
    place, _ = official
    for path in place.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = (
        "symbol,hgnc_id,ensembl_gene_id,entrez_id,alias_symbol\nGENE0,HGNC:1,ENSG00000000001,100,OLD0;"
        " OLDER0\nGENE1,HGNC:2,ENSG00000000002,101.0,\n"
    )
    (tmp_path / "Gene.csv").write_text(rows)
    here = Guide(Store(tmp_path / "store"), "depmap", "gene_effect", "26Q1", tmp_path)
    here.make_panel(here.scan())
    names = Reference(here.store.home / "reference").gene_names()
    assert (
        names.approved_symbol("ENSG00000000001.4") == "GENE0"
        and names.approved_symbol("OLDER0") == "GENE0"
        and names.approved_symbol("101") == "GENE1"
    )
    assert names.source.startswith("Gene.csv of DepMap 26Q1")
