"""Tables that look like a wanted one are not taken for it; files as sources and browsers really leave them are."""

import shutil
import zipfile

import pandas as pd
import pytest

from benchmarks.official import EXPRESSION, md5_of, write_gdsc
from leap_core.errors import UserError
from leap_core.panel.kept import stored_panel
from leap_core.panel.releases import recognition as kinds
from leap_core.panel.releases.fetching import keep_depmap_listing, terms_shown
from leap_core.panel.releases.folder_scan import MISNAMED, OTHER_RELEASE, UNVERIFIED, VERIFIED
from leap_core.panel.releases.guide import Guide, releases_folder
from leap_core.panel.releases.recognition import recognise
from leap_core.run.store import Store
from tests.panel.releases.conftest import listing_csv


def states(found):
    return {file.required.kind: (file.state, file.path.name if file.path else None) for file in found.files}


def with_listing(tmp_path, content):
    store = Store(tmp_path / "store")
    (tmp_path / "list.csv").write_bytes(content)
    keep_depmap_listing(tmp_path / "list.csv", releases_folder(store), "a saved list")
    return store


def test_a_copy_number_table_is_never_expression(tmp_path, official):
    place, md5 = official
    watched = tmp_path / "watched"
    watched.mkdir()
    for name in md5:
        shutil.copy(place / name, watched / name)
    # Published beside the others, of the same shape, and first by name.
    shutil.copy(place / EXPRESSION, watched / "OmicsCNGene.csv")
    with (watched / "OmicsCNGene.csv").open("a") as stream:
        stream.write("\n")
    copies = {"OmicsCNGene.csv": md5_of(watched / "OmicsCNGene.csv")}
    for listing in (listing_csv({**md5, **copies}), None):
        store = with_listing(tmp_path, listing) if listing else Store(tmp_path / "bare")
        found = Guide(store, "depmap", "gene_effect", "26Q1", watched).scan()
        assert states(found)[kinds.EXPRESSION] == (VERIFIED if listing else UNVERIFIED, EXPRESSION)
    (watched / EXPRESSION).unlink()
    found = Guide(Store(tmp_path / "bare"), "depmap", "gene_effect", "26Q1", watched).scan()
    assert states(found)[kinds.EXPRESSION] == (MISNAMED, "OmicsCNGene.csv") and not found.complete
    assert any("OmicsCNGene.csv looks like" in remark for remark in found.remarks)
    prism = Guide(
        with_listing(tmp_path, listing_csv({**md5, **copies, "REPURPOSINGAUCMatrix.csv": "0" * 32})),
        "depmap",
        "AUC",
        "26Q1",
        watched,
    )
    assert states(prism.scan())[kinds.EXPRESSION][1] is None


def test_gdsc1_and_gdsc2_are_screens_of_their_own(tmp_path):
    write_gdsc(tmp_path / "files", lines=60, genes=40, drugs=4)
    two = "GDSC2_fitted_dose_response_27Oct23.xlsx"
    one = "GDSC1_fitted_dose_response_27Oct23.xlsx"
    shutil.copy(tmp_path / "files" / two, tmp_path / "files" / one)
    shutil.copy(tmp_path / "files" / two, tmp_path / "files" / "GDSC2_fitted_dose_response_24Jul22.xlsx")
    for screen, release, expected in (
        ("ln_ic50", "8.5", two),
        ("gdsc1_ln_ic50", "8.5", one),
        ("AUC", "8.4", "GDSC2_fitted_dose_response_24Jul22.xlsx"),
    ):
        guide = Guide(Store(tmp_path / "store"), "gdsc", screen, release, tmp_path / "files")
        found = guide.scan()
        assert states(found)[kinds.DOSE_RESPONSE] == (UNVERIFIED, expected)
        panel = stored_panel(guide.make_panel(found), guide.store)
        assert panel.release == f"GDSC {release}, {expected}" and panel.score.key == screen.removeprefix("gdsc1_")
    (tmp_path / "files" / two).unlink()
    found = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.5", tmp_path / "files").scan()
    assert states(found)[kinds.DOSE_RESPONSE][0] == OTHER_RELEASE


