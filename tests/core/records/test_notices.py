"""Notices of steps: whoever is to act next hears of it, and whoever brought the matter; nobody hears of themselves."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.designs.dispute import dispute
from tests.designs.profile import likes
from tests.designs.samples import dispute_at, liked

from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import close_account
from gonghui.notifications.inbox import list_inbox
from gonghui.records.notices import tell_of_step
from gonghui.records.workflow import CREATE
from gonghui.testing import Federation, World
from gonghui_organising.union_samples import drafted
from gonghui_organising.unions import unions


@pytest.fixture
def federation(world: World) -> Federation:
    return world.federation()


def told(federation: Federation) -> dict[str, list[str]]:
    """What is in whose inbox, by login."""
    with federation.uow() as uow:
        found = {
            login: [
                item["text"] for item in list_inbox(uow, account, only_unread=True, before=None, limit=50)
            ]
            for login, account in federation.accounts.items()
        }
    return {login: texts for login, texts in found.items() if texts}


def move(
    federation: Federation, union_id: UUID, state: str, step: str, before: str | None, actor: str
) -> None:
    """Tell of a step as if `actor` had taken it."""
    with federation.uow() as uow:
        union = uow.session.get_one(unions.model, (uow.tenant_id, union_id))
        union.state = state
    with federation.uow() as uow:
        tell_of_step(uow, unions, union_id, step, before, federation.accounts[actor])


def union_of(federation: Federation, login: str, unit: str) -> UUID:
    with federation.uow(login) as uow:
        return drafted(uow, federation.units[unit])


def test_whoever_decides_over_the_unit_hears_of_what_waits_for_them(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    move(federation, union, "submitted", "submit", "draft", "garden")
    assert told(federation) == {"east": ["基层工会等待办理：退回补正、批准。"]}


def test_whoever_brought_it_hears_how_it_goes_and_what_they_are_to_do(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    move(federation, union, "returned", "return", "submitted", "east")
    assert told(federation) == {"garden": ["基层工会等待办理：报送。"]}
    move(federation, union, "approved", "approve", "submitted", "east")
    assert told(federation)["garden"][0] == "基层工会等待办理：登记印章和银行账户。"
    move(federation, union, "dissolved", "dissolve", "approved", "east")
    assert told(federation)["garden"][0] == "基层工会：撤销工会，现在是“已撤销”。"


def test_a_step_that_opens_nothing_new_asks_nobody_again(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    move(federation, union, "approved", "seal", "approved", "garden")
    assert told(federation) == {}


def test_a_closed_account_and_a_record_that_is_gone_are_passed_over(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["garden"])
        assert account is not None
        close_account(uow, account)
    move(federation, union, "dissolved", "dissolve", "approved", "east")
    with federation.uow() as uow:
        tell_of_step(uow, unions, federation.units["garden"], "approve", "submitted", None)
    assert told(federation) == {}


def test_the_person_whom_it_is_about_hears_of_it(federation: Federation) -> None:
    with federation.uow("east") as uow:
        case = uow.session.get_one(
            dispute.model, (uow.tenant_id, dispute_at(("accept", {}))(uow, federation.units["garden"]))
        )
        worker = account_by_id(uow, federation.accounts["worker"])
        assert worker is not None
        case.claimant_id = worker.person_id
        uow.session.flush()
        tell_of_step(uow, dispute, case.id, "accept", "reported", federation.accounts["east"])
    assert told(federation) == {
        "garden": ["劳动争议案件等待办理：达成协议。"],
        "worker": ["劳动争议案件：受理，现在是“调解中”。"],
    }


def test_a_sealed_record_tells_nobody_who_brought_it(federation: Federation) -> None:
    with federation.uow("worker") as uow:
        like = uow.session.get_one(likes.model, (uow.tenant_id, liked(uow, federation.units["garden"])))
        tell_of_step(uow, likes, like.id, CREATE, None, None)
    assert told(federation) == {}
