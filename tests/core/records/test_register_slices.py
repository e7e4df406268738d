"""A large sheet is read slice by slice, and nobody can tell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from gonghui.errors import Invalid
from gonghui.records.registers import slices
from gonghui.records.registers.sheets import Column, Row, read_register

COLUMNS = (
    Column("name", "姓名"),
    Column("joined", "入会日期", required=False),
    Column("note", "备注", required=False),
)
SHEET = "xl/worksheets/sheet1.xml"
ROWS = 7_000
FILL = "一段很长的说明" * 60


def write(path: Path, *, sheets: int = 1, inline: bool = True) -> None:
    """A register of some 9 MB with dates, rows left out and a column that ends early.

    Its texts stand in the sheet or apart from it, as programs differ in that; there it takes more cells.
    """
    with xlsxwriter.Workbook(path, {"constant_memory": inline}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number in range(sheets):
            sheet = book.add_worksheet(f"表{number}")
            sheet.write_row(1, 0, ["序号", "姓名", "入会日期", "备注"])
            for row in range(2, ROWS):
                if row % 1_000 < 3:
                    continue
                if row < 5_000:
                    sheet.write_number(row, 0, row)
                sheet.write_string(row, 1, f"甲{row}")
                sheet.write_datetime(row, 2, datetime(2020, 1, 1 + row % 28), day)
                sheet.write_string(row, 3, FILL)
                if not inline:
                    sheet.write_row(row, 4, [row / n for n in range(3, 33)])


def expected() -> list[Row]:
    cells = (
        (row, {"name": f"甲{row}", "joined": f"2020-01-{1 + row % 28:02d}", "note": FILL})
        for row in range(2, ROWS)
        if row % 1_000 >= 3
    )
    return [Row("表0", row + 1, told) for row, told in cells]


def edited(path: Path, change: Callable[[bytes], bytes]) -> Path:
    made = path.with_name("edited.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == SHEET else old.read(name))
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "register.xlsx"
    write(path)
    return path


def cut(path: Path) -> int:
    """How many slices come before the sheet cannot be cut any further."""
    count = 0
    with zipfile.ZipFile(path) as package:
        part = slices.sheet_to_cut(package, 150_000)
        try:
            for _slice in slices.slices(package, part) if part else ():
                count += 1
        except slices.Uncut:
            pass
    return count


def rows(path: Path) -> list[Any]:
    return list(read_register(path, COLUMNS).rows)


def test_the_rows_of_all_slices_are_those_of_the_sheet(large: Path, tmp_path: Path) -> None:
    write(tmp_path / "apart.xlsx", inline=False)
    for path in (large, tmp_path / "apart.xlsx"):
        assert cut(path) > 1
        assert rows(path) == expected()


def test_a_sheet_with_hidden_markup_is_read_whole_from_there(large: Path) -> None:
    hidden = b'<!-- </row><row r="3"> -->'
    path = edited(large, lambda xml: xml.replace(b'<row r="6500"', hidden + b'<row r="6500"'))
    assert cut(path) < cut(large)
    assert rows(path) == expected()


def test_rows_without_numbers_are_read_whole(large: Path) -> None:
    path = edited(large, lambda xml: re.sub(rb'<row r="[0-9]+"', b"<row", xml))
    assert cut(path) == 0
    assert rows(path) == expected()


def test_rows_that_go_back_are_a_damage(large: Path) -> None:
    first = b'<row r="2"><c r="A2"><v>1</v></c></row>'
    path = edited(large, lambda xml: re.sub(rb'<row r="6900".*?</row>', first, xml))
    with pytest.raises(Invalid) as caught:
        rows(path)
    assert caught.value.code == "unreadable_file"


def test_only_one_sheet_that_tells_its_rows_is_cut(large: Path, tmp_path: Path) -> None:
    assert cut(edited(large, lambda xml: re.sub(rb"<dimension [^>]*>", b"", xml))) == 0
    many = edited(large, lambda xml: re.sub(rb'(<dimension ref="A[0-9]+:[A-Z]+)[0-9]+', rb"\g<1>150001", xml))
    assert cut(many) == 0
    assert rows(many) == expected()
    write(tmp_path / "two.xlsx", sheets=2)
    assert cut(tmp_path / "two.xlsx") == 0
