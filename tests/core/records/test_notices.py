"""Notices of steps: whoever is to act next hears of it, and whoever brought the matter; nobody hears of themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.designs.dispute import dispute
from tests.designs.samples import dispute_at, liked

from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import close_account
from gonghui.events.outbox import OutboxEvent
from gonghui.notifications.inbox import list_inbox
from gonghui.records.notices import facts_told, tell_of_steps
from gonghui.records.steps import take_step
from gonghui.testing import Federation, World
from gonghui.values import clock
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

#: Events that were delivered already.
TOLD: set[UUID] = set()


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


def tell(federation: Federation) -> None:
    """Deliver what was published since the last time, to the notices alone."""
    names = facts_told(federation.world.registry.record_types())
    with federation.uow() as uow:
        fresh = (
            select(OutboxEvent).where(OutboxEvent.name.in_(names)).order_by(OutboxEvent.at, OutboxEvent.id)
        )
        published = [each for each in uow.session.scalars(fresh) if each.id not in TOLD]
    for each in published:
        TOLD.add(each.id)
        with federation.uow() as uow:
            tell_of_steps(uow, each.told)


def take(federation: Federation, login: str, union_id: UUID, step: str, **answers: Any) -> None:
    """Take a step of a union as an officer does, and tell of it."""
    asker, path = federation.client(login), f"/api/v1/organising/unions/{union_id}"
    answer = asker.post(
        f"{path}/{step}", json=answers or None, headers={"If-Match": asker.get(path).headers["ETag"]}
    )
    assert answer.status_code == 200, answer.text
    tell(federation)


def union_of(federation: Federation, login: str, unit: str) -> UUID:
    """A union that an officer has drafted."""
    made = federation.client(login).post("/api/v1/organising/unions", founding_values(federation.units[unit]))
    tell(federation)
    return UUID(made.json["id"])


def test_whoever_decides_over_the_unit_hears_of_what_waits_for_them(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    assert told(federation) == {}
    take(federation, "garden", union, "submit")
    assert told(federation) == {"east": ["基层工会等待办理：退回补正、批准。"]}


def test_whoever_brought_it_hears_how_it_goes_and_what_they_are_to_do(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    take(federation, "garden", union, "submit")
    take(federation, "east", union, "return", comment="缺会议决议")
    assert told(federation)["garden"] == ["基层工会等待办理：报送。"]
    take(federation, "garden", union, "submit")
    take(federation, "east", union, "approve", approval_no="示工复〔2026〕1号", term_years=5)
    assert told(federation)["garden"][0] == "基层工会等待办理：登记印章和银行账户。"
    take(federation, "district", union, "dissolve", comment="企业注销", ended_as="closed")
    assert told(federation)["garden"][0] == "基层工会：撤销工会，现在是“已撤销”。"
    assert len(told(federation)["east"]) == 2


def test_a_step_that_opens_nothing_new_asks_nobody_again(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    take(federation, "garden", union, "submit")
    take(federation, "east", union, "approve", approval_no="示工复〔2026〕1号", term_years=5)
    before = told(federation)
    take(federation, "garden", union, "seal", sealed_on=clock.today().isoformat())
    assert told(federation) == before


def test_a_step_that_was_overtaken_is_told_of_by_the_later_one(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    with federation.uow("garden") as uow:
        take_step(uow, unions, union, 1, "submit", {})
    take(federation, "east", union, "return", comment="缺会议决议")
    assert told(federation) == {"garden": ["基层工会等待办理：报送。"]}


def test_a_closed_account_hears_of_nothing(federation: Federation) -> None:
    union = union_of(federation, "garden", "garden")
    take(federation, "garden", union, "submit")
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["garden"])
        assert account is not None
        close_account(uow, account)
    take(federation, "east", union, "return", comment="缺会议决议")
    assert set(told(federation)) == {"east"}


def test_the_person_whom_it_is_about_hears_of_it(federation: Federation) -> None:
    with federation.uow("east") as uow:
        case = uow.session.get_one(
            dispute.model, (uow.tenant_id, dispute_at()(uow, federation.units["garden"]))
        )
        worker = account_by_id(uow, federation.accounts["worker"])
        assert worker is not None
        case.claimant_id = worker.person_id
        uow.session.flush()
        take_step(uow, dispute, case.id, case.version, "accept", {})
    tell(federation)
    assert told(federation) == {
        "garden": ["劳动争议案件等待办理：达成协议。"],
        "worker": ["劳动争议案件：受理，现在是“调解中”。"],
    }


def test_what_nobody_is_to_be_traced_by_tells_nobody_who_brought_it(federation: Federation) -> None:
    with federation.uow("worker") as uow:
        liked(uow, federation.units["garden"])
    tell(federation)
    assert told(federation) == {}
