"""Registers as they come in a form: their size and their name."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from werkzeug.datastructures import FileStorage

from gonghui.records.registers.cells import text
from gonghui.records.registers.sheets import MAX_FILE

LARGEST_BODY = MAX_FILE + 256 * 1024
"""The file, and the form around it."""
_LONGEST_NAME = 200


def name_of(file: FileStorage) -> str:
    """The name without the folders that some browsers tell, and nothing invisible in it."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    return text(name)[-_LONGEST_NAME:]


def size_of(file: FileStorage) -> int:
    """Its bytes."""
    size = file.stream.seek(0, os.SEEK_END)
    file.stream.seek(0)
    return size
