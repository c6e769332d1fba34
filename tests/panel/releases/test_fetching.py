"""Fetching over a loopback server: every behaviour of a source; nothing half-fetched lies under a file's name."""

import hashlib
import io
import zipfile

import pytest

from leap_core.errors import UserError
from leap_core.panel.releases.fetching import (
    fetch_depmap_listing,
    fetch_file,
    kept_depmap_listing,
    record_terms,
    terms_shown,
)
from leap_core.panel.releases.listing import Addresses, PublishedFile, gdsc_listing, read_depmap_listing
from tests.panel.releases.conftest import listing_csv

BODY = b"ModelID,PatientID,OncotreeLineage\n" + b"".join(b"ACH-%06d,PT-%06d,Skin\n" % (n, n) for n in range(5000))


MD5 = hashlib.md5(BODY).hexdigest()


def published(server, name="Model.csv"):
    server.files[name] = BODY
    return PublishedFile(
        "DepMap Public 24Q4",
        "2024-12-01",
        name,
        MD5,
        f"{server.address}/{name}",
        "https://depmap.org/portal/data_page/",
    )


@pytest.mark.parametrize(
    "plan", [["whole"], ["cut", "whole"], ["cut", "cut", 503, "whole"], ["damaged", "whole"], [429, "cut", "whole"]]
)
def test_a_file_arrives_whole(tmp_path, server, plan):
    file = published(server)
    server.plan["Model.csv"] = list(plan)
    shares = []
    place = fetch_file(file, tmp_path, shares.append)
    assert place.read_bytes() == BODY and shares[-1] == pytest.approx(1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["Model.csv"]
    if plan[0] == "cut":
        assert server.asked[1][1] == f"bytes={len(BODY) // 2}-"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (["html"], "web page.*browser"),
        ([403], "403.*browser: https://depmap.org"),
        (["damaged", "damaged"], "fetched twice.*MD5"),
        ([500] * 9, "could not be fetched.*continued"),
        ([404], "404"),
    ],
)
def test_what_does_not_arrive_leaves_nothing_under_its_name(tmp_path, server, plan, message):
    file = published(server)
    server.plan["Model.csv"] = list(plan)
    with pytest.raises(UserError, match=message):
        fetch_file(file, tmp_path)
    assert not (tmp_path / "Model.csv").exists()


def test_a_cut_download_is_continued_by_the_next_call(tmp_path, server):
    file = published(server)
    server.plan["Model.csv"] = ["cut"] * 5
    with pytest.raises(UserError, match="continued"):
        fetch_file(file, tmp_path)
    assert not (tmp_path / "Model.csv").exists()
    asked = len(server.asked)
    assert fetch_file(file, tmp_path).read_bytes() == BODY
    have = sum(len(BODY) // 2**halving for halving in range(1, 6))
    assert int(server.asked[asked][1].removeprefix("bytes=").rstrip("-")) >= have - 5


def test_the_client_says_who_it_is(tmp_path, server):
    fetch_file(published(server), tmp_path)
    assert "LEAP-Screen-Prioritiser" in server.asked[0][2] and "urllib" not in server.asked[0][2]


def test_a_proxy_of_the_environment_is_used(tmp_path, server, monkeypatch):
    file = published(server)
    elsewhere = PublishedFile(
        file.release, file.date, file.name, file.md5, "http://files.example.org/Model.csv", file.page
    )
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.setenv("no_proxy", "")
    server.files["Model.csv"] = BODY
    assert fetch_file(elsewhere, tmp_path).read_bytes() == BODY
    assert server.asked[-1][0] == "http://files.example.org/Model.csv"


def test_what_only_a_browser_can_fetch_says_where(tmp_path):
    with pytest.raises(
        UserError,
        match=r"browser: https://depmap.org/portal/data_page/\S*releasename=DepMap%20Public%2026Q1&filename=Model.csv",
    ):
        fetch_file(read_depmap_listing(listing_csv({"Model.csv": "ab"}), "a list").files[0], tmp_path)


def test_an_archive_is_unpacked(tmp_path, server):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("folder/Cell_line_RMA_proc_basalExp.txt", "GENE_SYMBOLS\tGENE_title\tDATA.1\n")
    server.files["rma.zip"] = archive.getvalue()
    listing = gdsc_listing(Addresses(gdsc_expression=f"{server.address}/rma.zip"))
    file = listing.release("8.5").file("Cell_line_RMA_proc_basalExp.txt")
    assert fetch_file(file, tmp_path).read_text().startswith("GENE_SYMBOLS")
    assert [path.name for path in tmp_path.iterdir()] == ["Cell_line_RMA_proc_basalExp.txt"]
    server.files["rma.zip"] = b"PK\x05\x06" + b"\0" * 18
    with pytest.raises(UserError, match="no such file"):
        fetch_file(file, tmp_path / "other")


def test_the_list_of_files_is_kept_and_a_web_page_is_not(tmp_path, server):
    server.files["files"] = (
        listing_csv({"Model.csv": "0a", "Gene.csv": "1b"})
        + b"DepMap Public 24Q4,2024-12-01,Model.csv,http://127.0.0.1/x,2C\n"
    )
    listing = fetch_depmap_listing(tmp_path, f"{server.address}/files")
    assert [(release.name, release.date, release.fetchable, len(release.files)) for release in listing.releases()] == [
        ("DepMap Public 26Q1", "2026-03-01", 0, 2),
        ("DepMap Public 24Q4", "2024-12-01", 1, 1),
    ]
    assert listing.release("26q1").file("Gene.csv").md5 == "1b" and listing.known("2c").release == "DepMap Public 24Q4"
    for steps, message in ((["html"], "web page"), ([403], "403")):
        server.plan["files"] = list(steps)
        with pytest.raises(UserError, match=message):
            fetch_depmap_listing(tmp_path, f"{server.address}/files")
    assert kept_depmap_listing(tmp_path)[0].files == listing.files
    server.files["files"] = b"name,size\nModel.csv,3\n"
    with pytest.raises(UserError, match="columns release, release_date, filename, url, md5_hash are missing"):
        fetch_depmap_listing(tmp_path, f"{server.address}/files")


@pytest.mark.parametrize("name", ["27Q9", "DepMap Public", ""])
def test_a_release_that_is_not_there_or_not_one_names_those_that_are(name):
    content = listing_csv({"Model.csv": "0a"}) + b"DepMap Public 24Q4,2024-12-01,Model.csv,,2c\n"
    with pytest.raises(UserError, match="DepMap Public 26Q1, DepMap Public 24Q4"):
        read_depmap_listing(content, "a list").release(name)


def test_terms_that_were_shown_are_recorded(tmp_path):
    record_terms(tmp_path, "depmap", "DepMap Public 26Q1")
    record_terms(tmp_path, "gdsc", "GDSC 8.5")
    shown = terms_shown(tmp_path)
    assert set(shown) == {"depmap DepMap Public 26Q1", "gdsc GDSC 8.5"} and all(
        entry["page"].startswith("https://") for entry in shown.values()
    )
