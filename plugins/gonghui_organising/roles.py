"""What organising adds to the roles of a federation when it is switched on."""

from __future__ import annotations

from gonghui.sdk import RoleTemplate, _

PERMISSIONS = {
    "organising.union.read": _("查看工会"),
    "organising.union.create": _("起草建会申请"),
    "organising.union.change": _("修改未报送或被退回的建会申请"),
    "organising.union.submit": _("报送建会申请"),
    "organising.union.return": _("退回补正"),
    "organising.union.approve": _("批准建会"),
    "organising.union.backdate": _("补录早于今天的批准日期"),
    "organising.union.import": _("导入工会名册"),
    "organising.union.export": _("导出工会名册"),
    "organising.member.read": _("查看会员（号码已遮盖）"),
    "organising.member.create": _("登记会员和入会申请"),
    "organising.member.change": _("修改会员资料"),
    "organising.member.approve": _("批准或不予入会"),
    "organising.member.end": _("保留、恢复和终止会籍"),
    "organising.member.backdate": _("补录早于今天的会籍变动"),
    "organising.member.transfer": _("申请会籍转接"),
    "organising.member.reveal": _("写明理由查看会员的完整号码"),
    "organising.member.merge": _("合并和拆分重复的人"),
    "organising.member.import": _("导入会员名册"),
    "organising.employer.read": _("查看单位"),
    "organising.employer.match": _("判断名称相近的单位是否同一个"),
    "organising.employer.import": _("导入单位名册"),
    "organising.member.export": _("导出会员名册（号码已遮盖）"),
    "organising.transfer.read": _("查看会籍转接"),
    "organising.transfer.decide": _("接收或退回会籍转接"),
}

_DRAFTING = (
    "organising.union.read",
    "organising.union.create",
    "organising.union.change",
    "organising.union.submit",
)
_READING = ("organising.union.read", "organising.member.read")
_MEMBERS = (
    "organising.member.read",
    "organising.member.create",
    "organising.member.change",
    "organising.member.approve",
    "organising.member.end",
    "organising.member.transfer",
    "organising.member.reveal",
    "organising.transfer.read",
    "organising.transfer.decide",
)
_REGISTERS = (
    "organising.union.import",
    "organising.union.export",
    "organising.member.import",
    "organising.member.export",
    "organising.member.merge",
    "organising.member.backdate",
)
_DECIDING = (*_DRAFTING, "organising.union.return", "organising.union.approve", "organising.union.backdate")
#: Employers belong to the whole federation: a street finds them, the district says who they are.
_EMPLOYERS = ("organising.employer.read", "organising.employer.match", "organising.employer.import")


def _may(record_type: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"organising.{record_type}.{verb}" for verb in verbs)


_WRITING = ("read", "create", "change")
#: A union assesses itself; the union above it confirms.
_ASSESSING = _may("assessment", *_WRITING, "propose")
_CONFIRMING = _may("assessment", "return", "confirm", "backdate", "export")
_VISITING = _may("prospect", *_WRITING, "export", "contact", "agree", "begin", "found", "set_aside", "resume")
#: Whoever raises an issue closes it; whoever owns one reports it settled.
_RAISING = _may("issue", *_WRITING, "resolve", "close", "reopen")
_ASSIGNING = _may("issue", "assign", "take_back", "export")
_SUPERVISING = _may("hang_point", *_WRITING, "export", "visit", "end", "backdate")
_VENUES = _may("venue", *_WRITING, "finish", "open", "close", "export")
_LATE = (*_may("prospect", "backdate"), *_may("issue", "backdate"), *_may("venue", "backdate"))
_QUOTAS = _may("quota", *_WRITING, "issue", "withdraw", "export", "backdate")
_AT_COMMUNITY = (*_ASSESSING, *_VISITING, *_RAISING, *_ASSIGNING, *_may("hang_point", "read"), *_VENUES)
_AT_STREET = (*_AT_COMMUNITY, *_CONFIRMING, *_LATE, *_may("quota", "read"))
_AT_DISTRICT = (*_AT_STREET, *_SUPERVISING, *_QUOTAS)
_LOOKING_ON = tuple(
    permission
    for record_type in ("assessment", "prospect", "hang_point", "issue", "quota", "venue")
    for permission in _may(record_type, "read", "export")
)

ROLES = (
    RoleTemplate("enterprise_officer", "企业工会干部", (*_DRAFTING, *_MEMBERS, *_ASSESSING, *_RAISING)),
    RoleTemplate("community_officer", "社区工会干部", (*_DRAFTING, *_MEMBERS, *_AT_COMMUNITY)),
    RoleTemplate(
        "street_officer",
        "街道工会干部",
        (*_DECIDING, *_MEMBERS, *_REGISTERS, "organising.employer.read", *_AT_STREET),
    ),
    RoleTemplate(
        "district_officer",
        "区总工会干部",
        tuple(dict.fromkeys((*_DECIDING, *_MEMBERS, *_REGISTERS, *_EMPLOYERS, *_AT_DISTRICT))),
    ),
    RoleTemplate(
        "administrator",
        "管理员",
        ("organising.union.read", "organising.member.read", *_REGISTERS, *_EMPLOYERS, *_LOOKING_ON),
    ),
)
