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
_DECIDING = (
    *_DRAFTING,
    "organising.union.return",
    "organising.union.approve",
    "organising.union.backdate",
    "organising.union.dissolve",
    "organising.union.reveal",
)
#: What a union itself does for its bodies and their renewal, and what is for the union above it.
_RENEWING = (
    *(f"organising.committee.{verb}" for verb in ("read", "create", "change", "by_elect", "leave", "remove")),
    *(
        f"organising.re_election.{verb}"
        for verb in ("read", "create", "change", "submit_plan", "notify", "hold")
    ),
    *(f"organising.re_election.{verb}" for verb in ("reconvene", "submit_result", "register_changes")),
)
_RENEWALS = (
    *_RENEWING,
    *(f"organising.committee.{verb}" for verb in ("confirm", "transfer", "end", "export", "backdate")),
    *(f"organising.re_election.{verb}" for verb in ("return", "approve_plan", "extend", "return_result")),
    *(f"organising.re_election.{verb}" for verb in ("approve", "export", "backdate")),
)
_RENEWALS_READ = (
    *(f"organising.committee.{verb}" for verb in ("read", "export")),
    *(f"organising.re_election.{verb}" for verb in ("read", "export")),
)
#: Employers belong to the whole federation: a street finds them, the district says who they are.
#: What a union applies for, and what the registrar, a county-and-above federation, decides.
_LEGAL_PERSON = (
    "organising.union.seal",
    *(
        f"organising.legal_person.{verb}"
        for verb in ("read", "create", "change", "resubmit", "apply_renewal", "note_change")
    ),
)
_REGISTRAR = tuple(
    f"organising.legal_person.{verb}"
    for verb in ("return", "register", "renew", "register_change", "cancel", "export")
)
_LATE = ("organising.legal_person.backdate",)
_EMPLOYERS = ("organising.employer.read", "organising.employer.match", "organising.employer.import")

#: What a union does for itself, and what is for the union above it.
_OF_UNION = (*_DRAFTING, *_MEMBERS, *_RENEWING, *_LEGAL_PERSON)
_OF_UPPER = (*_DECIDING, *_MEMBERS, *_REGISTERS, *_RENEWALS, *_LEGAL_PERSON, *_LATE)

ROLES = (
    RoleTemplate("enterprise_officer", "企业工会干部", _OF_UNION),
    RoleTemplate("community_officer", "社区工会干部", _OF_UNION),
    RoleTemplate("street_officer", "街道工会干部", (*_OF_UPPER, "organising.employer.read")),
    RoleTemplate("district_officer", "区总工会干部", (*_OF_UPPER, *_EMPLOYERS, *_REGISTRAR)),
    RoleTemplate(
        "administrator",
        "管理员",
        ("organising.union.read", "organising.member.read", *_REGISTERS, *_EMPLOYERS, *_RENEWALS_READ),
    ),
)
