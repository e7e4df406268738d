"""The page of the calendar: days are set and unset, a year is vouched for and taken back, and deadlines follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from gonghui.tenancy.holidays import calendar_of
from gonghui.testing import Federation

HOME = "/console/calendar"
DAY = {"day": "2025-07-02", "is_working": "0", "name": "建会节", "reason": "示工发〔2025〕1号"}


@pytest.fixture
def admin(reader: Callable[..., Any], federation: Federation) -> Any:
    return reader(federation, "admin")


def _is_working(federation: Federation, day: date) -> bool:
    with federation.uow() as uow:
        return calendar_of(uow).is_working(day)


def test_a_year_shows_holidays_make_up_days_and_its_working_days(admin: Any) -> None:
    shown = admin.open(f"{HOME}?year=2025").text
    assert "全年 248 个工作日" in shown
    assert '<td class="holiday" title="节假日（国庆节）"><time datetime="2025-10-01">1</time>' in shown
    assert '<td class="make-up" title="调休的工作日"><time datetime="2025-01-26">26</time>' in shown
    assert shown.count("<caption>") == 12


def test_a_day_of_ones_own_is_set_and_unset(admin: Any, federation: Federation) -> None:
    done = admin.send(f"{HOME}/days", at=HOME, **DAY)
    assert (done.status_code, done.headers["Location"]) == (303, f"{HOME}?year=2025&set=2025-07-02")
    assert not _is_working(federation, date(2025, 7, 2))
    shown = admin.open(done.headers["Location"]).text
    assert "2025年7月2日现为休息日（建会节）" in shown
    assert "本会自定 1 天" in shown
    assert admin.send(f"{HOME}/days/2025-07-02/remove", at=HOME).status_code == 303
    assert _is_working(federation, date(2025, 7, 2))


def test_what_is_wrong_with_a_day_stands_at_its_field(admin: Any) -> None:
    answer = admin.send(f"{HOME}/days", at=HOME, **{**DAY, "day": "2025-02-30", "name": ""})
    assert answer.status_code == 422
    assert 'id="day-fault"' in answer.text
    assert 'id="name-fault"' in answer.text
    assert "示工发〔2025〕1号" in answer.text
    assert admin.send(f"{HOME}/days/x/remove", at=HOME).status_code == 404


def test_a_year_that_nobody_announced_is_vouched_for_and_taken_back(admin: Any) -> None:
    assert "暂按周一至周五为工作日" in admin.open(f"{HOME}?year=2040").text
    assert admin.send(f"{HOME}/years", at=HOME, year="2040", basis="国办发明电").status_code == 303
    vouched = admin.open(f"{HOME}?year=2040").text
    assert "国办发明电" in vouched
    assert "暂按周一至周五为工作日" not in vouched
    admin.send(f"{HOME}/years/2040/withdraw", at=HOME)
    assert "暂按周一至周五为工作日" in admin.open(f"{HOME}?year=2040").text


def test_a_year_that_is_announced_needs_nobody(admin: Any) -> None:
    answer = admin.send(f"{HOME}/years", at=HOME, year="2025", basis="国办发明电")
    assert answer.status_code == 422
    assert "已随系统提供" in answer.text


@pytest.mark.parametrize("year", ["-1", "0", "10000", "999999999999"])
def test_a_year_beyond_all_calendars_is_refused(admin: Any, year: str) -> None:
    answer = admin.send(f"{HOME}/years", at=HOME, year=year, basis="国办发明电")
    assert answer.status_code == 422
    assert "没有办成" in answer.text


def test_who_may_only_read_is_offered_no_change(reader: Callable[..., Any], federation: Federation) -> None:
    officer = reader(federation, "district")
    assert "自定一天" not in officer.open(HOME).text
    assert officer.send(f"{HOME}/days", at=HOME, **DAY).status_code == 403
