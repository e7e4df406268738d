"""What a union above hands out on paper: the reply that founds a union, a legal person's certificate, a member's card.

Each says what the record holds and leaves the rest to a hand and a seal (domain §1.4 to §1.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from gonghui.sdk import PrintForm, UnitOfWork, _, here
from gonghui_organising.membership import MembershipState
from gonghui_organising.papers import of_admission, upper_name
from gonghui_organising.union import CommitteeTerm, GrassrootsUnion, PaperKind, UnionState


def of_reply(uow: UnitOfWork, union: GrassrootsUnion) -> Mapping[str, Any]:
    """The first committee, as long as there has been no other. Street or district reply: their seal says which."""
    wanted = select(CommitteeTerm).where(CommitteeTerm.union_id == union.id)
    terms = uow.session.scalars(wanted).all()
    first = terms[0] if len(terms) == 1 and union.approval_no else None
    return {
        "founded_on": in_words(union.founded_on),
        "seats": str(first.seats or "") if first else "",
        "years": str(first.years) if first else "",
        "chair_name": union.chair_name or "" if first else "",
        "term": (in_words(first.started_on), in_words(first.ends_on)) if first else ("", ""),
    }


def of_registration(uow: UnitOfWork, record: Any) -> Mapping[str, Any]:
    """The union that is registered, and the federation that registers it."""
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, record.union_id))
    return {
        "union": union,
        "upper_name": upper_name(uow, union),
        "registrar": here(uow).name,
        "founded_on": in_words(union.founded_on),
        "issued_on": in_words(record.issued_on),
        "valid_to": in_words(record.valid_to),
    }


def of_card(uow: UnitOfWork, membership: Any) -> Mapping[str, Any]:
    """The union that keeps the membership, and since when."""
    return {**of_admission(uow, membership), "joined_on": in_words(membership.joined_on)}


def in_words(day: date | None) -> str:
    """A day as papers write it; nothing for none."""
    return f"{day.year}年{day.month}月{day.day}日" if day is not None else ""


UNION_FORMS = (
    PrintForm(
        "reply",
        _("建会批复"),
        "organising/founding_reply.html",
        frozenset({UnionState.APPROVED.value}),
        PaperKind.OFFICIAL_REPLY.value,
        of_reply,
    ),
)
MEMBER_FORMS = (
    PrintForm(
        "card",
        _("会员证"),
        "organising/membership_card.html",
        frozenset(
            state.value
            for state in (MembershipState.ACTIVE, MembershipState.RETAINED, MembershipState.TRANSFERRING)
        ),
        told=of_card,
    ),
)
REGISTRATION_FORMS = (
    PrintForm(
        "application",
        _("法人登记申请表"),
        "organising/legal_person_application.html",
        frozenset({"applied", "returned", "renewing"}),
        "application",
        of_registration,
    ),
    PrintForm(
        "certificate",
        _("法人资格证书"),
        "organising/legal_person_certificate.html",
        frozenset({"registered", "renewing"}),
        told=of_registration,
    ),
)
