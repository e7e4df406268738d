"""Entering: what somebody tells, field by field, as the values of columns, with every fault by its pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import Text, _
from gonghui.parties.persons import enter_person
from gonghui.parties.told import fault_of_code, read_identity, told_employers
from gonghui.records.fields import Bound, Kind
from gonghui.records.pickers import choosable
from gonghui.tenancy.tenants import here
from gonghui.values.cards import bank_card
from gonghui.values.phones import mobile

Values = Mapping[str, Any]
Columns = dict[str, Any]


def entered(uow: UnitOfWork, bounds: Sequence[Bound], values: Values, permission: str) -> Columns:
    """Columns for the fields among `values`. Raises `Invalid` with everything that is wrong."""
    return entered_each(uow, bounds, [values], permission, lambda _index: "")[0]


def entered_each(
    uow: UnitOfWork, bounds: Sequence[Bound], rows: Sequence[Values], permission: str, pointer: Any
) -> list[Columns]:
    """Columns for each of `rows`; `pointer(index)` leads to one of them. Raises `Invalid`.

    References and parties are looked up for all rows of a field together. Nobody is entered before all is checked.
    """
    columns: list[Columns] = [{} for _row in rows]
    faults: list[FieldFault] = []
    told: list[tuple[Bound, int, Any]] = []
    for bound in bounds:
        given = [
            (i, row[bound.name])
            for i, row in enumerate(rows)
            if bound.name in row and bound.column is not None
        ]
        places = {i: f"{pointer(i)}/{bound.name}" for i, _value in given}
        if bound.kind is Kind.REFERENCE:
            faults += _faults_of_references(uow, bound, given, places, permission)
        for index, value in given:
            if value is not None and bound.kind in (Kind.PERSON, Kind.EMPLOYER):
                found, more = _read_party(uow, bound, value, places[index])
                told.append((bound, index, found))
            else:
                columns[index][bound.column.name], more = _read(uow, bound, value, places[index])  # type: ignore[union-attr]
            faults += more
    if faults:
        raise invalid(*faults)
    _enter_parties(uow, told, columns)
    return columns


def _read(uow: UnitOfWork, bound: Bound, value: Any, pointer: str) -> tuple[Any, list[FieldFault]]:
    if isinstance(value, str):
        value = value.strip() or None
    if value is None and bound.field.required:
        return None, [FieldFault(pointer, "required", _("请填写{field}。", field=bound.field.title))]
    if (
        value is not None
        and bound.kind is Kind.SENSITIVE
        and bound.column is not None
        and bound.field.checked
    ):
        reader = _READERS.get(bound.column.info["sensitive"])
        if reader is not None:
            read, code, message = reader(uow, value)
            return read, [] if read else [FieldFault(pointer, code, message)]
    return value, []


def _phone(uow: UnitOfWork, text: str) -> tuple[str | None, str, Text]:
    number = mobile(text, demo_numbers=here(uow).is_demo)
    return number, "phone_malformed", _("不是 11 位的手机号码。")


def _card(_uow: UnitOfWork, text: str) -> tuple[str | None, str, Text]:
    return bank_card(text), "bank_card_malformed", _("不是有效的银行卡号。")


#: How a sensitive text is read, by its kind; others are kept as they were typed.
_READERS: Mapping[str, Any] = {"phone": _phone, "bank_card": _card}


def _faults_of_references(
    uow: UnitOfWork,
    bound: Bound,
    given: Sequence[tuple[int, Any]],
    places: Mapping[int, str],
    permission: str,
) -> list[FieldFault]:
    allowed = choosable(uow, bound, permission, {value for _i, value in given if value is not None})
    message = _("没有这个{field}，或无权选用。", field=bound.field.title)
    return [
        FieldFault(places[index], "not_choosable", message)
        for index, value in given
        if value is not None and value not in allowed
    ]


def _read_party(uow: UnitOfWork, bound: Bound, value: Values, pointer: str) -> tuple[Any, list[FieldFault]]:
    if bound.kind is Kind.EMPLOYER:
        return value, fault_of_code(uow, value.get("uscc"), f"{pointer}/uscc")
    identity, faults = read_identity(uow, value, pointer)
    if value.get("phone"):
        phone, code, message = _phone(uow, value["phone"])
        faults += [] if phone else [FieldFault(f"{pointer}/phone", code, message)]
        return (identity, {"phone": phone}), faults
    return (identity, {}), faults


def _enter_parties(
    uow: UnitOfWork, told: Sequence[tuple[Bound, int, Any]], columns: Sequence[Columns]
) -> None:
    employers = [(bound, index, value) for bound, index, value in told if bound.kind is Kind.EMPLOYER]
    for (bound, index, _value), found in zip(
        employers,
        told_employers(uow, [value for _b, _i, value in employers]) if employers else (),
        strict=True,
    ):
        columns[index][bound.column.name] = found.id  # type: ignore[union-attr]
    for bound, index, value in told:
        if bound.kind is Kind.PERSON:
            identity, facts = value
            person, _is_new = enter_person(uow, identity, facts)
            columns[index][bound.column.name] = person.id  # type: ignore[union-attr]
