"""What a file is wrapped in: its size, gzip, and the encoding of its text. Bytes in, UTF-8 bytes out."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from leap_core.errors import UnreadableTableError

_MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"GIF8": "a GIF picture",
    b"\xd0\xcf\x11\xe0": "an old Excel (.xls) or Word file",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7-zip archive",
    b"\xfd7zXZ": "an xz archive",
    b"Rar!": "a RAR archive",
    b"\x89HDF": "an HDF5 file (perhaps .h5ad)",
    b"RDX": "an R data file",
    b"PAR1": "a parquet file",
    b"BAM\x01": "a BAM file",
    b"CRAM": "a CRAM file",
}
_BLOCK = 2**24
_NAMED = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
# Name of the stream of an .xls file, in UTF-16.
_OLE_BOOK = "Workbook".encode("utf-16-le")
# Within words: accented letters of Mac Roman where Windows-1252 has signs and capitals, and those of Windows-1252.
_MAC_LETTER = re.compile(rb"[A-Za-z][\x80-\x91\x98-\x9f](?=[a-z\W]|$)")
_WINDOWS_LETTER = re.compile(rb"[A-Za-z][\x92\xc0-\xff]|[\xc0-\xff][a-z]")


@dataclass(frozen=True)
class SizeLimit:
    """Largest table that is read.

    Attributes
    ----------
    file_bytes, text_bytes
        Size of the file as it lies on disk, and after decompression.
    cells
        Cells of a table (rows times columns).
    workbook_cells
        Cells of a workbook's sheet, which take ten times the memory and a hundred times the time.
    """

    file_bytes: int
    text_bytes: int
    cells: int = 40_000_000
    workbook_cells: int = 5_000_000


# Together they keep the memory of any accepted upload below 1.5 GB (benchmarks/README.md).
UPLOAD_LIMIT = SizeLimit(file_bytes=200 * 2**20, text_bytes=400 * 2**20)
PANEL_LIMIT = SizeLimit(file_bytes=2 * 2**30, text_bytes=6 * 2**30, cells=1_000_000_000, workbook_cells=15_000_000)


def content_of(source: Path | bytes, name: str, limit: SizeLimit) -> bytes:
    """Content of a file, decompressed.

    Raises
    ------
    UnreadableTableError
        If it is missing, empty, damaged or larger than the limit, before or after decompression.
    """
    check_size(source, name, limit)
    return _decompressed(source.read_bytes() if isinstance(source, Path) else source, name, limit)


def check_size(source: Path | bytes, name: str, limit: SizeLimit) -> None:
    """Refuse a file that is missing, empty or too large, before anything of it is read."""
    if isinstance(source, Path) and not source.is_file():
        raise UnreadableTableError(f"There is no file at {source}.")
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size == 0:
        raise UnreadableTableError(f"{name} is empty (0 bytes). Export the table again and upload that file.")
    if size > limit.file_bytes:
        raise UnreadableTableError(
            f"{name} has {size / 2**20:,.0f} MB; the limit is {limit.file_bytes / 2**20:,.0f} MB. "
            "Keep only the samples and genes that you need, or compress it with gzip."
        )


def is_workbook(content: bytes) -> bool:
    """Whether the content is a workbook: Excel's (also the old binary form) or an OpenDocument spreadsheet."""
    if content.startswith(_OLE):
        return _OLE_BOOK in content
    return content.startswith(_ZIP) and (b"xl/" in content or b"opendocument.spreadsheet" in content[:200])


def as_utf8(content: bytes, name: str) -> bytes:
    """What `utf8_and_guess` gives, without what was guessed."""
    return utf8_and_guess(content, name)[0]


