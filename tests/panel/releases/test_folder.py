"""Watching a folder: each file known by its content, checked, or named as missing."""

import shutil

import pytest

from benchmarks.official import EXPRESSION, OLD_EXPRESSION, Shape, write_depmap, write_gdsc
from leap_core.errors import UserError
from leap_core.panel.releases import recognition as kinds
from leap_core.panel.releases.folder_scan import (
    ABSENT,
    BROWSER,
    FETCH,
    OTHER_RELEASE,
    UNVERIFIED,
    VERIFIED,
    WRONG,
    SeenFiles,
    scan_folders,
)
from leap_core.panel.releases.listing import read_depmap_listing
from leap_core.panel.releases.recognition import recognise
from leap_core.panel.releases.required_files import SCREENS
from tests.panel.releases.conftest import WEB_PAGE, listing_csv

WANTED = SCREENS["depmap"]["gene_effect"][1]


def looked(folder, content=None, release="26Q1", folders=None):
    listing = read_depmap_listing(content, "a list") if content is not None else None
    known = listing.release(release) if listing is not None else None
    return scan_folders(folders or [folder], WANTED, known, listing, SeenFiles(folder.parent / "seen.json"))


def states(found):
    return {file.required.kind: file.state for file in found.files}


def test_official_files_are_told_by_their_content(tmp_path, official):
    place, _ = official
    expected = {
        EXPRESSION: kinds.EXPRESSION,
        "CRISPRGeneEffect.csv": kinds.GENE_EFFECT,
        "Model.csv": kinds.LINES,
        "CRISPRInferredCommonEssentials.csv": kinds.ESSENTIALS,
    }
    assert {path.name: recognise(path) for path in place.iterdir()} == expected
    write_depmap(tmp_path / "old", Shape(lines=40, twice=0, genes=60, screened=30, perturbations=40), old_layout=True)
    assert recognise(tmp_path / "old" / OLD_EXPRESSION) == kinds.EXPRESSION
    write_gdsc(tmp_path / "gdsc", lines=30, genes=30, drugs=4)
    found = {path.name: recognise(path) for path in (tmp_path / "gdsc").iterdir()}
    assert found == {
        "Model.csv": kinds.LINES,
        "Cell_line_RMA_proc_basalExp.txt": kinds.RMA,
        "GDSC2_fitted_dose_response_27Oct23.xlsx": kinds.DOSE_RESPONSE,
    }


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("Model.csv", WEB_PAGE, kinds.WEB_PAGE),
        ("CRISPRGeneEffect.csv.crdownload", b"x", kinds.UNFINISHED),
        ("notes.docx", b"PK", kinds.OTHER),
        ("Gene.csv", b"symbol,hgnc_id,ensembl_gene_id\nTP53,HGNC:11998,ENSG0\n", kinds.GENES),
        ("empty.csv", b"\n", kinds.OTHER),
        ("PortalCompounds.csv", b"CompoundID,CompoundName,GeneSymbolOfTargets\nDPC-1,A,B\n", kinds.COMPOUNDS),
        ("bad.xlsx", b"PK nothing", kinds.OTHER),
        ("AchillesCommonEssentialControls.csv", b"Gene\nAAMP (14)\nAARS1 (16)\n", kinds.OTHER),
        ("text.csv", b'"unclosed', kinds.OTHER),
    ],
)
def test_other_files_are_told_too(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    assert recognise(tmp_path / name) == kind


def test_probabilities_counts_and_screens_are_not_taken_for_gene_effects(tmp_path):
    titles = ",".join(f"G{n} ({n})" for n in range(30))
    for name, first, low, high, kind in (
        ("p.csv", "ACH-1", 0.0, 1.0, kinds.GENE_DEPENDENCY),
        ("counts.csv", "ACH-1", 0.0, 900.0, kinds.OTHER),
        ("s.csv", "SC-1", -1.0, 1.0, kinds.SCREENS),
    ):
        values = ",".join(str(low + (high - low) * n / 29) for n in range(30))
        (tmp_path / name).write_text(f",{titles}\n{first},{values}\n")
        assert recognise(tmp_path / name) == kind


def test_a_complete_folder_is_verified_whatever_the_files_are_called(tmp_path, official):
    place, md5 = official
    shutil.copy(place / "CRISPRGeneEffect.csv", tmp_path / "CRISPRGeneEffect (1).csv")
    for name in set(md5) - {"CRISPRGeneEffect.csv"}:
        shutil.copy(place / name, tmp_path / name)
    found = looked(tmp_path, listing_csv(md5))
    assert found.complete and found.path(kinds.GENE_EFFECT).name == "CRISPRGeneEffect (1).csv"
    assert states(found) == {
        kinds.LINES: VERIFIED,
        kinds.EXPRESSION: VERIFIED,
        kinds.GENE_EFFECT: VERIFIED,
        kinds.ESSENTIALS: VERIFIED,
        kinds.GENES: ABSENT,
    }
    assert states(looked(tmp_path))[kinds.GENE_EFFECT] == UNVERIFIED


def test_what_is_missing_damaged_or_of_another_release_is_said(tmp_path, official):
    place, md5 = official
    for name in md5:
        shutil.copy(place / name, tmp_path / name)
    older = listing_csv({"Model.csv": md5["Model.csv"]}, "DepMap Public 24Q4", "2024-12-01").split(b"\n", 1)[1]
    content = (
        listing_csv({**md5, "Model.csv": "0" * 32, "Gene.csv": "1" * 32}, address="http://127.0.0.1/files") + older
    )
    with (tmp_path / "CRISPRGeneEffect.csv").open("ab") as stream:
        stream.write(b"\n")
    (tmp_path / EXPRESSION).unlink()
    (tmp_path / "Unconfirmed 1.crdownload").write_bytes(b"half")
    (tmp_path / "CRISPRGeneDependency.csv").write_bytes(WEB_PAGE)
    found = looked(tmp_path, content)
    assert not found.complete
    assert states(found) == {
        kinds.LINES: OTHER_RELEASE,
        kinds.EXPRESSION: FETCH,
        kinds.GENE_EFFECT: WRONG,
        kinds.ESSENTIALS: VERIFIED,
        kinds.GENES: FETCH,
    }
    assert any("not been downloaded to its end" in remark for remark in found.remarks)
    (other,) = [file for file in found.files if file.state == OTHER_RELEASE]
    # It says whose the file is, and leads to the one that is wanted.
    assert other.words == "of another release (DepMap Public 24Q4)" and other.published.release == "DepMap Public 26Q1"
    assert states(looked(tmp_path, listing_csv(md5)))[kinds.EXPRESSION] == BROWSER


def test_a_file_that_changes_is_looked_at_again(tmp_path, official):
    place, md5 = official
    (tmp_path / "watched").mkdir()
    target = tmp_path / "watched" / "Model.csv"
    target.write_bytes(WEB_PAGE)
    first = looked(tmp_path / "watched", listing_csv(md5))
    assert states(first)[kinds.LINES] == BROWSER and any(
        "web page saved under a table's name" in remark for remark in first.remarks
    )
    shutil.copy(place / "Model.csv", target)
    assert states(looked(tmp_path / "watched", listing_csv(md5)))[kinds.LINES] == VERIFIED


def test_a_file_still_being_written_waits(tmp_path, official, monkeypatch):
    place, md5 = official
    monkeypatch.setattr("leap_core.panel.releases.folder_scan._SETTLED_SECONDS", 3600.0)
    (tmp_path / "Model.csv").write_bytes((place / "Model.csv").read_bytes())
    found = looked(tmp_path, listing_csv(md5))
    assert states(found)[kinds.LINES] == BROWSER and "Model.csv is still being written." in found.remarks


def test_a_folder_that_is_none_is_said(tmp_path):
    with pytest.raises(UserError, match="cannot be looked into"):
        looked(tmp_path / "nowhere")
