"""Deadlines of records: set by the law of their day, met or late, standing still, extended, and firm in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gonghui.audit.entries import AuditEntry
from gonghui.audit.replay import replay
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, Invalid, NotFound
from gonghui.i18n import locale
from gonghui.records.calendar_changes import (
    put_override,
    remove_override,
    vouch_for_year,
    withdraw_year,
)
from gonghui.records.deadline_changes import extend_deadline, resume_deadline, suspend_deadline
from gonghui.records.deadline_rules import DeadlineRule, warning
from gonghui.records.deadlines import (
    Deadline,
    cancel_deadline,
    deadlines_of,
    forget_deadlines,
    meet_deadline,
    refile_deadlines,
    set_deadline,
    set_deadlines,
)
from gonghui.tenancy.parameters import PACKS, Parameter
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.values.time_limits import LimitUnit, TimeLimit
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import drafted

Rules = dict[str, DeadlineRule]
FIRST = date(2024, 2, 1)
DAYS = LimitUnit.DAYS


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow("east") as uow:
        yield uow


@pytest.fixture
def union(shared_federation: Federation, uow: UnitOfWork) -> GrassrootsUnion:
    """A record that may have deadlines."""
    return union_at(uow, shared_federation, "garden")


def union_at(uow: UnitOfWork, federation: Federation, unit: str) -> GrassrootsUnion:
    union = uow.session.get(GrassrootsUnion, (uow.tenant_id, drafted(uow, federation.units[unit])))
    assert union is not None
    return union


def test_a_deadline_says_when_why_and_by_what_law(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    deadline = set_deadline(uow, union, rules["reply"], FIRST)
    assert (deadline.due_on, deadline.is_provisional, deadline.state) == (date(2024, 2, 18), False, "open")
    assert (deadline.parameter_version, deadline.basis) == ("nation@2016-01-01", "示例办法第一条")
    assert (deadline.record_type, deadline.org_unit_id) == ("organising.grassroots_union", union.org_unit_id)
    assert "第 15 日是2024年2月16日" in str(deadline.reason)
    with locale("en"):
        assert "day 15 is 16 February 2024" in str(deadline.reason)
    assert deadlines_of(uow, union.id) == [deadline]


def test_the_length_is_that_of_the_law_on_the_day_from_which_it_counts(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    code = rules["reply"].parameter
    PACKS.add(Parameter(code, "nation/guangdong", 20, "days", date(2025, 1, 1), None, "示例条例", "D"))
    assert set_deadline(uow, union, rules["reply"], date(2024, 12, 31)).length == 15
    cancel_deadline(uow, union, rules["reply"])
    later = set_deadline(uow, union, rules["reply"], date(2025, 1, 1))
    assert (later.length, later.parameter_version) == (20, "nation/guangdong@2025-01-01")
    del PACKS._by_code[code]["nation/guangdong", date(2025, 1, 1)]


def test_where_no_law_binds_there_is_no_deadline(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    with pytest.raises(Conflict, match="parameter_missing: 2015年12月31日没有“批复建会”的期限规定"):
        set_deadline(uow, union, rules["reply"], date(2015, 12, 31))


def test_a_notice_is_counted_back_from_the_meeting(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    deadline = set_deadline(uow, union, rules["notice"], date(2024, 6, 17))
    assert deadline.due_on == date(2024, 6, 7)
    with pytest.raises(Conflict, match="deadline_counted_back"):
        suspend_deadline(uow, union, rules["notice"], date(2024, 6, 7), "样由")


def test_a_record_has_one_open_deadline_by_a_rule(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    set_deadline(uow, union, rules["reply"], FIRST)
    set_deadline(uow, union, rules["renewal"], FIRST)
    with pytest.raises(Conflict, match="deadline_open"):
        set_deadline(uow, union, rules["reply"], FIRST)
    row = (union.id, union.org_unit_id, FIRST)
    with pytest.raises(IntegrityError, match="uq_deadline_open"), uow.session.begin_nested():
        set_deadlines(uow, rules["reply"], GrassrootsUnion, [row])
    meet_deadline(uow, union, rules["reply"], FIRST)
    assert set_deadline(uow, union, rules["reply"], FIRST).state == "open"


@pytest.mark.parametrize(("on", "is_late"), [(date(2024, 2, 18), False), (date(2024, 2, 19), True)])
def test_what_comes_late_is_known_as_late(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules, on: date, is_late: bool
) -> None:
    set_deadline(uow, union, rules["reply"], FIRST)
    met = meet_deadline(uow, union, rules["reply"], on)
    assert met is not None
    assert (met.state, met.met_on, met.is_late) == ("met", on, is_late)
    assert not met.is_overdue(date(2030, 1, 1))


def test_a_record_that_is_older_than_the_rule_can_take_its_step(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    assert meet_deadline(uow, union, rules["reply"], FIRST) is None
    assert cancel_deadline(uow, union, rules["reply"]) is None


def test_a_day_passes_and_the_deadline_is_overdue(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    deadline = set_deadline(uow, union, rules["reply"], FIRST)
    assert [(deadline.days_left(day), deadline.is_overdue(day)) for day in (FIRST, date(2024, 2, 18))] == [
        (17, False),
        (0, False),
    ]
    assert deadline.is_overdue(date(2024, 2, 19))
    cancel_deadline(uow, union, rules["reply"])
    assert not deadline.is_overdue(date(2024, 2, 19))


def test_the_nearest_mark_that_was_reached_is_the_warning(rules: Rules) -> None:
    marks = {left: warning(rules["renewal"].warn_before, left) for left in (181, 180, 91, 90, 30, 0, -5)}
    assert marks == {181: None, 180: 180, 91: 180, 90: 90, 30: 30, 0: 30, -5: 30}


# --- standing still, and longer


def test_a_deadline_that_stands_still_is_not_overdue_and_ends_so_much_later(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    reply, day = rules["reply"], date(2024, 5, 6)
    deadline = set_deadline(uow, union, reply, day)
    assert deadline.due_on == date(2024, 5, 21)
    suspend_deadline(uow, union, reply, date(2024, 5, 10), "补正材料")
    assert (deadline.days_left(date(2024, 6, 30)), deadline.is_overdue(date(2024, 6, 30))) == (11, False)
    resume_deadline(uow, union, reply, date(2024, 5, 15))
    assert deadline.suspended == [{"from": "2024-05-10", "to": "2024-05-14", "reason": "补正材料"}]
    assert (deadline.due_on, deadline.suspended_since) == (date(2024, 5, 27), None)  # the 26th is a Sunday
    assert "扣除中止的 5 日" in str(deadline.reason)


def test_a_suspension_has_its_place_and_is_ended_once(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    reply = rules["reply"]
    with pytest.raises(Conflict, match="deadline_not_open"):
        suspend_deadline(uow, union, reply, FIRST, "样由")
    set_deadline(uow, union, reply, FIRST)
    with pytest.raises(Conflict, match="deadline_not_suspended"):
        resume_deadline(uow, union, reply, FIRST)
    for day in (date(2024, 1, 31), date(2024, 2, 19)):
        with pytest.raises(Invalid):
            suspend_deadline(uow, union, reply, day, "样由")
    suspend_deadline(uow, union, reply, date(2024, 2, 5), "样由")
    with pytest.raises(Conflict, match="deadline_suspended"):
        suspend_deadline(uow, union, reply, date(2024, 2, 6), "样由")
    with pytest.raises(Invalid):
        resume_deadline(uow, union, reply, date(2024, 2, 5))
    resume_deadline(uow, union, reply, date(2024, 2, 8))
    with pytest.raises(Invalid):
        suspend_deadline(uow, union, reply, date(2024, 2, 7), "样由")


def test_an_extension_names_who_approved_it_and_goes_no_further_than_its_cap(
    shared_federation: Federation, uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    renewal, month, cap = rules["renewal"], TimeLimit(3, LimitUnit.MONTHS), TimeLimit(6, LimitUnit.MONTHS)
    deadline = set_deadline(uow, union, renewal, date(2021, 6, 10))
    assert deadline.due_on == date(2024, 6, 11)  # the 10th is the Dragon Boat Festival
    with clock.at(datetime(2024, 7, 1, tzinfo=UTC)):  # its day has passed
        extend_deadline(uow, union, renewal, month, "疫情", cap=cap)
    assert deadline.due_on == date(2024, 9, 10)
    assert deadline.extended == [
        {
            "length": 3,
            "unit": "months",
            "approved_by": str(shared_federation.accounts["east"]),
            "reason": "疫情",
            "on": "2024-07-01",
        }
    ]
    extend_deadline(uow, union, renewal, month, "再延", cap=cap)
    assert deadline.due_on == date(2024, 12, 10)
    with pytest.raises(Conflict, match="extension_too_long: 延长合计不能超过 6 个月"):
        extend_deadline(uow, union, renewal, TimeLimit(1, DAYS), "再延", cap=cap)
    assert len(deadline.extended) == 2


def test_a_cap_is_not_stretched_by_a_weekend(uow: UnitOfWork, union: GrassrootsUnion, rules: Rules) -> None:
    reply = rules["reply"]
    set_deadline(uow, union, reply, date(2024, 5, 6))
    # 18 days after 6 May is Friday; the 19th and 20th day would both be due on Monday.
    with pytest.raises(Conflict, match="extension_too_long"):
        extend_deadline(uow, union, reply, TimeLimit(5, DAYS), "样由", cap=TimeLimit(4, DAYS))


def test_a_record_that_moves_takes_its_deadlines_along(
    shared_federation: Federation, uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    deadline = set_deadline(uow, union, rules["reply"], FIRST)
    union.org_unit_id = shared_federation.units["east"]
    refile_deadlines(uow, union)
    assert deadline.org_unit_id == shared_federation.units["east"]


def test_records_that_are_deleted_take_their_deadlines_with_them(
    uow: UnitOfWork, union: GrassrootsUnion, rules: Rules
) -> None:
    set_deadline(uow, union, rules["reply"], FIRST)
    set_deadline(uow, union, rules["renewal"], FIRST)
    assert forget_deadlines(uow, [new_id()]) == 0
    assert forget_deadlines(uow, [union.id, new_id()]) == 2
    assert deadlines_of(uow, union.id) == []


# --- the calendar changes


def test_a_changed_day_moves_the_open_deadlines_that_hang_on_it_and_no_other(
    federation: Federation, rules: Rules
) -> None:
    with federation.uow("district") as uow:
        unions = [union_at(uow, federation, "garden") for _number in range(3)]
        moving, met, far = (set_deadline(uow, union, rules["reply"], FIRST) for union in unions)
        meet_deadline(uow, unions[1], rules["reply"], FIRST)
        cancel_deadline(uow, unions[2], rules["reply"])
        far = set_deadline(uow, unions[2], rules["reply"], date(2025, 3, 3))
        before = far.explanation
        put_override(uow, date(2024, 2, 18), is_working=False, name="示例休假", reason="示例通知")
        assert [each.due_on for each in (moving, met, far)] == [
            date(2024, 2, 19),
            date(2024, 2, 18),
            date(2025, 3, 18),
        ]
        assert far.explanation == before
        remove_override(uow, date(2024, 2, 18))
        assert moving.due_on == date(2024, 2, 18)
        with pytest.raises(NotFound):
            remove_override(uow, date(2024, 2, 18))
    with federation.uow() as uow:
        changed = uow.session.scalars(
            select(AuditEntry.object_id).where(
                AuditEntry.action == "core.deadline.recomputed", AuditEntry.operation == "update"
            )
        ).all()
        assert changed == [moving.id] * 2


def test_a_provisional_day_becomes_firm_once_the_year_is_entered(
    federation: Federation, rules: Rules
) -> None:
    with federation.uow("district") as uow:
        union = union_at(uow, federation, "garden")
        deadline = set_deadline(uow, union, rules["reply"], date(2035, 4, 19))
        assert (deadline.due_on, deadline.is_provisional) == (date(2035, 5, 4), True)
        put_override(uow, date(2035, 5, 4), is_working=False, name="劳动节", reason="示例通知")
        assert (deadline.due_on, deadline.is_provisional) == (date(2035, 5, 7), True)
        vouch_for_year(uow, 2035, "示例通知")
        assert (deadline.due_on, deadline.is_provisional) == (date(2035, 5, 7), False)
        withdraw_year(uow, 2035)
        assert deadline.is_provisional
        with pytest.raises(NotFound):
            withdraw_year(uow, 2035)
        with pytest.raises(Conflict, match="year_announced"):
            vouch_for_year(uow, 2024, "示例通知")


def test_deadlines_are_recomputed_in_as_many_statements_for_many_as_for_few(
    world: World, rules: Rules
) -> None:
    counts = []
    for number in (2, 30):
        federation = world.federation()
        with federation.uow() as uow:
            place = federation.units["garden"]
            starts = [(new_id(), place, FIRST) for _number in range(number)]
            set_deadlines(uow, rules["reply"], GrassrootsUnion, starts)
        with federation.uow("district") as uow:
            uow.session.connection()
            with counted_statements(uow.session.connection().engine) as sent:
                put_override(uow, date(2024, 2, 18), is_working=False, name="示例", reason="示例")
            assert uow.session.scalars(select(Deadline.due_on).distinct()).all() == [date(2024, 2, 19)]
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_the_trail_tells_every_deadline(federation: Federation, rules: Rules) -> None:
    with federation.uow("east") as uow:
        union = union_at(uow, federation, "garden")
        set_deadline(uow, union, rules["reply"], FIRST)
        set_deadline(uow, union, rules["renewal"], FIRST)
        suspend_deadline(uow, union, rules["reply"], FIRST, "样由")
        resume_deadline(uow, union, rules["reply"], date(2024, 2, 5))
        extend_deadline(uow, union, rules["reply"], TimeLimit(1, DAYS), "样由")
        set_deadlines(uow, rules["notice"], GrassrootsUnion, [(union.id, union.org_unit_id, FIRST)])
        meet_deadline(uow, union, rules["reply"], FIRST)
        put_override(uow, date(2024, 3, 1), is_working=False, name="示例", reason="示例")
    with federation.uow() as uow:
        told: Any = replay(uow)["core.deadline"]
        rows = {str(each.id): each for each in deadlines_of(uow, union.id)}
        assert set(told) == set(rows)
        for key, row in rows.items():
            assert date.fromisoformat(told[key]["due_on"]) == row.due_on
            for column in ("suspended", "extended", "explanation", "state", "length", "is_provisional"):
                assert told[key][column] == getattr(row, column)
