"""Speed of taking members over: 100,000 rows of a workbook, read, checked, sealed and written with their audit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import xlsxwriter
from tests.bench.figures import Figure, say

from gonghui.lifecycle.onboarding import Declaration, onboard, operator_principal
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers.taking import import_file
from gonghui.settings import PACKAGED_TENANTS
from gonghui.tenancy.tenants import tenant_with_code
from gonghui.testing.federation import World
from gonghui_organising.demo_people import demo_id_number, demo_names, demo_phone

_UNIONS = 300
_ROWS = 100_000
_TIMES = 3
_HEADINGS = (
    "序号", "姓名*", "性别*", "证件类型", "证件号码*", "民族", "出生日期", "手机号码", "学历", "户籍类型", "是否农民工",
    "工作单位", "所属工会*", "就业形态", "新就业群体", "入会日期", "岗位/工种", "备注",
)  # fmt: skip


def measure(world: World) -> Iterator[Figure]:
    """Rows of the register a second, from the file to the commit: into a fresh tenant, then others into the same."""
    say(f"import of {_ROWS} members")
    with TemporaryDirectory() as folder:
        unions, members, others = (Path(folder) / f"{name}.xlsx" for name in ("unions", "members", "others"))
        write_unions(unions)
        write_members(members)
        write_members(others, first=_ROWS)
        codes = [with_unions(world, f"members{number}", unions) for number in range(_TIMES)]
        for name, file in (("members", members), ("further members", others)):
            rates = [_rate(world, code, file) for code in codes]
            yield Figure(f"import of {_ROWS} {name}", round(median(rates)), "rows/s")


def _rate(world: World, code: str, members: Path) -> float:
    tenant_id = tenant_with_code(world.database, code).id
    started = time.perf_counter()
    with world.database.unit_of_work(operator_principal(tenant_id)) as uow:
        report = import_file(uow, register_of(uow, "organising.members"), members)
    seconds = time.perf_counter() - started
    if report.created != _ROWS:
        raise RuntimeError(f"{report.created} of {_ROWS} went in: {report.faults[:1]}")
    say(f"import into {code}: {report.rows} rows in {seconds:.2f} s")
    return report.rows / seconds


def with_unions(world: World, code: str, unions: Path) -> str:
    """A fresh tenant with the unions of a register; its code."""
    declared = Declaration.read(PACKAGED_TENANTS / "demo.toml")
    content = {**declared.content, "code": code, "hosts": [f"{code}.test"], "account": []}
    tenant = onboard(world.database, world.registry, Declaration(content, declared.profile))
    with world.database.unit_of_work(operator_principal(tenant.id)) as uow:
        import_file(uow, register_of(uow, "organising.unions"), unions)
    return code


def _write(path: Path, headings: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, headings)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)


def write_unions(path: Path) -> None:
    """A register of the unions that the members are of."""
    headings = ("工会名称", "单位名称", "单位统一社会信用代码", "所属街道", "建会类型", "建会日期", "本届任期起",
                "任期(年)", "职工人数", "会员人数")  # fmt: skip
    _write(
        path,
        headings,
        (
            (f"{_firm(n)}联合工会", _firm(n), "", "观湖街道", "联合", "2015-03-01", "2024-03-01", 3, 900, 800)
            for n in range(_UNIONS)
        ),
    )


def write_members(path: Path, rows: int = _ROWS, *, first: int = 0) -> None:
    """A register of made-up members, beginning with the one of a serial number."""
    chance = Random(1)
    names = demo_names(chance)
    _write(path, _HEADINGS, (_member(serial, next(names)) for serial in range(first, first + rows)))


def _member(serial: int, name: str) -> tuple[object, ...]:
    is_male = serial % 2 == 0
    number = demo_id_number(serial, male=is_male)
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    firm = _firm(serial % _UNIONS)
    return (
        serial + 1, name, "男" if is_male else "女", "居民身份证", number, "汉族", born, demo_phone(serial), "大专",
        "农业", "是", firm, f"{firm}联合工会", "合同制", "", "2021-05-06", "操作工", "",
    )  # fmt: skip


def _firm(number: int) -> str:
    return f"示例第{number}工业园"
