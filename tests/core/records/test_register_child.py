"""The child that reads a file: its limits, its end whatever happens, and what it is not told."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gonghui.errors import Invalid
from gonghui.records.registers import child, reading
from gonghui.records.registers.sheets import LIMIT_ROWS, Column, open_register, read_register

SAMPLE = Path(__file__).parents[2] / "samples" / "unions.xlsx"
COLUMNS = (Column("name", "姓名"), Column("number", "编号"))


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before = set(readers())
    yield
    assert set(readers()) == before


def readers() -> list[psutil.Process]:
    """The children of this process that read files, zombies too."""
    found = psutil.Process().children()
    return [
        process for process in found if process.status() == "zombie" or reading.__file__ in process.cmdline()
    ]


def table(rows: int) -> io.BytesIO:
    return io.BytesIO(("姓名,编号\n" + "甲,1\n" * rows).encode())


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that stands in for the child's."""
    path = tmp_path / "reading.py"
    monkeypatch.setattr(reading, "__file__", str(path))
    return path


def test_rows_are_read_while_they_are_taken() -> None:
    with open_register(table(150_000), COLUMNS) as register:
        assert next(register.rows).number == 2
        assert len(readers()) == 1


def test_as_many_rows_as_allowed_are_given_before_one_more_is_refused() -> None:
    with open_register(table(5), COLUMNS, limit_rows=4) as register:
        assert [next(register.rows).number for _row in range(4)] == [2, 3, 4, 5]
        with pytest.raises(Invalid, match="too_many_rows"):
            next(register.rows)


def test_as_many_rows_as_the_limit_are_allowed_and_one_more_is_not() -> None:
    assert len(read_register(table(LIMIT_ROWS), COLUMNS).rows) == LIMIT_ROWS
    with pytest.raises(Invalid) as caught:
        read_register(table(LIMIT_ROWS + 1), COLUMNS)
    assert str(caught.value.detail) == f"数据超过 {LIMIT_ROWS} 行。分成几个文件，分别上传。"


def test_no_rows_are_given_once_the_block_is_left() -> None:
    with open_register(table(5_000), COLUMNS) as register:
        next(register.rows)
    with pytest.raises(ValueError, match="closed"):
        list(register.rows)


def test_a_child_that_is_killed_while_it_reads_is_told_as_such() -> None:
    with open_register(table(200_000), COLUMNS) as register:
        next(register.rows)
        readers()[0].send_signal(signal.SIGKILL)
        with pytest.raises(Invalid) as caught:
            list(register.rows)
    assert caught.value.code == "unreadable_file"
    assert "撑得太大" in str(caught.value.detail)


@pytest.mark.parametrize("end", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU])
def test_a_child_that_dies_at_once_is_told_as_such(program: Path, end: signal.Signals) -> None:
    program.write_text(f"import os\nos.kill(os.getpid(), {int(end)})\n", "utf-8")
    with pytest.raises(Invalid) as caught:
        read_register(SAMPLE, COLUMNS)
    assert caught.value.code == "unreadable_file"
    assert "撑得太大" in str(caught.value.detail)


@pytest.mark.parametrize("line", ["", "print('nonsense')", "raise ValueError", "print('x' * 9_000_000)"])
def test_a_child_that_talks_nonsense_or_nothing_is_no_harm(program: Path, line: str) -> None:
    program.write_text(line, "utf-8")
    with pytest.raises(Invalid, match="unreadable_file"):
        read_register(SAMPLE, COLUMNS)


def test_a_child_that_falls_silent_is_not_waited_for(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SILENCE", 0.5)
    program.write_text("import time\ntime.sleep(60)\n", "utf-8")
    with pytest.raises(Invalid, match="unreadable_file"):
        read_register(SAMPLE, COLUMNS)


def test_the_child_learns_nothing_of_our_environment(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGHUI_SECRET", "geheim")
    program.write_text(
        "import json, os, sys\n"
        "names = sorted(os.environ)\n"
        "told = {'columns': 2, 'filled': 0, 'rows': [['姓名', '编号']], 'refusal': {}}\n"
        "print(json.dumps({'name': ' '.join(names), **told}))\n"
        "print(json.dumps({'sheets': 1}), flush=True)\n"
        "sys.stdin.read()\n",  # it is told which rows are wanted, and must be there to hear it
        "utf-8",
    )
    with open_register(SAMPLE, COLUMNS) as register:
        assert set(register.sheet.split()) <= {"LANG", "LC_CTYPE", "PATH"}


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(child.MAX_FILE + 1)
    for source in (path, io.BytesIO(bytes(child.MAX_FILE + 1))):
        with pytest.raises(Invalid) as caught:
            read_register(source, COLUMNS)
        assert caught.value.code == "file_too_large"
        assert "50 MB" in str(caught.value.detail)


def test_a_workbook_cut_in_half_is_refused() -> None:
    content = SAMPLE.read_bytes()
    with pytest.raises(Invalid, match="unreadable_file"):
        read_register(io.BytesIO(content[: len(content) // 2]), COLUMNS)


def test_leaving_early_leaves_no_open_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _round in range(3):
        with open_register(table(50_000), COLUMNS) as register:
            next(register.rows)
    assert len(os.listdir("/proc/self/fd")) == before
