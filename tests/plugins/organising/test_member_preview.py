"""What a preview of a members' register tells a street about people of another one: nothing."""

from __future__ import annotations

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gonghui.sdk import OrgUnitKind, new_unit, unit_within
from gonghui.testing import Federation, World
from gonghui_organising.member_samples import fresh_number

IMPORTS = "/api/v1/imports"
STREETS = ("民治街道", "观湖街道")


@pytest.fixture(scope="module")
def federation(world: World) -> Federation:
    """Two streets with a union each; the officer of each street is called as the street is."""
    made = world.federation()
    with made.uow() as uow:
        root = unit_within(uow, uow.principal, "core.org_unit.read", made.units["district"])
        for name in STREETS:
            street = new_unit(root, OrgUnitKind.STREET_FEDERATION, f"{name}总工会")
            uow.add(street)
            made.units[name] = street.id
    for name in STREETS:
        made.add_officer(name, "street_officer", name)
    lines = (
        f"{name}样本工会,深圳市{name}样本有限公司,,{name},联合,2020-01-01,2022-01-01,5,20,10"
        for name in STREETS
    )
    head = "工会名称,单位名称,单位统一社会信用代码,所属街道,建会类型,建会日期,本届任期起,任期(年),职工人数,会员人数"
    take(made, "district", "organising.unions", "\n".join((head, *lines)))
    return made


def sent(federation: Federation, who: str, register: str, table: str) -> str:
    form = {"register": register, "file": FileStorage(io.BytesIO(table.encode()), "x.csv")}
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    answer = federation.client(who)("POST", IMPORTS, data=body, content_type=kind)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def take(federation: Federation, who: str, register: str, table: str) -> None:
    run_id = sent(federation, who, register, table)
    applied = federation.client(who).post(f"{IMPORTS}/{run_id}/apply", {"faulty": "refuse"})
    assert applied.status_code == 200, applied.text


def table(street: str, *members: tuple[str, str]) -> str:
    lines = (f"{name},{number},{street}样本工会" for name, number in members)
    return "\n".join(("姓名,证件号码,所属工会", *lines))


def previewed(federation: Federation, who: str, content: str) -> list[str]:
    run_id = sent(federation, who, "organising.members", content)
    faults = federation.client(who).get(f"{IMPORTS}/{run_id}/faults").json["items"]
    return [fault["code"] for fault in faults]


@pytest.mark.parametrize("name", ["样会员", "别的名字"])
def test_a_preview_does_not_tell_who_is_known_in_another_street(federation: Federation, name: str) -> None:
    number = fresh_number()
    take(federation, "观湖街道", "organising.members", table("观湖街道", ("样会员", number)))
    stranger = table("民治街道", (name, number), ("样会员", fresh_number()))
    assert previewed(federation, "民治街道", stranger) == []
    code = "member_elsewhere" if name == "样会员" else "name_disagrees"
    assert previewed(federation, "district", stranger) == [code]


def test_what_was_put_off_is_told_when_it_is_applied_and_stays_on_record(federation: Federation) -> None:
    number = fresh_number()
    take(federation, "观湖街道", "organising.members", table("观湖街道", ("样会员", number)))
    run_id = sent(federation, "民治街道", "organising.members", table("民治街道", ("样会员", number)))
    client = federation.client("民治街道")
    applied = client.post(f"{IMPORTS}/{run_id}/apply", {"faulty": "skip"})
    assert (applied.json["created"], applied.json["made"]["members_elsewhere"]) == (0, 1)
    faults = client.get(f"{IMPORTS}/{run_id}/faults").json["items"]
    assert [fault["code"] for fault in faults] == ["member_elsewhere"]
