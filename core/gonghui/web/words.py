"""How pages call what programs know by a code: periods, roles, units and what was done to them."""

from __future__ import annotations

from gonghui.i18n import Text, _
from gonghui.values.periods import Period

_ROLE_NAMES = {
    "administrator": _("管理员"),
    "auditor": _("审计员"),
    "district_officer": _("区总工会干部"),
    "street_officer": _("街道工会干部"),
    "community_officer": _("社区工会干部"),
    "enterprise_officer": _("企业工会干部"),
    "worker": _("职工"),
}

_ACCOUNT_KINDS = {
    "officer": _("工会干部"),
    "worker": _("职工"),
    "guest": _("合作机构"),
    "machine": _("程序"),
}
_UNIT_KINDS = {
    "district_federation": _("区总工会"),
    "street_federation": _("街道总工会"),
    "industry_union": _("产业（行业）工会"),
    "community_federation": _("社区工联会"),
    "park_federation": _("园区工联会"),
    "grassroots_union": _("基层工会"),
    "union_branch": _("分工会"),
    "union_group": _("工会小组"),
}
_CAUSES = {
    "founded": _("设立"),
    "moved": _("划转"),
    "merged": _("合并"),
    "split": _("分设"),
    "closed": _("撤销"),
}
_REORGANISATIONS = {
    "move": _("划转"),
    "merge": _("合并"),
    "split": _("分设"),
    "rename": _("更名"),
    "close": _("撤销"),
}


def account_kind(code: str) -> Text | str:
    """What sort of account it is."""
    return _ACCOUNT_KINDS.get(code, code)


def unit_kind(code: str) -> Text | str:
    """The level of a unit, as the field calls it."""
    return _UNIT_KINDS.get(code, code)


def edge_cause(code: str) -> Text | str:
    """Why a unit came to stand where it stands."""
    return _CAUSES.get(code, code)


def reorganisation_kind(code: str) -> Text | str:
    """What is done to units by a change of the tree."""
    return _REORGANISATIONS.get(code, code)


def role_name(code: str, title: str = "") -> Text | str:
    """The role as people call it; one that the core does not know as `title` says, translated if a plugin has words."""
    return _ROLE_NAMES.get(code) or Text(title or code)


def period_name(period: Period) -> Text:
    """The period in words: 2024年上半年."""
    year, kind, number = period.first.year, period.code[4:5], period.code[5:]
    if kind == "H":
        return _("{year}年{half}", year=year, half=_("上半年") if number == "1" else _("下半年"))
    if kind == "Q":
        return _("{year}年第{quarter}季度", year=year, quarter=number)
    if kind:
        return _("{year}年{month}月", year=year, month=period.first.month)
    return _("{year}年", year=year)
