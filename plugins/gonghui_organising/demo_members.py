"""The sample district's members: a made-up register, taken over row by row as a federation's own would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from gonghui.sdk import Row, Sheet, UnitOfWork, clock, go_through, new_id, take_step
from gonghui_organising.demo_people import demo_id_number, demo_names, demo_phone
from gonghui_organising.member_import import MemberImporter
from gonghui_organising.member_register import COLUMNS
from gonghui_organising.members import members
from gonghui_organising.membership import Membership
from gonghui_organising.register import UnionRow

_SHEET = "示例会员名册"
#: Shares of the sample (domain §13.2), in percent.
_WOMEN, _MIGRANT, _NEW_FORM, _RETAINED = 42, 70, 6, 1
_EDUCATIONS = (("初中", 24), ("高中", 26), ("中专", 20), ("大专", 20), ("本科", 9), ("硕士", 1))
_FORMS = (("合同制", 84), ("劳务派遣", 8), ("灵活就业", 5), ("非全日制", 3))
_GROUPS = (("网约送餐员", 28), ("快递员", 26), ("网约车司机", 17), ("货车司机", 15), ("保安员", 5), ("家政服务员", 3),
           ("护工护理员", 3), ("房产中介员", 2), ("商场信息员", 1))  # fmt: skip
_PEOPLES = (("汉族", 92), ("壮族", 3), ("土家族", 2), ("苗族", 2), ("瑶族", 1))
_POSTS = ("操作工", "质检员", "仓管员", "文员", "工程师", "驾驶员", "客服", "班组长")
_YOUNGEST, _OLDEST = 18, 59


def fill_members(uow: UnitOfWork, chance: Random, unions: Sequence[UnionRow], members: int) -> None:
    """Take `members` made-up members into the unions, in proportion to their size."""
    uow.note("organising.demo.filled")
    headings = {column.key: column.heading for column in COLUMNS}
    importer = MemberImporter(uow, Sheet(_SHEET, headings), new_id())
    tally = go_through(importer, _rows(chance, unions, members), write=True)
    if tally.faults:
        raise RuntimeError(f"the sample register is faulty: {tally.faults[0]}")
    _retain_some(uow, members * _RETAINED // 1_000)


def _rows(chance: Random, unions: Sequence[UnionRow], members: int) -> Iterator[Row]:
    names = demo_names(chance)
    sizes = [union.members or 1 for union in unions]
    serial = 0
    for union, size in zip(unions, sizes, strict=True):
        for _number in range(max(1, round(size * members / sum(sizes)))):
            serial += 1
            yield Row(_SHEET, serial, _cells(chance, union, serial, next(names)))


def _cells(chance: Random, union: UnionRow, serial: int, name: str) -> dict[str, Any]:
    is_male = chance.random() * 100 >= _WOMEN
    today = clock.today()
    age = min(max(_YOUNGEST, chance.lognormvariate(3.5, 0.27)), _OLDEST)
    born_on = today - timedelta(days=int(age * 365.25) + chance.randrange(365))
    of_age = born_on + timedelta(days=_YOUNGEST * 366)
    joined_on = max(union.founded_on, of_age) + timedelta(days=chance.randrange(900))
    is_new_form = chance.random() * 100 < _NEW_FORM
    return {
        "name": name,
        "sex": "男" if is_male else "女",
        "id_number": demo_id_number(serial, male=is_male, born_on=born_on),
        "ethnicity": _drawn(chance, _PEOPLES),
        "phone": demo_phone(serial * 37),
        "education": _drawn(chance, _EDUCATIONS),
        "household_kind": "农业" if chance.random() < 0.6 else "非农业",
        "is_migrant_worker": "是" if chance.random() * 100 < _MIGRANT else "否",
        "employer": union.employer_name,
        "union": union.name,
        "employment_form": "平台就业" if is_new_form else _drawn(chance, _FORMS),
        "new_form_group": _drawn(chance, _GROUPS) if is_new_form else "",
        "joined_on": min(joined_on, today).isoformat(),
        "occupation": chance.choice(_POSTS),
    }


def _drawn(chance: Random, shares: Sequence[tuple[str, int]]) -> str:
    return chance.choices([word for word, _share in shares], [share for _word, share in shares])[0]


def _retain_some(uow: UnitOfWork, number: int) -> None:
    """A few members have retired or lost their work: their membership is retained."""
    day = clock.today() - timedelta(days=30)
    long_since = select(Membership.id).where(Membership.joined_on < day).order_by(Membership.id)
    for member_id in uow.session.scalars(long_since.limit(number)).all():
        take_step(uow, members, member_id, 1, "retain", {"comment": "退休返乡", "effective_on": day})
