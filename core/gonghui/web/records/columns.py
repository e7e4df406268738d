"""Which columns a list shows: those that the reader has chosen on this browser, else as many as there is room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from gonghui.i18n import Text, _
from gonghui.records.record_types import RecordType
from gonghui.web.navigation import list_path
from gonghui.web.page import here
from gonghui.web.records.values import Value, values_of

#: How much room there is in all, and on a small window, in characters of an export; and what always takes some.
_WIDTH, _NARROW = 150, 104
_STATE, _DUE, _UNIT = 12, 22, 24
_SHORT_NAME = 16
#: The class of the cells of days.
_DAY = "date"
#: Columns that are no values: the nearest deadline, and the unit.
DUE, UNIT = "due", "org_unit"
#: What the form of the choice sends: each column by its key, and what is to be done with them.
_COLUMN, _ACT, _CHOSEN = "column", "columns", "chosen"
_COOKIE, _BETWEEN, _YEAR = "columns", ".", 31_536_000


@dataclass(frozen=True)
class Columns:
    """What a list shows of each record: the first value as its name, then others, days last; with each its class."""

    name: Value | None
    others: tuple[tuple[Value, str], ...]
    days: tuple[tuple[Value, str], ...]
    has_due: bool
    has_unit: bool
    #: Every column that can be had: its key, its title, and whether it is shown.
    offered: tuple[tuple[str, Text, bool], ...]
    is_own_choice: bool

    @property
    def name_css(self) -> str:
        """The class of the cells of names: people's are short."""
        is_short = self.name is not None and self.name.width <= _SHORT_NAME
        return "name short" if is_short else "name"


def columns_of(kind: RecordType, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The columns of a list, as they were chosen or as there is room for; the unit where it says more than the name."""
    values = values_of(kind, listed=True)
    name, others = (values[0] if values else None), values[1:]
    chosen = _kept()
    roomy: frozenset[str] = frozenset()
    if chosen is None:
        has_due = bool(kind.deadlines)
        has_unit = any(name is None or name.text(row) != row["org_unit_name"] for row in rows)
        always = (name.width if name else _STATE) + _STATE + _UNIT * has_unit + _DUE * has_due
        shown, roomy = _with_room(others, always)
    else:
        has_due, has_unit = DUE in chosen and bool(kind.deadlines), UNIT in chosen
        shown = [value for value in others if value.key in chosen]
    keys = {value.key for value in shown}
    of_deadlines = ((DUE, _("期限"), has_due),) if kind.deadlines else ()
    of_values = tuple((value.key, value.title, value.key in keys) for value in others)
    return Columns(
        name,
        tuple((value, _css(value, roomy)) for value in shown if value.css != _DAY),
        tuple((value, _css(value, roomy)) for value in shown if value.css == _DAY),
        has_due,
        has_unit,
        (*of_deadlines, *of_values, (UNIT, _("所属组织"), has_unit)),
        is_own_choice=chosen is not None,
    )


def is_chosen() -> bool:
    """Whether the request says which columns the list shall have from now on."""
    return _ACT in request.args


def remembered(kind: RecordType) -> Response:
    """Back to the list; this browser keeps which columns were chosen, or that it is for the list to choose."""
    answer = redirect(here(**{_ACT: None, _COLUMN: None}), 303)
    path = list_path(kind)
    if request.args[_ACT] == _CHOSEN:
        known = [*(value.key for value in values_of(kind, listed=True)), DUE, UNIT]
        wanted = set(request.args.getlist(_COLUMN))
        kept = _BETWEEN.join(key for key in known if key in wanted)
        secure = request.is_secure
        answer.set_cookie(
            _COOKIE, kept, max_age=_YEAR, path=path, secure=secure, httponly=True, samesite="Lax"
        )
    else:
        answer.delete_cookie(_COOKIE, path=path)
    return answer


def _kept() -> frozenset[str] | None:
    """Keys of the columns that this browser remembers; the cookie is sent to the list's own address alone."""
    kept = request.cookies.get(_COOKIE)
    return None if kept is None else frozenset(kept.split(_BETWEEN))


def _css(value: Value, roomy: frozenset[str]) -> str:
    """The class of a value's cells; `roomy` are those that a small window has no room for."""
    return f"{value.css} roomy".strip() if value.key in roomy else value.css


def _with_room(values: Sequence[Value], used: int) -> tuple[list[Value], frozenset[str]]:
    """As many as there is room for beside what is `used`, and which of them a small window leaves out."""
    shown, roomy = [], set()
    for value in values:
        width = max(value.width, 2 * len(str(value.title)) + 2)
        if used + width <= _WIDTH:
            used += width
            shown.append(value)
            roomy |= {value.key} if used > _NARROW else set()
    return shown, frozenset(roomy)