def utf8_and_guess(content: bytes, name: str) -> tuple[bytes, str | None]:
    """Text of a table as UTF-8 without a byte order mark.

    UTF-16 is recognised by its mark, or by the zero bytes of plain letters; what is not UTF-8 is taken as
    Windows-1252 or, by its letters, as Mac Roman, which only matters for accents: the name of what was guessed comes
    with the text.

    Raises
    ------
    UnreadableTableError
        If it is no text.
    """
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            raise UnreadableTableError(
                f"{name} is {kind}, not a text table. Save the expression table as CSV and upload that."
            )
    if content.startswith(_ZIP):
        raise UnreadableTableError(
            f"{name} is a zip archive without an Excel workbook. Unpack it and upload the table inside."
        )
    encoding = _wide_encoding(content)
    if encoding is not None:
        try:
            content = content.decode(encoding).encode()
        except UnicodeError as error:
            raise UnreadableTableError(
                f"{name} begins like {encoding.upper()} text but is damaged. Save it as CSV (UTF-8)."
            ) from error
    content = content.removeprefix(codecs.BOM_UTF8)
    if is_web_page(content):
        raise UnreadableTableError(
            f"{name} is a web page, not a table: the download gave a notice or the page around the file. Download the"
            " file itself."
        )
    if b"\x00" in content[:65536]:
        raise UnreadableTableError(f"{name} is a binary file, not a text table. Save the table as CSV (UTF-8).")
    if content.isspace():
        raise UnreadableTableError(f"{name} holds only blanks. Export the table again and upload that file.")
    guessed = None
    if not content.isascii():
        try:
            content.decode()
        except UnicodeError:
            encoding = _one_byte_encoding(content)
            guessed = _NAMED[encoding]
            content = content.decode(encoding, errors="replace").encode()
    return _with_line_feeds(content), guessed


def _one_byte_encoding(content: bytes) -> str:
    """Mac Roman where letters are joined by bytes that are its accented ones and signs in Windows-1252."""
    mac, windows = (len(pattern.findall(content)) for pattern in (_MAC_LETTER, _WINDOWS_LETTER))
    return "mac_roman" if mac > windows else "cp1252"


def _with_line_feeds(content: bytes) -> bytes:
    """Line feeds for the line ends of old Macintoshes, which would make the whole table (or its body) one line."""
    if b"\r" not in content:
        return content
    content = content.replace(b"\r\n", b"\n")
    quotes, outside, parts = 0, 0, content.split(b"\r")
    for part in parts[:-1]:
        quotes += part.count(b'"')
        outside += quotes % 2 == 0
    # Within quotes a return may belong to a cell; outside it can only end a line.
    return content.replace(b"\r", b"\n") if 2 * outside > len(parts) - 1 else content


def is_web_page(content: bytes) -> bool:
    """Whether the content is HTML, whatever its name says."""
    return (
        content[:2000]
        .lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype html", b"<html", b"<head", b"<script"))
    )


def unpack_member(archive: Path, name: str, place: Path) -> None:
    """Write the member of a zip archive that is called `name` (in whichever folder of it) to `place`.

    Raises
    ------
    UnreadableTableError
        If there is none, it is too large, or the archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            member = next((one for one in opened.infolist() if Path(one.filename).name == name), None)
            if member is None or member.file_size > PANEL_LIMIT.text_bytes:
                raise UnreadableTableError(f"{archive.name} has no such file as {name}, or one that is too large.")
            with opened.open(member) as source, place.open("wb") as out:
                shutil.copyfileobj(source, out, 2**20)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise UnreadableTableError(f"{archive.name} is a damaged archive. Download it again.") from error


def _wide_encoding(content: bytes) -> str | None:
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return encoding
    start = content[:2000]
    if len(start) >= 20 and start[1::2].count(0) > 0.8 * len(start[1::2]) and not start[::2].count(0):
        return "utf-16-le"
    if len(start) >= 20 and start[::2].count(0) > 0.8 * len(start[::2]) and not start[1::2].count(0):
        return "utf-16-be"
    return None


def _decompressed(content: bytes, name: str, limit: SizeLimit) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    out = io.BytesIO()
    try:
        # A small gzip can grow to gigabytes, and a read of as many bytes as may come reserves room for them all.
        with gzip.open(io.BytesIO(content)) as stream:
            while out.tell() <= limit.text_bytes and (block := stream.read(_BLOCK)):
                out.write(block)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableTableError(f"{name} looks like gzip but is damaged; compress the table again.") from error
    if out.tell() > limit.text_bytes:
        raise UnreadableTableError(
            f"{name} grows beyond {limit.text_bytes / 2**20:,.0f} MB when decompressed, which is the limit."
        )
    return out.getvalue()
