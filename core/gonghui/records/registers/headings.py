"""Finds the header of a table among its first rows: one row, or up to three with merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gonghui.records.registers.cells import is_empty, likeness, text

HEADER_LINES = 3

_STARS = {ord(star): None for star in "*★☆※▲●△#"}
_NOTE = re.compile(
    r"[(\[【][^()\[\]【】]*(?:必填|选填|不填|填写(?!人)|可选|可空|格式|例如|单选|多选|下拉|本人|\d+位)[^()\[\]【】]*[)\]】]"
)
"""A note on how to fill in. Other brackets belong to the heading: 会员人数(女) is another column."""


@dataclass(frozen=True)
class Column:
    """A column that a register may have; a file without a required one is refused.

    `sensitive` is the kind of a sensitive field, such as `id_number` or `phone`.
    """

    key: str
    heading: str
    synonyms: Sequence[str] = ()
    required: bool = True
    sensitive: str | None = None


@dataclass(frozen=True)
class Header:
    """Where each known column stands, from 0, what it is called in the file, and what else there is.

    `row` is the line that knows the most headings and `last` the last line, both from 1. `lines` hold, for each
    line of the header, the likenesses of its cells in the known columns, by place.
    """

    row: int = 0
    last: int = 0
    places: Mapping[str, int] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    lines: Sequence[Mapping[int, str]] = ()


def heading_likeness(value: object) -> str:
    """What all spellings of one heading share: stars and notes on how to fill in do not count."""
    alike = likeness(value).translate(_STARS)
    return _NOTE.sub("", alike) if alike.endswith((")", "]", "】")) else alike


class Vocabulary:
    """The headings that mean a column: those of the columns, and before them those of `synonyms`.

    `synonyms` map a heading to a column key, or to "" where it is to be left out without a word.
    """

    def __init__(self, columns: Iterable[Column], synonyms: Mapping[str, str] | None = None) -> None:
        built_in = {
            heading_likeness(heading): column.key
            for column in columns
            for heading in (column.heading, *column.synonyms)
        }
        keys = {*built_in.values(), ""}
        own = {heading_likeness(heading): key for heading, key in (synonyms or {}).items() if key in keys}
        self._by_rank = (own, {heading: key for heading, key in built_in.items() if heading not in own})

    def places(self, cells: Sequence[object]) -> dict[str, int]:
        """Where each known column stands in a row. The first of two equal headings counts."""
        marks = [heading_likeness(cell) for cell in cells]
        places: dict[str, int] = {}
        for known in self._by_rank:
            for place, mark in enumerate(marks):
                if (key := known.get(mark)) and place not in places.values():
                    places.setdefault(key, place)
        return places

    def has(self, cell: object) -> bool:
        """Whether the cell is a heading that means a column."""
        mark = heading_likeness(cell)
        return any(known.get(mark) for known in self._by_rank)

    def leaves_out(self, cell: object) -> bool:
        """Whether the cell is a heading that is to be left out without a word."""
        return self._by_rank[0].get(heading_likeness(cell)) == ""


def find_header(rows: Sequence[Sequence[object]], vocabulary: Vocabulary) -> Header:
    """The row that knows the most columns, with the lines above and below that belong to it."""
    if not rows:
        return Header()
    found = [vocabulary.places(cells) for cells in rows]
    best = max(range(len(rows)), key=lambda index: len(found[index]))
    spans = [
        range(top, bottom + 1)
        for top in range(best, max(best - HEADER_LINES, -1), -1)
        for bottom in range(best, min(best + HEADER_LINES, len(rows)))
        if bottom - top < HEADER_LINES and _may_be_below(rows[best + 1 : bottom + 1], found[best], vocabulary)
    ]
    joined = [_joined(span, best, rows, found) for span in spans]
    chosen = max(range(len(spans)), key=lambda index: (len(joined[index]), -len(spans[index])))
    return _header(rows, spans[chosen], best, joined[chosen], vocabulary)


def _may_be_below(
    rows: Sequence[Sequence[object]], places: Mapping[str, int], vocabulary: Vocabulary
) -> bool:
    """Below a heading, a further line of the header has nothing (merged cells) or a heading, never data."""
    below = (_cell(cells, place) for cells in rows for place in places.values())
    return all(is_empty(cell) or vocabulary.has(cell) for cell in below)


def _joined(
    span: range, best: int, rows: Sequence[Sequence[object]], found: Sequence[Mapping[str, int]]
) -> dict[str, tuple[int, int]]:
    """Row and place of each column that the lines of `span` know together; the best line has precedence."""
    joined: dict[str, tuple[int, int]] = {}
    for index in sorted(span, key=lambda index: abs(index - best)):
        for key, place in found[index].items():
            taken = key in joined or any(place == other for _row, other in joined.values())
            # Above, only a merged cell is a heading: above another heading it is a form's label or a group's.
            merged = all(is_empty(_cell(rows[between], place)) for between in range(index + 1, best + 1))
            if not taken and merged:
                joined[key] = (index, place)
    return joined


def _header(
    rows: Sequence[Sequence[object]],
    span: range,
    best: int,
    joined: Mapping[str, tuple[int, int]],
    vocabulary: Vocabulary,
) -> Header:
    places = {key: place for key, (_row, place) in joined.items()}
    known = set(places.values())
    unknown = [
        lowest
        for place in range(max(len(rows[index]) for index in span))
        if place not in known and not is_empty(lowest := _lowest([rows[index] for index in span], place))
    ]
    return Header(
        row=best + 1,
        last=span[-1] + 1,
        places=places,
        headings={key: text(rows[index][place]) for key, (index, place) in joined.items()},
        ignored=[text(cell) for cell in unknown if not vocabulary.leaves_out(cell)],
        lines=[_marks(rows[index], known) for index in span],
    )


def _marks(cells: Sequence[object], known: Iterable[int]) -> Mapping[int, str]:
    marks = {place: heading_likeness(_cell(cells, place)) for place in sorted(known)}
    return {place: mark for place, mark in marks.items() if mark}


def _lowest(lines: Sequence[Sequence[object]], place: int) -> object:
    """What stands lowest in a column of the header: above it are titles of groups."""
    return next((cell for line in reversed(lines) if not is_empty(cell := _cell(line, place))), "")


def _cell(cells: Sequence[object], place: int) -> object:
    return cells[place] if place < len(cells) else ""
