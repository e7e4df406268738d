"""Who an applicant is: real-name data checked as it is entered (会员实名制, domain §1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from gonghui.sdk import (
    Conflict,
    FieldFault,
    Identity,
    Invalid,
    Person,
    UnitOfWork,
    _,
    bank_card,
    clock,
    figure,
    full_years,
    has_phone,
    here,
    invalid,
    mobile,
    person_with_document,
    told_identity,
    visible,
)
from gonghui_organising.member_words import new_form_groups
from gonghui_organising.membership import Membership

READ = "organising.member.read"


def read_entry(uow: UnitOfWork, values: Mapping[str, Any]) -> tuple[Identity, dict[str, Any]]:
    """Identity and facts of a person as they were entered. Raises `Invalid` with the faults of both."""
    try:
        identity = read_identity(uow, values)
    except Invalid as faulty:
        try:
            read_facts(uow, values)
        except Invalid as more:
            raise invalid(*faulty.faults, *more.faults) from None
        raise
    return identity, read_facts(uow, values)


def read_identity(uow: UnitOfWork, values: Mapping[str, Any]) -> Identity:
    """Name and document of a person as they were entered. Raises `Invalid` with every fault."""
    identity, faults = told_identity(uow, values)
    if identity is not None:
        told_apart = identity.born_on is not None and identity.born_on == values.get("born_on")
        faults += _fault_of_age(uow, identity.born_on, "/born_on" if told_apart else "/id_number")
    if identity is None or faults:
        raise invalid(*faults)
    return identity


def _fault_of_age(uow: UnitOfWork, born_on: date | None, pointer: str) -> list[FieldFault]:
    """Nobody below the age at which one may work. Source: 劳动法 Art. 15; the age comes as a parameter."""
    least: int = figure(uow, "organising.membership.minimum_age").value
    if born_on is None or (born_on <= clock.today() and full_years(born_on, clock.today()) >= least):
        return []
    return [FieldFault(pointer, "under_16", _("未满 {age} 周岁，不能入会。核对出生日期。", age=least))]


def read_facts(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """Phone, bank card and plain facts among the values, as a person's columns. Raises `Invalid`."""
    plain = ("ethnicity", "political_status", "education", "household_kind", "is_migrant_worker")
    facts = {name: values[name] for name in plain if name in values}
    faults: list[FieldFault] = []
    if "phone" in values:
        phone = values["phone"]
        facts["phone"] = mobile(phone, demo_numbers=here(uow).is_demo) if phone else None
        if phone and facts["phone"] is None:
            faults.append(FieldFault("/phone", "phone_malformed", _("不是 11 位的手机号码。")))
    if "bank_card" in values:
        card = values["bank_card"]
        facts["bank_card"] = bank_card(card) if card else None
        if card and facts["bank_card"] is None:
            faults.append(FieldFault("/bank_card", "bank_card_malformed", _("不是有效的银行卡号。")))
    group = values.get("new_form_group")
    if group and group not in new_form_groups(uow).values():
        message = _("没有这个就业群体。可用：{known}。", known=sorted(set(new_form_groups(uow).values())))
        faults.append(FieldFault("/new_form_group", "group_unknown", message))
    if faults:
        raise invalid(*faults)
    return facts


def refuse_likely_duplicate(uow: UnitOfWork, identity: Identity, phone: str | None) -> None:
    """Ask back where somebody of this name and phone is known under another document.

    Asks among the members in the caller's sight only: elsewhere it would tell who is one. Raises
    `Conflict("possible_duplicate")`.
    """
    if not phone:
        return
    mine = visible(uow.principal, READ, Membership.__table__.c.org_unit_id)
    same = select(Person.id).where(
        Person.id.in_(select(Membership.person_id).where(mine)),
        has_phone(uow, phone),
        Person.name == identity.name,
        Person.merged_into_id.is_(None),
    )
    alike = set(uow.session.scalars(same.limit(2)))
    known = person_with_document(uow, identity.document_kind, identity.id_number) if alike else None
    if alike - ({known.id} if known else set()):
        raise Conflict(
            "possible_duplicate",
            _("已有同名、同手机号而证件不同的人。核对证件；确实是两个人，再确认一次。"),
            extra={"confirm_with": "is_another_person"},
        )
