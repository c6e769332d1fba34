"""Reference tables over a loopback server: resumed, retried, checked, recorded; nothing half-fetched is ever used."""

import gzip
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leap_core.cli import main
from leap_core.errors import UserError
from leap_core.io import download
from leap_core.io.reference import Reference
from tests.conftest import answering

COLUMNS = [
    "hgnc_id",
    "symbol",
    "name",
    "locus_group",
    "alias_symbol",
    "prev_symbol",
    "entrez_id",
    "ensembl_gene_id",
    "uniprot_ids",
]
ROWS = [
    [
        "HGNC:11998",
        "TP53",
        "tumor protein p53",
        "protein-coding gene",
        "p53|LFS1",
        "",
        "7157",
        "ENSG00000141510",
        "P04637",
    ]
]
ROWS += [
    [f"HGNC:{n}", f"GENE{n}", "a gene", "protein-coding gene", "", "", str(n), f"ENSG{n:011d}", ""] for n in range(2000)
]
TABLE = "\n".join("\t".join(row) for row in [COLUMNS, *ROWS]).encode() + b"\n"


class Handler(BaseHTTPRequestHandler):
    """Answers with the table as `server.plan` says: whole, cut short, or with an error."""

    def do_GET(self):
        self.server.asked.append(self.headers.get("Range"))
        step = self.server.plan.pop(0) if self.server.plan else "whole"
        if isinstance(step, int):
            self.send_error(step)
            return
        same = self.headers.get("If-Range") == self.server.mark
        have = (
            int(self.headers["Range"].split("=")[1].rstrip("-"))
            if self.headers.get("Range") and same and step != "no range"
            else 0
        )
        body = self.server.body[have:]
        self.send_response(206 if have else 200)
        self.send_header("Content-Length", str(len(body)))
        if self.server.mark:
            self.send_header("ETag", self.server.mark)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if step == "cut" else body)

    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.plan, server.asked, server.body, server.mark = [], [], TABLE, '"first"'
    with answering(server):
        yield server


def address(server):
    return f"http://127.0.0.1:{server.server_port}/hgnc_complete_set.txt"


