"""Entering: what somebody tells, field by field, as the values of columns, with every fault by its pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import Text, _
from gonghui.parties.persons import enter_person, person_with_document
from gonghui.parties.told import fault_of_code, read_identity, told_employers
from gonghui.records.fields import Bound, Kind
from gonghui.records.pickers import choosable
from gonghui.tenancy.tenants import here
from gonghui.values.cards import bank_card
from gonghui.values.masks import is_masked
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

    References and parties are looked up for all rows of a field together. Nobody is entered before all is checked;
    a reference is checked also where no column keeps it.
    """
    columns: list[Columns] = [{} for _row in rows]
    faults: list[FieldFault] = []
    told: list[tuple[Bound, int, Any]] = []
    for bound in bounds:
        given = [(i, row[bound.name]) for i, row in enumerate(rows) if bound.name in row]
        places = {i: f"{pointer(i)}/{bound.name}" for i, _value in given}
        if bound.kind is Kind.REFERENCE:
            faults += _faults_of_references(uow, bound, given, places, permission)
        for index, value in given if bound.column is not None else ():
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


def refuse_unchoosable(uow: UnitOfWork, bounds: Sequence[Bound], values: Values, permission: str) -> None:
    """Raise `Invalid` where a reference among `values` may not be chosen, before anything follows from it."""
    faults: list[FieldFault] = []
    for bound in bounds:
        if bound.kind is Kind.REFERENCE and bound.name in values:
            given, places = [(0, values[bound.name])], {0: f"/{bound.name}"}
            faults += _faults_of_references(uow, bound, given, places, permission)
    if faults:
        raise invalid(*faults)


def is_person(uow: UnitOfWork, bound: Bound, value: Any, person_id: UUID) -> bool:
    """Whether what is told of a person means this one; nothing shows of anybody else."""
    if bound.kind is Kind.REFERENCE:
        return bool(value == person_id)
    identity, _faults = read_identity(uow, value)
    known = person_with_document(uow, identity.document_kind, identity.id_number) if identity else None
    return known is not None and known.id == person_id and known.name == identity.name  # type: ignore[union-attr]


def _read(uow: UnitOfWork, bound: Bound, value: Any, pointer: str) -> tuple[Any, list[FieldFault]]:
    if isinstance(value, str):
        value = value.strip() or None
    if value is None and (bound.field.required or not bound.may_be_null):
        return None, [FieldFault(pointer, "required", _("请填写{field}。", field=bound.field.title))]
    if value is not None and bound.kind is Kind.SENSITIVE and bound.column is not None:
        return _read_sensitive(uow, bound, value, pointer)
    return value, []


def _read_sensitive(
    uow: UnitOfWork, bound: Bound, text: str, pointer: str
) -> tuple[str | None, list[FieldFault]]:
    """A text to be sealed. What was read masked and is sent back as it came would destroy what is kept."""
    kind = bound.column.info["sensitive"]  # type: ignore[union-attr]
    if is_masked(kind, text):
        message = _(
            "这是隐去的显示，不是内容。填写完整的{field}，不改就不要提交这一项。", field=bound.field.title
        )
        return None, [FieldFault(pointer, "masked_value", message)]
    reader = _READERS.get(kind) if bound.field.checked else None
    if reader is None:
        return text, []
    read, code, message = reader(uow, text)
    return read, [] if read else [FieldFault(pointer, code, message)]


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
