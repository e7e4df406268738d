"""The inbox as a page: each notice leads to its record by name, and opening the record reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.core.web import markup

from gonghui.i18n import Text
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import WAITING
from gonghui.notifications.notify import notify
from gonghui.testing import Federation
from gonghui_organising.re_election_samples import union_in_force

INBOX = "/console/inbox"


def told(federation: Federation, login: str, place: str = "firm") -> UUID:
    with federation.uow() as uow:
        union_id = union_in_force(uow, federation.units[place], 30)
        account = federation.accounts[login]
        notify(
            uow,
            WAITING,
            [Notice(account, Text("基层工会等待办理。"), "organising.grassroots_union", union_id)],
        )
        uow.commit()
    return union_id


def test_a_notice_leads_to_its_record_which_reads_it(
    reader: Callable[..., Any], federation: Federation
) -> None:
    union_id = told(federation, "east")
    officer = reader(federation, "east")
    page = officer.open(INBOX).text
    assert "1 条未读" in page
    path = f"/console/organising/unions/{union_id}"
    assert path in markup.Page(page).links.values()
    assert officer.open(path).status_code == 200
    assert "条未读" not in officer.open(INBOX).text


def test_a_notice_of_what_one_may_not_read_any_more_names_nothing(
    reader: Callable[..., Any], federation: Federation
) -> None:
    union_id = told(federation, "west")
    page = reader(federation, "west").open(INBOX).text
    assert "基层工会等待办理。" in page
    assert str(union_id) not in page


def test_opening_a_record_reads_nobody_elses_notices(
    reader: Callable[..., Any], federation: Federation
) -> None:
    union_id = told(federation, "east")
    reader(federation, "district").open(f"/console/organising/unions/{union_id}")
    assert "1 条未读" in reader(federation, "east").open(INBOX).text