def test_fetch_records_what_it_fetched(tmp_path, server):
    here = Reference(tmp_path)
    assert not here.has_gene_names() and "comes with the program" in here.gene_names().source
    record = here.fetch_gene_names(address(server))
    assert record["sha256"] == hashlib.sha256(TABLE).hexdigest() and record["genes"] == "2001"
    names = here.gene_names()
    assert (
        names.approved_symbol("ENSG00000141510.16") == "TP53"
        and names.approved_symbol("p53") == "TP53"
        and names.approved_symbol("HGNC:11998") == "TP53"
        and "fetched" in names.source
        # A table of part of the genes is filled up with the one that comes with the program.
        and names.approved_symbol("6663") == "SOX10"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hgnc_complete_set.json", "hgnc_complete_set.txt"]


@pytest.mark.parametrize(
    "plan", [["cut", "whole"], ["cut", "cut", 503, "whole"], ["cut", "no range"], [500, 429, "whole"]]
)
def test_what_breaks_off_is_continued(tmp_path, server, plan):
    server.plan = list(plan)
    record = Reference(tmp_path).fetch_gene_names(address(server))
    assert record["sha256"] == hashlib.sha256(TABLE).hexdigest()
    if plan[0] == "cut":
        assert server.asked[1] == f"bytes={len(TABLE) // 2}-"


def test_a_whole_table_that_was_fetched_replaces_the_one_that_comes_with_the_program(tmp_path):
    rows = [[f"HGNC:{n}", f"NEW{n}", "", "", "", "", str(n), f"ENSG{n:011d}", ""] for n in range(1, 44000)]
    copy = tmp_path / "newer.txt"
    copy.write_text("\n".join("\t".join(row) for row in [COLUMNS, *rows]))
    here = Reference(tmp_path / "reference")
    here.fetch_gene_names(copy_of=copy)
    names = here.gene_names()
    assert names.approved_symbol("NEW7") == names.approved_symbol("7") == "NEW7"
    assert names.approved_symbol("TP53") is None and "comes with the program" not in names.source


def test_what_is_no_table_or_not_there_changes_nothing(tmp_path, server):
    here = Reference(tmp_path)
    here.fetch_gene_names(address(server))
    for body, message in ((b"<html>Sign in</html>", "web page"), (b"name\tsize\na\t3\n", "not HGNC")):
        server.body = body
        with pytest.raises(UserError, match=message):
            here.fetch_gene_names(address(server))
    server.plan = [404]
    with pytest.raises(UserError, match="404"):
        here.fetch_gene_names(address(server))
    server.plan = [503] * 10
    with pytest.raises(UserError, match="could not be fetched"):
        here.fetch_gene_names(address(server))
    with pytest.raises(UserError, match="no web address"):
        here.fetch_gene_names("file:///etc/passwd")
    assert here.gene_names().approved_symbol("7157") == "TP53"


def test_a_local_copy_will_do(tmp_path):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(TABLE)
    record = Reference(tmp_path / "reference").fetch_gene_names(copy_of=copy)
    assert record["address"] == "copy.txt"
    with pytest.raises(UserError, match="no file"):
        Reference(tmp_path).fetch_gene_names(copy_of=tmp_path / "nowhere.txt")


def test_the_command_line_takes_a_copy_or_says_what_is_wrong(tmp_path, capsys):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(TABLE)
    assert main(["download", "identifiers", "--from", str(copy), "--home", str(tmp_path / "home")]) == 0
    assert "2001 genes" in capsys.readouterr().out
    assert Reference(tmp_path / "home" / "reference").has_gene_names()
    assert main(["download", "identifiers", "--from", str(tmp_path / "nowhere"), "--home", str(tmp_path / "home")]) == 2
    assert "no file" in capsys.readouterr().err


CUSTOM = (
    "HGNC ID\tApproved symbol\tApproved name\tStatus\tPrevious symbols\tAlias symbols\tNCBI Gene ID\n"
    "HGNC:11998\tTP53\ta name\tApproved\t\tLFS1, P53\t7157\n"
    "HGNC:7323\tSEPTIN9\ta name\tApproved\tMSF, SEPT9\t\t10801\n"
    "HGNC:12\tGONE~withdrawn\ta name\tSymbol Withdrawn\t\t\t\n"
)


@pytest.mark.parametrize("content", [CUSTOM.encode(), CUSTOM.encode("utf-16"), gzip.compress(CUSTOM.encode(), mtime=0)])
def test_a_custom_download_is_read_and_what_it_lacks_is_filled_in(tmp_path, content):
    copy = tmp_path / "my table.txt"
    copy.write_bytes(content)
    here = Reference(tmp_path / "reference")
    assert here.fetch_gene_names(copy_of=copy)["genes"] == "2"
    names = here.gene_names()
    assert names.approved_symbol("LFS1") == names.approved_symbol("7157") == "TP53"
    assert names.approved_symbol("SEPT9") == names.approved_symbol("HGNC:7323") == "SEPTIN9"
    # The file has no Ensembl ids: those that come with the program stand in.
    assert names.approved_symbol("ENSG00000141510") == "TP53" and names.source.startswith("HGNC, fetched")


@pytest.mark.parametrize(
    "content", [b"name\tsize\na\t3\n", b"symbol\nTP53\n", b"<html>Sign in</html>", b"a\tb\n1\t2\t3\n"]
)
def test_a_table_that_is_no_table_of_genes_is_refused_by_the_users_name(tmp_path, content):
    copy = tmp_path / "mine.txt"
    copy.write_bytes(content)
    with pytest.raises(UserError, match=r"^mine\.txt is (not HGNC's table of genes|a web page)") as refused:
        Reference(tmp_path / "reference").fetch_gene_names(copy_of=copy)
    assert ".part" not in str(refused.value)


def test_another_version_or_another_address_is_never_joined_to_what_is_there(tmp_path, server):
    other = (
        "\n".join(
            "\t".join(row)
            for row in [COLUMNS, *([["HGNC:1", "OTHER", "", "", "", "", "1", "ENSG00000000001", ""]] * 3000)]
        ).encode()
        + b"\n"
    )
    draft = tmp_path / "x.part"

    def begin(mark):
        server.mark, server.body, server.plan = mark, TABLE, ["cut"] * 5
        with pytest.raises(UserError, match="ended early"):
            download.download(address(server), draft)
        assert 0 < draft.stat().st_size < len(TABLE)
        server.body, server.plan = other, []

    begin('"first"')
    server.mark = '"second"'
    download.download(address(server), draft)
    assert draft.read_bytes() == other
    begin('"first"')
    download.download(address(server) + "?another", draft)
    assert draft.read_bytes() == other
    # Without a mark of the version nothing is continued.
    begin("")
    download.download(address(server), draft)
    assert draft.read_bytes() == other
    with pytest.raises(UserError, match="could not be fetched"):
        download.download("http://127.0.0.1:1/a b", draft)
