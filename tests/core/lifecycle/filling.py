"""Letting the designs hold something of every kind, and looking for what is left of them."""

from __future__ import annotations

from uuid import UUID

from tests.designs import plugin as designs
from tests.designs.long_work import INSPECT_OFTEN
from tests.designs.rooms import rooms
from tests.designs.samples import SAMPLES

from gonghui.plugin_host import switching
from gonghui.plugin_host.registry import discover
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.synonyms import ColumnSynonym
from gonghui.records.sharing import RecordShare
from gonghui.sdk import ask_for_job
from gonghui.tenancy.parameter_changes import decide_figure
from gonghui.testing import Federation
from gonghui.testing.attachment_samples import attached
from gonghui.values import clock

OF_THE_TRAIL = {"core.audit_entry", "core.audit_payload"}
FIGURE = "designs.hardship.line"


def fill(federation: Federation) -> None:
    """Let the designs hold something of every kind."""
    made = ("assistance", "instalments", "attendance", "inspections", "like_id", "profile_id")
    with federation.uow() as uow:
        for name in made:
            SAMPLES[name](uow, federation.units["garden"])
        record_id = SAMPLES["dispute_id"](uow, federation.units["garden"])
        run = RegisterRun(
            org_unit_id=federation.units["garden"],
            register="designs.rooms",
            file_name="rooms.xlsx",
            state="checked",
        )
        uow.add(run)
        uow.add(ColumnSynonym(register="designs.rooms", heading="地点", heading_key="地点", key="name"))
        share = {
            "record_type": "designs.dispute_case",
            "record_id": record_id,
            "permission": "designs.dispute.read",
        }
        uow.add(RecordShare(account_id=federation.accounts["guest"], **share))
    with federation.uow("admin") as uow:
        decide_figure(
            uow,
            FIGURE,
            150_000,
            effective_from=clock.today(),
            effective_to=None,
            basis="示工发1号",
            reason="示",
        )
    with federation.uow("east") as uow:
        ask_for_job(uow, INSPECT_OFTEN, "designs.room.read", designs.name, {})
    federation.token("east", ["designs.dispute.read", "core.figure.read"])
    room = {
        "name": "样本小屋",
        "employer": {"name": "样本公司"},
        "org_unit_id": str(federation.units["garden"]),
    }
    made_room = federation.client("east").post(
        "/api/v1/designs/rooms", room, headers={"Idempotency-Key": "one"}
    )
    assert made_room.status_code == 201, made_room.text
    with federation.uow() as uow:
        attached(uow, rooms, UUID(made_room.get_json()["id"]))


def switch_off(federation: Federation) -> None:
    with federation.uow() as uow:
        switching.switch_off(uow, discover(), designs)


def mentions(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Rows outside the trail that say anything of the designs, by table."""
    found = {
        name: [row for row in rows if "designs" in row]
        for name, rows in texts.items()
        if name not in OF_THE_TRAIL
    }
    return {name: rows for name, rows in found.items() if rows}
