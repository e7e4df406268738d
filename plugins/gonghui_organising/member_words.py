"""Words of member registers: what people write for sex, education, household, form of employment, and the codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from gonghui.sdk import Text, UnitOfWork, _, figure
from gonghui_organising.membership import EmploymentForm

SEXES = {"男": "male", "女": "female", "男性": "male", "女性": "female", "M": "male", "F": "female"}

YES_NO = {"是": True, "否": False, "有": True, "无": False, "Y": True, "N": False, "1": True, "0": False}

#: 学历 by GB/T 4658, as far as a register tells them apart.
EDUCATIONS = {
    "小学": "primary",
    "文盲": "primary",
    "小学及以下": "primary",
    "初中": "junior_secondary",
    "初中及以下": "junior_secondary",
    "高中": "senior_secondary",
    "中专": "secondary_vocational",
    "中技": "secondary_vocational",
    "技校": "secondary_vocational",
    "职高": "secondary_vocational",
    "中职": "secondary_vocational",
    "大专": "college",
    "专科": "college",
    "大学专科": "college",
    "高职": "college",
    "本科": "bachelor",
    "大学": "bachelor",
    "大学本科": "bachelor",
    "硕士": "master",
    "研究生": "master",
    "硕士研究生": "master",
    "博士": "doctor",
    "博士研究生": "doctor",
}

HOUSEHOLDS = {
    "农业": "agricultural",
    "农村": "agricultural",
    "农业户口": "agricultural",
    "非农业": "non_agricultural",
    "非农": "non_agricultural",
    "城镇": "non_agricultural",
    "非农业户口": "non_agricultural",
    "居民": "resident",
    "居民户口": "resident",
}

EMPLOYMENT_FORMS = {
    "合同制": EmploymentForm.CONTRACT.value,
    "合同工": EmploymentForm.CONTRACT.value,
    "劳动合同": EmploymentForm.CONTRACT.value,
    "正式合同": EmploymentForm.CONTRACT.value,
    "固定期限": EmploymentForm.CONTRACT.value,
    "无固定期限": EmploymentForm.CONTRACT.value,
    "劳务派遣": EmploymentForm.DISPATCH.value,
    "派遣": EmploymentForm.DISPATCH.value,
    "非全日制": EmploymentForm.PART_TIME.value,
    "兼职": EmploymentForm.PART_TIME.value,
    "灵活就业": EmploymentForm.FLEXIBLE.value,
    "平台就业": EmploymentForm.PLATFORM.value,
    "平台用工": EmploymentForm.PLATFORM.value,
    "不完全符合确立劳动关系": EmploymentForm.PLATFORM.value,
    "退休返聘": EmploymentForm.REHIRED.value,
    "返聘": EmploymentForm.REHIRED.value,
}

_NAMES = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇
柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京
塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
#: 民族 by GB/T 3304, without the final 族.
PEOPLES = frozenset(_NAMES.split())


#: As a form offers them. Names of peoples are the same in every language of the product.
PEOPLES_AS_WRITTEN: Mapping[str, Text] = {f"{name}族": Text(f"{name}族") for name in sorted(PEOPLES)}


def people_of(text: str) -> str | None:
    """The name of a people as the standard writes it (汉 → 汉族), or None where there is none of that name."""
    bare = text.removesuffix("族")
    return f"{bare}族" if bare in PEOPLES else None


def new_form_groups(uow: UnitOfWork, on: date | None = None) -> Mapping[str, str]:
    """Codes of the groups of new employment forms that count on a day (today), by every word for them."""
    groups = figure(uow, "organising.membership.new_form_groups", on).value
    return {word: group["code"] for group in groups for word in (group["code"], *group["words"])}


#: What people read for the codes of a member, column by column.
READ_AS: Mapping[str, Mapping[str, Text]] = {
    "sex": {"male": _("男"), "female": _("女")},
    "document_kind": {
        "resident_id": _("居民身份证"),
        "hmt_residence": _("港澳台居民居住证"),
        "foreign_residence": _("外国人永久居留身份证"),
        "passport": _("护照"),
        "home_return": _("来往内地（大陆）通行证"),
    },
    "education": {
        "primary": _("小学及以下"),
        "junior_secondary": _("初中"),
        "senior_secondary": _("高中"),
        "secondary_vocational": _("中专"),
        "college": _("大专"),
        "bachelor": _("本科"),
        "master": _("硕士"),
        "doctor": _("博士"),
    },
    "household_kind": {
        "agricultural": _("农业"),
        "non_agricultural": _("非农业"),
        "resident": _("居民"),
    },
    "employment_form": {
        "contract": _("合同制"),
        "labour_dispatch": _("劳务派遣"),
        "part_time": _("非全日制"),
        "flexible": _("灵活就业"),
        "platform": _("平台就业"),
        "rehired": _("退休返聘"),
    },
    "new_form_group": {
        "truck_driver": _("货车司机"),
        "courier": _("快递员"),
        "care_worker": _("护工护理员"),
        "domestic_worker": _("家政服务员"),
        "mall_clerk": _("商场信息员"),
        "food_deliverer": _("网约送餐员"),
        "estate_agent": _("房产中介员"),
        "security_guard": _("保安员"),
        "ride_hailing_driver": _("网约车司机"),
    },
    "state": {
        "applied": _("申请入会"),
        "active": _("在册"),
        "transferring": _("转接中"),
        "retained": _("保留会籍"),
        "refused": _("不予入会"),
        "withdrawn": _("退会"),
        "deemed_withdrawn": _("视为退会"),
        "expelled": _("除名"),
        "deceased": _("去世"),
        "transferred_out": _("已转出"),
        "voided": _("作废"),
    },
}


def read_as(row: Mapping[str, Any]) -> dict[str, Any]:
    """A member's row with words in the place of codes."""
    return {name: READ_AS.get(name, {}).get(value, value) for name, value in row.items()}
