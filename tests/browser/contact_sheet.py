"""The contact sheet: every page of a run at every width, beside one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

_CELL, _GAP, _LABEL = 420, 16, 20
_TALLEST = 620


def write_sheet(folder: Path, pictures: Mapping[tuple[str, str], bytes]) -> None:
    """Write the pictures, and a sheet of all of them, a page in each row and a width in each column."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    pages = list(dict.fromkeys(name for name, _width in pictures))
    widths = list(dict.fromkeys(width for _name, width in pictures))
    for number, start in enumerate(range(0, len(pages), 8), 1):
        _sheet(pages[start : start + 8], widths, pictures).save(
            folder / f"sheet-{number}.png", compress_level=1
        )
    for (name, width), content in pictures.items():
        file = f"{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_')}-{width.rstrip('%')}.png"
        (folder / file).write_bytes(content)


def _sheet(pages: list[str], widths: list[str], pictures: Mapping[tuple[str, str], bytes]) -> Image.Image:
    rows = [[_small(pictures.get((name, width))) for width in widths] for name in pages]
    heights = [max(cell.height for cell in row) + _LABEL + _GAP for row in rows]
    sheet = Image.new("RGB", (len(widths) * (_CELL + _GAP) + _GAP, sum(heights) + _GAP), "#777")
    draw, top = ImageDraw.Draw(sheet), _GAP
    for name, row, height in zip(pages, rows, heights, strict=True):
        draw.text((_GAP, top), name, fill="white")
        for column, cell in enumerate(row):
            sheet.paste(cell, (_GAP + column * (_CELL + _GAP), top + _LABEL))
        top += height
    return sheet


def _small(content: bytes | None) -> Image.Image:
    if content is None:
        return Image.new("RGB", (_CELL, _LABEL), "#777")
    picture = Image.open(BytesIO(content)).convert("RGB")
    shown = min(picture.height, _TALLEST * picture.width // _CELL)
    size = (_CELL, max(1, round(shown * _CELL / picture.width)))
    return picture.resize(size, box=(0, 0, picture.width, shown), reducing_gap=2.0)
