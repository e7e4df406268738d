"""Bodies of a union's term: which ones it must have, and how many seats each of them may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gonghui.sdk import FieldFault, Text, UnitOfWork, _, figure
from gonghui_organising.forms import seat_range


class Body(StrEnum):
    """工会委员会, 经费审查委员会 and 女职工委员会."""

    UNION = "union"
    AUDIT = "audit"
    WOMEN = "women"


class BodyForm(StrEnum):
    """A committee, or one person who does its work: an organiser, an audit or a women's commissioner."""

    COMMITTEE = "committee"
    COMMISSIONER = "commissioner"


BODIES: dict[str, Text] = {
    Body.UNION.value: _("工会委员会"),
    Body.AUDIT.value: _("经费审查委员会"),
    Body.WOMEN.value: _("女职工委员会"),
}
FORMS: dict[str, Text] = {BodyForm.COMMITTEE.value: _("委员会"), BodyForm.COMMISSIONER.value: _("委员一人")}


@dataclass(frozen=True)
class RequiredBody:
    """A body that a union has to have, in the forms that the law leaves open, with the reason and its basis."""

    body: Body
    forms: tuple[BodyForm, ...]
    is_duty: bool
    reason: Text
    basis: str


def required_bodies(uow: UnitOfWork, members: int, women: int) -> tuple[RequiredBody, ...]:
    """The bodies of a union with so many members, `women` of them women.

    Source: 工会法 Art. 11 (committee; women's committee or a commissioner), Art. 45 (audit committee at every level).
    """
    return (_union_body(uow, members), _audit_body(uow), _womens_body(uow, women))


def form_of(seats: int) -> BodyForm:
    """A body of one seat is a commissioner, not a committee."""
    return BodyForm.COMMISSIONER if seats == 1 else BodyForm.COMMITTEE


def faults_of_seats(
    uow: UnitOfWork, body: str, seats: int, members: int, women: int, pointer: str
) -> Iterator[FieldFault]:
    """What is wrong with so many seats of a body: an even number, one outside the table, a missing committee.

    Source: 工会基层组织选举工作条例 Art. 7 (odd numbers, table); 工会法 Art. 11 for women.
    """
    if seats % 2 == 0:
        yield FieldFault(pointer, "seats_even", _("委员人数应为单数。"))
    low, high, basis = _seats(uow, body, members)
    is_committee = seats > 1 or body == Body.UNION
    if is_committee and not low <= seats <= (high or seats):
        detail = _("委员人数应在 {low} 与 {high} 之间（{basis}）。", low=low, high=high, basis=basis)
        yield FieldFault(pointer, "seats_outside_table", detail)
    required = _womens_body(uow, women)
    if body == Body.WOMEN and form_of(seats) not in required.forms:
        yield FieldFault(pointer, "body_form", required.reason)


def _seats(uow: UnitOfWork, body: str, members: int) -> tuple[int, int, str]:
    """Least and most seats of a body and the basis; a most of 0 is no limit."""
    if body == Body.UNION:
        table = figure(uow, "organising.committee.seats")
        return *seat_range(table, members), table.basis
    if body == Body.AUDIT:
        span = figure(uow, "organising.audit_committee.seats")
        return span.value[0], span.value[1], span.basis
    return 1, 0, ""


def _union_body(uow: UnitOfWork, members: int) -> RequiredBody:
    threshold = figure(uow, "organising.committee.members_from")
    if members >= threshold.value:
        reason = _(
            "会员 {members} 人，达到 {n} 人，应当建立基层工会委员会。", members=members, n=threshold.value
        )
        return RequiredBody(Body.UNION, (BodyForm.COMMITTEE,), True, reason, threshold.basis)
    reason = _(
        "会员 {members} 人，不足 {n} 人，可以建立基层工会委员会，也可以选举组织员一人。",
        members=members,
        n=threshold.value,
    )
    return RequiredBody(
        Body.UNION, (BodyForm.COMMITTEE, BodyForm.COMMISSIONER), False, reason, threshold.basis
    )


def _audit_body(uow: UnitOfWork) -> RequiredBody:
    rule = figure(uow, "organising.audit_committee.required")
    reason = _("各级工会都要建立经费审查委员会；人数少的，设经费审查委员一人。")
    return RequiredBody(
        Body.AUDIT, (BodyForm.COMMITTEE, BodyForm.COMMISSIONER), bool(rule.value), reason, rule.basis
    )


def _womens_body(uow: UnitOfWork, women: int) -> RequiredBody:
    threshold = figure(uow, "organising.womens_committee.women_members_from")
    if women >= threshold.value:
        reason = _("女会员 {women} 人，达到 {n} 人，建立女职工委员会。", women=women, n=threshold.value)
        return RequiredBody(Body.WOMEN, (BodyForm.COMMITTEE,), True, reason, threshold.basis)
    reason = _(
        "女会员 {women} 人，不足 {n} 人，在工会委员会内设女职工委员一人。", women=women, n=threshold.value
    )
    return RequiredBody(Body.WOMEN, (BodyForm.COMMISSIONER,), True, reason, threshold.basis)
