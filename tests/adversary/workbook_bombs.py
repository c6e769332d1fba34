"""Small workbooks that ask for much: each is a whole xlsx file with one hostile thing in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BEGIN = '<?xml version="1.0" encoding="UTF-8"?>'
_TABLE = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>gene</t></is></c><c r="B1" t="inlineStr"><is><t>one</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>TP53</t></is></c><c r="B2"><v>3.5</v></c></row>'
)


def book(sheets: Iterable[Iterable[str]], parts: dict[str, Iterable[str]] | None = None) -> bytes:
    """A workbook; a sheet is the pieces of what stands within its element `worksheet`."""
    content, names = io.BytesIO(), []
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, pieces in enumerate(sheets, start=1):
            names.append(f"sheet{number}")
            start = f'{_BEGIN}<worksheet xmlns="{_MAIN}">'
            _write(archive, f"xl/worksheets/sheet{number}.xml", chain([start], pieces, ["</worksheet>"]))
        for name, pieces in (parts or {}).items():
            _write(archive, name, pieces)
        kinds = [("workbook", "sheet.main"), *((f"worksheets/{name}", "worksheet") for name in names)]
        kinds += [(name[3:-4], name[3:-4]) for name in parts or {}]
        types = "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for part, kind in kinds
        )
        default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        archive.writestr(
            "[Content_Types].xml", f'{_BEGIN}<Types xmlns="{_PACKAGE}/content-types">{default}{types}</Types>'
        )
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1))
        archive.writestr(
            "xl/workbook.xml",
            f'{_BEGIN}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        )
        targets = [("worksheet", f"worksheets/{name}.xml") for name in names]
        targets += [(name[3:-4], name[3:]) for name in parts or {}]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(targets))
    return content.getvalue()


def _relations(targets: list[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_BEGIN}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterable[str]) -> None:
    with archive.open(name, "w", force_zip64=True) as out:
        for piece in pieces:
            out.write(piece.encode())


def _repeated(piece: str, times: int, before: str = "", after: str = "") -> Iterator[str]:
    yield before
    block = piece * 1000
    for _ in range(times // 1000):
        yield block
    yield after


def _sheet(rows: str = _TABLE, before: str = "") -> list[str]:
    return [f"{before}<sheetData>{rows}</sheetData>"]


def _shared(strings: Iterable[str]) -> dict[str, Iterable[str]]:
    return {"xl/sharedStrings.xml": strings}


def _cell(reference: str) -> str:
    return f'<row r="3"><c r="{reference}"><v>1</v></c></row>'


def _laughs() -> str:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))]
    return f"<!DOCTYPE lolz [{''.join(lines)}]>"


# Each is made when it is asked for: some take seconds to write.
BOMBS = {
    "row number of twelve nines": lambda: book([_sheet(_TABLE + _cell("A999999999999"))]),
    "reference of digits alone": lambda: book([_sheet(_TABLE + _cell("999999999999"))]),
    "last cell of the largest sheet": lambda: book([_sheet(_TABLE + _cell("XFD1048576"))]),
    "column of many letters": lambda: book([_sheet(_TABLE + _cell("ZZZZZZZZZZZZZZ1"))]),
    "dimension of the largest sheet": lambda: book([_sheet(before='<dimension ref="A1:XFD1048576"/>')]),
    "dimension beyond any sheet": lambda: book([_sheet(before='<dimension ref="A1:ZZZZZZZ999999999999"/>')]),
    "row with the number of 18 nines": lambda: book([_sheet(_TABLE + f'<row r="{"9" * 18}"><c><v>1</v></c></row>')]),
    "a million leading empty rows": lambda: book(
        [_repeated("<row/>", 1_000_000, "<sheetData>", _TABLE + "</sheetData>")]
    ),
    "thirty million empty rows": lambda: book([_repeated("<row/>", 30_000_000, "<sheetData>", "</sheetData>")]),
    "ten million cells": lambda: book(
        [_repeated("<c><v>1</v></c>", 10_000_000, f"<sheetData>{_TABLE}<row>", "</row></sheetData>")]
    ),
    "a sheet of blanks": lambda: book([_repeated(" ", 400_000_000, "<sheetData>", "</sheetData>")]),
    "one cell of 400 MB": lambda: book(
        [
            _repeated(
                "x", 400_000_000, f'<sheetData>{_TABLE}<row><c t="inlineStr"><is><t>', "</t></is></c></row></sheetData>"
            )
        ]
    ),
    "hundred thousand styles": lambda: book(
        [_sheet()],
        {
            "xl/styles.xml": _repeated(
                "<xf/>", 10_000_000, f'<styleSheet xmlns="{_MAIN}"><cellXfs>', "</cellXfs></styleSheet>"
            )
        },
    ),
    "number formats without end": lambda: book(
        [_sheet()],
        {
            "xl/styles.xml": _repeated(
                '<numFmt numFmtId="200" formatCode="yyyy"/>',
                3_000_000,
                f'<styleSheet xmlns="{_MAIN}"><numFmts>',
                "</numFmts></styleSheet>",
            )
        },
    ),
    "ten million shared strings": lambda: book(
        [_sheet()], _shared(_repeated("<si><t>a</t></si>", 10_000_000, f'<sst xmlns="{_MAIN}">', "</sst>"))
    ),
    "a long shared string in a million cells": lambda: book(
        [_repeated('<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>', 500_000, "<sheetData>", "</sheetData>")],
        _shared([f'<sst xmlns="{_MAIN}"><si><t>', "x" * 30_000, "</t></si></sst>"]),
    ),
    "ten thousand sheets": lambda: book(_sheet() for _ in range(10_000)),
    "sheets of two million cells": lambda: book(
        _repeated("<c><v>1</v></c>", 2_000_000, f"<sheetData>{_TABLE}<row>", "</row></sheetData>") for _ in range(12)
    ),
    "entities within entities": lambda: book([[f"{_laughs()}<sheetData><row><c><v>&a11;</v></c></row></sheetData>"]]),
    "elements within elements": lambda: book([_repeated("<row>", 3_000_000, "<sheetData>")]),
    "an attribute of 100 MB": lambda: book([_repeated("9", 100_000_000, '<sheetData><row r="', '"/></sheetData>')]),
    "shared string that is not there": lambda: book(
        [_sheet(_TABLE + '<row><c t="s"><v>18446744073709551615</v></c><c t="s"><v>-1</v></c></row>')]
    ),
    "merged cells over everything": lambda: book(
        [
            _repeated(
                '<mergeCell ref="A1:XFD1048576"/>',
                1_000_000,
                f"<sheetData>{_TABLE}</sheetData><mergeCells>",
                "</mergeCells>",
            )
        ]
    ),
}
