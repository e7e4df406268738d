"""Files that cannot be a register of members: refused with a clear code, within the reader's memory, and nothing is
written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from openpyxl import Workbook

from gonghui.errors import DomainError
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers.child import Child
from gonghui.records.registers.importing import AT_ONCE
from gonghui.records.registers.reading import BATCH_ROWS, MEMORY
from gonghui.records.registers.sheets import LIMIT_ROWS
from gonghui.records.registers.taking import import_file
from gonghui.testing import Federation

SAMPLE = Path(__file__).parents[2] / "samples" / "members.xlsx"
HEAD = "姓名,证件号码,所属工会"
UNION = "深圳市样本电子有限公司工会委员会"


def sheet_of(*rows: list[object]) -> bytes:
    book, target = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet_of(HEAD.split(",")))) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            with new.open(part, "w", force_zip64=True) as target_part:
                if part.endswith("sheet1.xml"):
                    for _megabyte in range(700):
                        target_part.write(b" " * (1 << 20))
                else:
                    target_part.write(old.read(part))
    return target.getvalue()


@cache
def hostile(kind: str) -> bytes:
    line = f"方雨,990406199504192588,{UNION}"
    made: dict[str, Callable[[], bytes]] = {
        "zip bomb": zip_bomb,
        "cut in half": lambda: SAMPLE.read_bytes()[: SAMPLE.stat().st_size // 2],
        "500 columns": f"{HEAD}{',其他' * 497}\n{line}{',1' * 497}\n".encode,
        "300,000 rows": lambda: f"{HEAD}\n".encode() + "方雨,1,无\n".encode() * 300_000,
        "NUL bytes": lambda: f"{HEAD}\n{line}\n".encode() + bytes(5_000),
        "mixed encodings": lambda: f"{HEAD}\n{line}\n".encode() + f"{line}\n".encode("gb18030") * 5,
        "a picture named so": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        "an older workbook": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_096),
        "nothing": lambda: b"",
        "no heading": "张三,李四\n1,2\n".encode,
    }
    return made[kind]()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("zip bomb", "unreadable_file"),
        ("cut in half", "unreadable_file"),
        ("500 columns", "too_many_columns"),
        ("300,000 rows", "too_many_rows"),
        ("NUL bytes", "unreadable_file"),
        ("mixed encodings", "mixed_encodings"),
        ("a picture named so", "unreadable_file"),
        ("an older workbook", "unreadable_file"),
        ("nothing", "unreadable_file"),
        ("no heading", "headings_missing"),
    ],
)
def test_a_hostile_file_is_refused_within_memory_and_writes_nothing(
    shared_federation: Federation,
    table_counts: Callable[[Federation], dict[str, int]],
    peaks: list[int],
    tmp_path: Path,
    kind: str,
    code: str,
) -> None:
    file = tmp_path / "会员名册.xlsx"  # whatever it is, it says that it is a workbook
    file.write_bytes(hostile(kind))
    before = table_counts(shared_federation)
    with pytest.raises(DomainError) as caught:
        take(shared_federation, file)
    assert (caught.value.code, str(caught.value.detail)[-1]) == (code, "。")
    assert table_counts(shared_federation) == before
    assert max(peaks, default=0) <= MEMORY
    if kind == "300,000 rows":
        assert len(peaks) > LIMIT_ROWS // BATCH_ROWS  # it was watched over the whole file


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The most memory that the reader had held whenever it was heard, in bytes."""
    seen: list[int] = []
    hear = Child.hear

    def hear_and_look(child: Child) -> object:
        told = hear(child)
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child._process.pid}/status").read_text())
        seen.extend([int(found[1]) * 1024] if found else [])  # nothing of a reader that has ended
        return told

    monkeypatch.setattr(Child, "hear", hear_and_look)
    return seen


def take(federation: Federation, file: Path) -> None:
    with federation.uow() as uow:
        import_file(uow, register_of(uow, "organising.members"), file)


def test_a_formula_without_a_result_is_an_empty_cell_that_is_named(
    federation: Federation, table_counts: Callable[[Federation], dict[str, int]], tmp_path: Path
) -> None:
    file = tmp_path / "会员名册.xlsx"
    file.write_bytes(sheet_of([*HEAD.split(",")], ["方雨", "=CONCAT(A1,B1)", UNION]))
    before = table_counts(federation)
    with federation.uow() as uow:
        report = import_file(uow, register_of(uow, "organising.members"), file)
    assert (report.rows, report.created) == (1, 0)
    assert ("证件号码", "id_missing") in {(fault.column, fault.code) for fault in report.faults}
    after = table_counts(federation)
    written = {table for table, number in after.items() if number != before[table]}
    assert written == {"core.audit_entry", "core.audit_payload", "core.register_run", "core.staged_row"}


def test_the_limit_of_rows_is_above_a_batch() -> None:
    assert AT_ONCE < LIMIT_ROWS < 300_000
