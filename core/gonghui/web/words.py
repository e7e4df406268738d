"""How pages call what programs know by a code: periods and roles."""

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


def role_name(code: str, title: str = "") -> Text | str:
    """The role as people call it; one that the core does not know as `title` says."""
    return _ROLE_NAMES.get(code, title or code)


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
