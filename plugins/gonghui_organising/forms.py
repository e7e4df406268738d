"""The form adviser: which form of organisation the law asks for or allows, by number of members."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gonghui.sdk import Parameter, Text, UnitOfWork, _, figure


class Form(StrEnum):
    """Forms of 工会法 Art. 11. An organiser is not a committee, so no union is founded by electing one."""

    OWN_COMMITTEE = "own_committee"
    JOINT_COMMITTEE = "joint_committee"
    ORGANISER = "organiser"


@dataclass(frozen=True)
class Advice:
    """Lawful forms for an employer with so many members, the reason, and further duties and options."""

    members: int
    forms: tuple[Form, ...]
    is_duty: bool
    reason: Text
    basis: str
    seats: tuple[int, int]
    seats_basis: str
    remarks: tuple[Text, ...]


def advise(uow: UnitOfWork, members: int, headcount: int | None = None) -> Advice:
    """What an employer with `members` members shall or may do. The count is of members, not of staff.

    Source: 工会法 Art. 11 (committee), Art. 14 (full-time chair, by staff); 选举工作条例 Art. 7 (seats).
    """
    threshold = figure(uow, "organising.committee.members_from")
    seats = figure(uow, "organising.committee.seats")
    is_duty = members >= threshold.value
    if is_duty:
        forms: tuple[Form, ...] = (Form.OWN_COMMITTEE,)
        reason = _(
            "会员 {members} 人，达到 {n} 人，应当建立基层工会委员会。", members=members, n=threshold.value
        )
    else:
        forms = (Form.OWN_COMMITTEE, Form.JOINT_COMMITTEE, Form.ORGANISER)
        reason = _(
            "会员 {members} 人，不足 {n} 人：可以单独建立基层工会委员会，或与其他单位联合建立，或选举组织员一人。",
            members=members,
            n=threshold.value,
        )
    return Advice(
        members=members,
        forms=forms,
        is_duty=is_duty,
        reason=reason,
        basis=threshold.basis,
        seats=seat_range(seats, members),
        seats_basis=seats.basis,
        remarks=tuple(_remarks(uow, members, headcount)),
    )


def seat_range(table: Parameter, members: int) -> tuple[int, int]:
    """Least and most seats of a committee for so many members, by a table of seats."""
    for low, high, least, most in table.value:
        if low <= members and (members <= high or high == 0):
            return least, most
    return 0, 0


def _remarks(uow: UnitOfWork, members: int, headcount: int | None) -> list[Text]:
    remarks = []
    congress = figure(uow, "organising.congress.members_from")
    if members >= congress.value:
        remarks.append(
            _("会员达到 {n} 人，可以召开会员代表大会（{basis}）。", n=congress.value, basis=congress.basis)
        )
    full_time = figure(uow, "organising.full_time_chair.staff_from")
    if headcount is not None and headcount >= full_time.value:
        remarks.append(
            _("职工达到 {n} 人，可以设专职工会主席（{basis}）。", n=full_time.value, basis=full_time.basis)
        )
    return remarks
