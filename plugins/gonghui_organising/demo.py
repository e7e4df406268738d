"""The sample district's unions: a made-up register taken over, and a few foundings under way, by the real services."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from stdnum.cn import uscc

from gonghui.sdk import (
    OrgUnitKind,
    UnitOfWork,
    account_principal_by_id,
    clock,
    create_record,
    find_units,
    merge_persons,
    person_by_id,
    take_step,
)
from gonghui_organising.demo_likeness import fill_likeness
from gonghui_organising.demo_members import fill_members
from gonghui_organising.demo_people_at_work import fill_people_at_work
from gonghui_organising.demo_re_elections import fill_re_elections
from gonghui_organising.demo_targets import fill_targets
from gonghui_organising.membership import Membership
from gonghui_organising.register import UnionRow
from gonghui_organising.register_import import places, take_over
from gonghui_organising.unions import unions

_SEED = 20240630
#: Unions and members of each scale: a handful, what a first look needs, a district at its true size (domain §13.2).
_SCALES = {"small": (72, 600), "sample": (300, 20_000), "district": (3_320, 760_000)}
_BRANDS = ["晨光", "远帆", "恒信", "嘉木", "同兴", "宏图", "瑞泽", "金桥", "海岳", "启明", "安泰", "新程"]
_TRADES = (
    ("电子", "制造业"),
    ("五金制品", "制造业"),
    ("服装", "制造业"),
    ("物流", "交通运输、仓储和邮政业"),
    ("餐饮管理", "住宿和餐饮业"),
    ("软件", "信息传输、软件和信息技术服务业"),
    ("商贸", "批发和零售业"),
)
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈", "示例样板演试"
PAPERS = ("request", "member_roster", "preparatory_group_notice", "minutes", "attendance", "ballot_count",
           "result_report", "chair_id", "employer_licence")  # fmt: skip


def fill(uow: UnitOfWork, accounts: Mapping[str, UUID], scale: str) -> None:
    """Fill the tenant of the transaction; `accounts` are its officers by login, `scale` is one of `_SCALES`."""
    unions, members = _SCALES[scale]
    chance = random.Random(_SEED)  # noqa: S311 - made-up data is meant to be the same each time
    streets, areas = places(uow)
    uow.note("organising.demo.filled")
    register = list(_register(chance, sorted(areas), unions))
    take_over(uow, register, streets, areas, Counter())
    fill_members(uow, chance, register, members)
    chance = random.Random(_SEED)  # noqa: S311 - as above
    fill_people_at_work(uow, chance, [areas[key].id for key in sorted(areas)], accounts)
    if "worker" in accounts:
        _make_member(uow, accounts["worker"])
    operator = uow.principal
    for serial, last_step in enumerate(("draft", "submit", "return", "approve")):
        _founding(uow, accounts, serial, last_step)
    uow.become(operator)
    fill_re_elections(uow, accounts)
    fill_targets(uow, accounts)
    fill_likeness(uow, accounts)


def _make_member(uow: UnitOfWork, account: UUID) -> None:
    """Let the worker's account be that of a member: the two persons turn out to be one."""
    worker = account_principal_by_id(uow, account).person_id
    member = uow.session.scalars(select(Membership.person_id).order_by(Membership.id.desc()).limit(1)).one()
    if worker is not None:
        merge_persons(uow, person_by_id(uow, member), person_by_id(uow, worker), "示例账号的本人")


def demo_code(prefix: str, serial: int) -> str:
    """A social credit code that nobody can have: division 990001, right check digit."""
    body = f"{prefix}990001{serial:09d}"
    return body + str(uscc.calc_check_digit(body + "0"))


def _register(chance: random.Random, areas: list[tuple[str, str]], unions: int) -> Iterator[UnionRow]:
    for serial in range(1, unions + 1):
        joint = serial % 6 == 0
        street, community = chance.choice(areas)
        trade, industry = chance.choice(_TRADES)
        employer = (
            f"{community.removesuffix('社区')}第{serial}工业园"
            if joint
            else f"深圳市{chance.choice(_BRANDS)}{trade}{serial:02d}号有限公司"
        )
        headcount = int(chance.lognormvariate(4.2, 1.0)) + 12
        members = max(5, int(headcount * chance.uniform(0.6, 0.98)))
        founded = date(2011, 1, 1) + timedelta(days=chance.randrange(0, 4_900))
        years = chance.choice((3, 3, 5))
        yield UnionRow(
            row=serial,
            name=f"{employer}{'联合' if joint else ''}工会委员会",
            employer_name=employer,
            employer_uscc=None if joint else demo_code("91", serial),
            uscc=demo_code("81", serial) if serial % 3 else None,
            street=street,
            community=community,
            kind="joint" if joint else "independent",
            founded_on=founded,
            term_started_on=_latest_term(founded, years),
            term_years=years,
            headcount=headcount,
            women_staff=int(headcount * 0.42),
            members=members,
            women_members=int(members * 0.42),
            migrant_members=int(members * 0.7),
            chair_name=chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, 2)),
            industry=industry,
        )


def _latest_term(founded: date, years: int) -> date:
    """Start of the last term before mid-2024, when the made-up register was drawn up."""
    year = founded.year
    while year + years <= 2023:
        year += years
    return date(year, founded.month, min(founded.day, 28))


def _founding(uow: UnitOfWork, accounts: Mapping[str, UUID], serial: int, last_step: str) -> None:
    """A founding that has come as far as `last_step`, each step taken by whoever may take it."""
    district, street = (account_principal_by_id(uow, accounts[login]) for login in ("district", "guanhu"))
    uow.become(street)
    place = find_units(uow, "松元厦社区工联会", (OrgUnitKind.COMMUNITY_FEDERATION,))[0]
    union = create_record(uow, unions, _values(place.id, serial))
    if last_step == "draft":
        return
    take_step(uow, unions, union.id, union.version, "submit", {})
    uow.become(district)
    if last_step == "return":
        reason = {"comment": "会议记录缺少签名页,请补齐后再报。"}
        take_step(uow, unions, union.id, union.version, "return", reason)
    elif last_step == "approve":
        reply = {"approval_no": "示工复〔2024〕7号", "term_years": 3, "effective_on": date(2024, 6, 20)}
        take_step(uow, unions, union.id, union.version, "approve", reply)


def _values(place: UUID, serial: int) -> dict[str, object]:
    firm = f"深圳市示例第{serial + 1}科技有限公司"
    return {
        "org_unit_id": place,
        "name": f"{firm}工会委员会",
        "kind": "independent",
        "employers": [{"name": firm, "uscc": demo_code("91", 900_000 + serial)}],
        "chair_name": "冯示例",
        "headcount": 68,
        "women_staff": 30,
        "members": 52,
        "women_members": 24,
        "migrant_members": 31,
        "employer_informed_on": date(2024, 5, 6),
        "preparatory_group_size": 3,
        "near_relatives_excluded": True,
        "committee": {"started_on": min(date(2024, 6, 12), clock.today()), "years": 3, "seats": 5},
        "papers": [{"kind": kind, "number": None, "dated_on": date(2024, 6, 13)} for kind in PAPERS],
    }
