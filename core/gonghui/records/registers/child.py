"""The child process that reads a stranger's file: started without our secrets, listened to, never left behind."""

from __future__ import annotations

import fcntl
import logging
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import orjson

from gonghui.errors import Invalid
from gonghui.i18n import Text, _
from gonghui.records.registers import reading

_MEGABYTE = 1024 * 1024
MAX_FILE = 50 * _MEGABYTE
SILENCE = 120.0
"""Seconds that the child may take for its next line; its time on the processor is limited besides."""
_MAX_LINE = 8 * _MEGABYTE
_CHUNK = 1 << 20
_AHEAD = 1 << 20  # of what is told: a batch that nobody listens to yet keeps nobody from reading the next
_OWN_CODES = ("mixed_encodings", "too_many_columns", "too_many_rows")
_EXHAUSTED = _(
    "表格撑得太大，读不下去。删掉数据下面和右边多余的行列，只留名册这一张表，另存为 .xlsx，再上传。"
)
_DAMAGED = _("文件已损坏，打不开。在表格软件里打开原文件，另存为 .xlsx，再上传。")
_SENTENCES: Mapping[str, Text] = {
    "empty": _("文件是空的。检查是否选错了文件。"),
    "password_or_xls": _("文件设有密码，或是旧的 .xls 格式。去掉密码，另存为 .xlsx，再上传。"),
    "no_workbook": _("这不是 Excel 工作簿。在表格软件里打开，另存为 .xlsx，再上传。"),
    "no_xlsx": _("这不是 .xlsx 工作簿。在表格软件里打开，另存为 .xlsx，再上传。"),
    "no_text": _("这不是文字表格。在表格软件里打开原文件，另存为 .xlsx，再上传。"),
    "password": _("文件设有密码。去掉密码，再上传。"),
    "unpacked_too_large": _("文件解压后太大。只留名册这一张表，另存为 .xlsx，再上传。"),
    "text_too_long": _("单元格里的文字太长太多。只留名册这一张表，另存为 .xlsx，再上传。"),
    "encoding": _("认不出文件的文字编码。在表格软件里打开原文件，另存为 .xlsx，再上传。"),
    "mixed_encodings": _(
        "文件里混有两种文字编码，第 {line} 行与前面的不同。把各部分分别打开，合到一个 .xlsx 里，再上传。"
    ),
    "quotes": _("第 {line} 行的引号没有配对。补上或删掉引号，再上传。"),
    "too_many_columns": _("表格有 {columns} 列，最多读 {limit} 列。删掉数据右边多余的列，再上传。"),
    "too_many_rows": _("数据超过 {limit} 行。分成几个文件，分别上传。"),
    "exhausted": _EXHAUSTED,
    "damaged": _DAMAGED,
}

_log = logging.getLogger(__name__)


def refusal(code: str, **params: Any) -> Invalid:
    """What to raise when a file is not read for the reason that the child calls `code`."""
    sentence = _SENTENCES.get(code, _DAMAGED)
    if code == "too_many_columns":
        params["limit"] = reading.MAX_COLUMNS
    return Invalid(code if code in _OWN_CODES else "unreadable_file", Text(sentence.message, params))


class Child:
    """A child at work on one file."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._heard = bytearray()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        self._stdin, self._stdout = process.stdin, process.stdout

    @property
    def told_by(self) -> int:
        """The descriptor by which the child tells."""
        return self._stdout.fileno()

    def hear(self) -> Any:
        """The child's next message. Raises `Invalid` when it is a refusal, or when the child is no more."""
        try:
            message = orjson.loads(self._line())
        except orjson.JSONDecodeError as error:
            raise refusal("damaged") from error
        if isinstance(message, dict) and (code := message.pop("error", None)):
            raise refusal(code, **message)
        return message

    def order(self, sheet: int, first: int) -> None:
        """Have the rows of a sheet told, from row `first`."""
        try:
            self._stdin.write(orjson.dumps({"sheet": sheet, "first": first}) + b"\n")
            self._stdin.flush()
        except BrokenPipeError:
            self._raise_for_death()

    def dismiss(self) -> None:
        """End the child whatever it does, and take note of its end so that no zombie stays."""
        self._process.kill()
        self._process.wait()
        self._stdout.close()
        with suppress(BrokenPipeError):  # an order that was not read any more
            self._stdin.close()

    def _line(self) -> bytes:
        searched, until = 0, time.monotonic() + SILENCE
        while (end := self._heard.find(b"\n", searched)) < 0:
            searched = len(self._heard)
            if searched > _MAX_LINE:
                raise refusal("text_too_long")
            self._heard += self._chunk(until)
        line = bytes(self._heard[:end])
        del self._heard[: end + 1]
        return line

    def _chunk(self, until: float) -> bytes:
        poll = select.poll()  # unlike select it knows no highest descriptor
        poll.register(self._stdout, select.POLLIN)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise refusal("exhausted")
        chunk = os.read(self._stdout.fileno(), _CHUNK)
        if not chunk:
            self._raise_for_death()
        return chunk

    def _raise_for_death(self) -> NoReturn:
        try:
            code = self._process.wait(SILENCE)
        except subprocess.TimeoutExpired:
            raise refusal("exhausted") from None
        if code < 0:
            _log.warning("the reading of a register ended by signal %s", -code)
            raise refusal("exhausted")
        _log.error("the reading of a register ended with %s", code)
        raise refusal("damaged")


@contextmanager
def child_at(source: Path | BinaryIO) -> Iterator[Child]:
    """A child that reads `source`, for the length of the block. Raises `Invalid`."""
    with _opened(source) as file:
        process = subprocess.Popen(
            [sys.executable, "-I", reading.__file__, str(file.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(file.fileno(),),
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            cwd="/",
        )
        child = Child(process)
        try:
            with suppress(OSError):  # where the system has none to spare, it goes without
                fcntl.fcntl(child.told_by, fcntl.F_SETPIPE_SZ, _AHEAD)
            yield child
        finally:
            child.dismiss()


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file of our own; a stream is copied, because its `name` may be that of a form's field."""
    if not isinstance(source, Path):
        with tempfile.TemporaryFile() as copy:
            source.seek(0)
            _copy(source, copy)
            yield copy
        return
    if not source.is_file():
        raise Invalid("unreadable_file", _("没有这个文件：{path}。", path=source))
    with source.open("rb") as file:
        if os.fstat(file.fileno()).st_size > MAX_FILE:
            raise _file_too_large()
        yield file


def _copy(source: BinaryIO, copy: BinaryIO) -> None:
    while chunk := source.read(_CHUNK):
        if copy.tell() + len(chunk) > MAX_FILE:
            raise _file_too_large()
        copy.write(chunk)
    copy.flush()
    copy.seek(0)


def _file_too_large() -> Invalid:
    return Invalid(
        "file_too_large",
        _("文件超过 {limit} MB。只留名册这一张表，或分成几个文件，再上传。", limit=MAX_FILE // _MEGABYTE),
    )
