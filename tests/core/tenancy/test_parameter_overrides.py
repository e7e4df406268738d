"""The federation's own figures: before every pack from their day on, in the shape of the packs, never deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.errors import DomainError, Invalid
from gonghui.plugin_host.registry import discover
from gonghui.tenancy.parameter_changes import decide_figure, overrides_of, withdraw_figure
from gonghui.tenancy.parameter_overrides import ParameterOverride
from gonghui.tenancy.parameter_shapes import faults_of_value
from gonghui.tenancy.parameters import (
    PACKS,
    Parameter,
    ParameterMissing,
    changes_ahead,
    figure,
    figure_at_version,
)
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock

COMMITTEE, SEATS = "organising.committee.members_from", "organising.committee.seats"
PAPERS, GROUPS = "organising.founding.papers", "organising.membership.new_form_groups"
DAY = date(2024, 7, 1)

discover()  # reads the packs of every plugin


def decided(
    federation: Federation, value: Any = 20, code: str = COMMITTEE, day: date = DAY, last: date | None = None
) -> ParameterOverride:
    with federation.uow("admin") as uow:
        return decide_figure(
            uow,
            code,
            value,
            effective_from=day,
            effective_to=last,
            basis="示工发〔2024〕9号",
            reason="本区另有规定",
        )


def withdrawn(federation: Federation, row: ParameterOverride) -> None:
    with federation.uow("admin") as uow:
        withdraw_figure(uow, row.code, row.id, "规定已废止")


def value_on(federation: Federation, on: date, code: str = COMMITTEE) -> Any:
    with federation.uow() as uow:
        return figure(uow, code, on).value


def refusal(federation: Federation, value: Any, code: str = COMMITTEE) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        decided(federation, value, code)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_an_own_figure_comes_before_the_packs_while_it_binds(federation: Federation) -> None:
    decided(federation, 20, last=date(2024, 12, 31))
    days = [DAY - timedelta(days=1), DAY, date(2024, 12, 31), date(2025, 1, 1)]
    assert [value_on(federation, day) for day in days] == [25, 20, 20, 25]


def test_a_figure_is_one_federations_own(federation: Federation, shared_federation: Federation) -> None:
    decided(federation)
    assert (value_on(federation, DAY), value_on(shared_federation, DAY)) == (20, 25)


def test_a_record_can_keep_the_version_it_was_decided_under(federation: Federation) -> None:
    with federation.uow() as uow:
        nation = figure(uow, COMMITTEE, DAY)
    first = decided(federation, 20)
    withdrawn(federation, first)
    decided(federation, 30)
    with federation.uow() as uow:
        versions = {
            "nation@2022-01-01": figure_at_version(uow, COMMITTEE, "nation@2022-01-01").value,
            "tenant@2024-07-01": figure_at_version(uow, COMMITTEE, "tenant@2024-07-01").value,
            "tenant@2024-07-01/2": figure_at_version(uow, COMMITTEE, "tenant@2024-07-01/2").value,
        }
        assert versions == {"nation@2022-01-01": 25, "tenant@2024-07-01": 20, "tenant@2024-07-01/2": 30}
        assert figure(uow, COMMITTEE, DAY).version == "tenant@2024-07-01/2"
        for version in ("tenant@2024-07-02", "nation@1999-01-01", "nonsense"):
            with pytest.raises(ParameterMissing):
                figure_at_version(uow, COMMITTEE, version)
    assert nation.version == "nation@2022-01-01"


def test_deciding_the_same_again_changes_nothing_and_another_from_the_same_day_is_refused(
    federation: Federation,
) -> None:
    first, second = decided(federation), decided(federation)
    assert first.id == second.id
    with pytest.raises(DomainError, match="override_exists"):
        decided(federation, 21)


def test_what_is_withdrawn_binds_no_longer_and_stays_on_record(federation: Federation) -> None:
    row = decided(federation)
    withdrawn(federation, row)
    with pytest.raises(DomainError, match="already_withdrawn"):
        withdrawn(federation, row)
    with federation.uow() as uow:
        (kept,) = overrides_of(uow, COMMITTEE)
        assert figure(uow, COMMITTEE, DAY).value == 25
    assert (kept.value, kept.withdrawn_for, kept.decided_by) == (20, "规定已废止", "样admin")


def test_the_application_deletes_no_decision(federation: Federation) -> None:
    decided(federation)
    with federation.uow() as uow, unaudited(uow) as connection:
        delete = text("DELETE FROM core.parameter_override")
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(delete)


def test_a_unit_of_work_asks_once_and_only_when_asked(federation: Federation) -> None:
    decided(federation)

    def statements(codes: list[str]) -> list[str]:
        with federation.uow() as uow, counted_statements(uow.session.get_bind()) as sent:
            for code in codes:
                figure(uow, code)
        return [statement for statement in sent if "parameter_override" in statement]

    assert statements([]) == []
    assert len(statements([COMMITTEE, SEATS, COMMITTEE])) == 1


def test_a_decision_is_seen_in_the_unit_of_work_that_makes_it(federation: Federation) -> None:
    with federation.uow("admin") as uow:
        assert figure(uow, COMMITTEE).value == 25
        _decide(uow, 20)
        assert figure(uow, COMMITTEE).value == 20


def _decide(uow: UnitOfWork, value: Any) -> None:
    decide_figure(uow, COMMITTEE, value, effective_from=DAY, effective_to=None, basis="示", reason="示")


def test_changes_to_come_are_known_with_their_days(federation: Federation) -> None:
    today = clock.today()
    start, end = today + timedelta(days=10), today + timedelta(days=20)
    decided(federation, 20, day=start, last=end)
    with federation.uow() as uow:
        ahead = [(day, found.value) for day, found in changes_ahead(uow, COMMITTEE)]
    assert ahead == [(start, 20), (end + timedelta(days=1), 25)]


# --- shapes


_WRONG: list[tuple[str, Any, str, str]] = [
    (COMMITTEE, "25", "/value", "wrong_shape"),
    (COMMITTEE, True, "/value", "wrong_shape"),
    (COMMITTEE, None, "/value", "wrong_shape"),
    (COMMITTEE, 2.5, "/value", "wrong_shape"),
    (COMMITTEE, 0, "/value", "out_of_bounds"),
    (COMMITTEE, 1_001, "/value", "out_of_bounds"),
    ("organising.preparatory_group.size", [3], "/value", "wrong_length"),
    ("organising.preparatory_group.size", [5, 3], "/value", "backwards"),
    ("organising.preparatory_group.size", [], "/value", "wrong_shape"),
    ("organising.meeting.quorum", [3, 2], "/value", "over_whole"),
    ("organising.committee.term_years", [3, 50], "/value/1", "out_of_bounds"),
    ("organising.audit_committee.required", 1, "/value", "wrong_shape"),
    (SEATS, [[1, 0, 3]], "/value/0", "wrong_length"),
    (SEATS, [[1, 24, 1, 5], [26, 0, 3, 7]], "/value/1/0", "gap"),
    (SEATS, [[1, 24, 1, 5], [25, 90, 3, 7]], "/value/1/1", "gap"),
    (SEATS, [[1, 0, 5, 1]], "/value/0/2", "backwards"),
    (SEATS, [1, 2, 3, 4], "/value/0", "wrong_shape"),
    (PAPERS, ["request", "love_letter"], "/value/1", "unknown_word"),
    (GROUPS, [{"code": "courier"}], "/value/0", "wrong_shape"),
    (GROUPS, [{"code": "astronaut", "words": ["航天员"]}], "/value/0/code", "unknown_word"),
    (GROUPS, [{"code": "courier", "words": [7]}], "/value/0/words/0", "wrong_shape"),
]


@pytest.mark.parametrize(("code", "value", "pointer", "fault"), _WRONG)
def test_a_value_that_does_not_look_like_the_packs_is_refused_at_its_place(
    shared_federation: Federation, code: str, value: Any, pointer: str, fault: str
) -> None:
    assert (pointer, fault) in refusal(shared_federation, value, code)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (COMMITTEE, 1),
        ("organising.committee.term_years", [4]),
        ("organising.audit_committee.required", False),
        (SEATS, [[1, 99, 1, 5], [100, 0, 5, 9]]),
        (PAPERS, ["official_reply"]),
        (GROUPS, [{"code": "courier", "words": ["快递员", "派件员"]}]),
    ],
)
def test_a_value_of_the_packs_shape_is_taken(federation: Federation, code: str, value: Any) -> None:
    assert decided(federation, value, code).value == value
    assert value_on(federation, DAY, code) == value


@pytest.mark.parametrize("code", PACKS.codes())
def test_what_the_packs_hold_themselves_may_be_decided(code: str) -> None:
    for declared in PACKS.declared(code):
        assert faults_of_value(PACKS.declared(code), declared.value) == []


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=12,
    ),
    code=st.sampled_from([COMMITTEE, SEATS, PAPERS, GROUPS, "organising.preparatory_group.size"]),
)
def test_anything_may_be_sent_and_gets_an_answer(value: Any, code: str) -> None:
    for fault in faults_of_value(PACKS.declared(code), value):
        assert fault.pointer.startswith("/value")


def test_bounds_of_the_nation_hold_where_a_nearer_place_gives_none() -> None:
    about = (date(2020, 1, 1), None, "示例办法", "V")
    nation = Parameter("aid.limit", "nation", 1, "persons", *about, least=1, most=9)
    city = Parameter("aid.limit", "nation/guangdong", [1, 2], "persons, from and to", *about)
    assert [fault.code for fault in faults_of_value([nation, city], [5, 10])] == ["out_of_bounds"]
    assert faults_of_value([nation, city], [5, 9]) == []
    assert [fault.code for fault in faults_of_value([city, nation], [5, 9])] == ["wrong_shape"]


def test_a_code_that_nobody_declares_is_refused(shared_federation: Federation) -> None:
    with pytest.raises(DomainError, match="not_found"):
        decided(shared_federation, 1, "organising.unheard_of")


@pytest.mark.parametrize("code", PACKS.codes())
def test_a_limit_of_time_has_a_unit_that_deadlines_read(code: str) -> None:
    for found in PACKS.declared(code):
        first = found.unit.split()[0]
        if first in {"day", "days", "month", "months", "year", "years", "working"}:
            is_limit = type(found.value) is int and found.unit in {"days", "working_days", "months", "years"}
            # What is counted in days without being a limit says more than the bare word.
            assert is_limit or isinstance(found.value, list) or len(found.unit.split()) > 1