def test_a_release_of_gdsc_that_came_later_is_known_by_its_files_names(tmp_path):
    write_gdsc(tmp_path, lines=60, genes=40, drugs=4)
    (tmp_path / "GDSC2_fitted_dose_response_27Oct23.xlsx").rename(tmp_path / "GDSC2_fitted_dose_response_01Feb27.xlsx")
    guide = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.7", tmp_path)
    assert stored_panel(guide.make_panel(guide.scan()), guide.store).release.startswith(
        "GDSC 8.7, GDSC2_fitted_dose_response_01Feb27.xlsx"
    )


def test_a_line_that_is_known_by_its_sanger_id_alone_is_one_line(tmp_path):
    write_gdsc(tmp_path, lines=60, genes=40, drugs=4)
    model = pd.read_csv(tmp_path / "Model.csv", dtype=str)
    model.loc[:29, "COSMICID"] = None
    model.to_csv(tmp_path / "Model.csv", index=False)
    guide = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.5", tmp_path)
    panel = stored_panel(guide.make_panel(guide.scan()), guide.store)
    assert len(panel.lines) == 60 and not panel.report.only_expression and panel.expression.index[0] == "ACH-000001"


def test_the_archive_as_it_is_downloaded_and_columns_that_repeat(tmp_path):
    write_gdsc(tmp_path, lines=60, genes=40, drugs=4)
    name = "Cell_line_RMA_proc_basalExp.txt"
    lines = (tmp_path / name).read_text().splitlines()
    # A line measured twice has its title twice; a probe without a symbol has none.
    repeated = [f"{line}\t{line.split(chr(9))[2]}" for line in lines] + ["\tno symbol\t" + "\t".join(["5.0"] * 61)]
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "\n".join(repeated) + "\n")
    (tmp_path / name).unlink()
    guide = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.5", tmp_path)
    found = guide.scan()
    assert found.complete and states(found)[kinds.RMA] == (UNVERIFIED, f"{name}.zip")
    panel = stored_panel(guide.make_panel(found), guide.store)
    assert panel.expression.shape == (60, 40) and panel.report.expression.duplicated_lines == ("ACH-000001",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("blank.csv", ("," + ",".join(f"G{n} ({n})" for n in range(30)) + "\n\n\n").encode()),
        ("my_auc.csv", b"," + b",".join(b"D%d" % n for n in range(30)) + b"\n\nx,1\n"),
        ("broken.zip", b"PK\x03\x04" + b"\xff" * 200),
        ("broken.xlsx", b"PK\x03\x04" + b"\x00" * 200),
        ("nul.csv", b"a,b\n\x00\x00,1\n"),
    ],
)
def test_whatever_lies_in_a_downloads_folder_breaks_nothing(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert recognise(tmp_path / name) == kinds.OTHER


def test_a_table_of_genes_of_another_form_does_not_stand_in_the_way(tmp_path, official):
    place, _ = official
    for path in place.iterdir():
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "Gene.csv").write_text("symbol\thgnc_id\nTP53\tHGNC:11998\n")
    guide = Guide(Store(tmp_path / "store"), "depmap", "gene_effect", "26Q1", tmp_path)
    assert stored_panel(guide.make_panel(guide.scan()), guide.store).response.shape == (60, 100)


def test_a_short_name_means_the_release_that_has_the_screen(tmp_path, official):
    other = b"Harmonized PRISM Repurposing Secondary Screen 26Q1,2026-04-01,REPURPOSINGAUCMatrix.csv,,2c\n"
    guide = Guide(
        with_listing(tmp_path, listing_csv(official[1]) + other), "depmap", "gene_effect", "26Q1", official[0]
    )
    assert guide.name == "DepMap Public 26Q1"
    with pytest.raises(UserError, match="No releases are called '20Q1'"):
        Guide(guide.store, "depmap", "gene_effect", "20Q1", official[0]).scan()


def test_terms_of_both_sources_are_recorded_once(tmp_path):
    write_gdsc(tmp_path, lines=60, genes=40, drugs=4)
    guide = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.5", tmp_path)
    guide.make_panel(guide.scan())
    first = terms_shown(releases_folder(guide.store))
    assert set(first) == {"gdsc GDSC 8.5", "depmap for GDSC 8.5"}
    guide.make_panel(guide.scan())
    assert terms_shown(releases_folder(guide.store)) == first
