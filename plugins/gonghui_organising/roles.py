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
    "organising.questionnaire.collect": _("收集并上传答卷"),
    "organising.questionnaire.results": _("查看问卷结果"),
    "organising.answer_sheet.create": _("填写问卷"),
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
    "organising.member.backdate",
)
_DECIDING = (
    *_DRAFTING,
    "organising.union.return",
    "organising.union.approve",
    "organising.union.backdate",
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
#: What concerns whole histories or ends a body is for the federation itself.
_WHOLE = ("organising.member.merge", "organising.union.dissolve")
_REGISTRAR = tuple(
    f"organising.legal_person.{verb}"
    for verb in ("return", "register", "renew", "register_change", "cancel", "export")
)
_EMPLOYERS = ("organising.employer.read", "organising.employer.match", "organising.employer.import")
#: Whoever goes round with a questionnaire: an officer, or an activist with no other role.
_COLLECTING = ("organising.questionnaire.read", "organising.questionnaire.collect")
_QUESTIONNAIRES = (
    *_COLLECTING,
    "organising.questionnaire.create",
    "organising.questionnaire.change",
    "organising.questionnaire.open",
    "organising.questionnaire.close",
    "organising.questionnaire.export",
    "organising.questionnaire.results",
    "organising.answer_sheet.read",
    "organising.answer_sheet.export",
)
_PARTS = (
    "organising.subdivision.read",
    "organising.subdivision.create",
    "organising.subdivision.change",
    "organising.subdivision.establish",
    "organising.subdivision.dissolve",
    "organising.subdivision.export",
    "organising.group_assignment.read",
    "organising.group_assignment.create",
    "organising.group_assignment.end",
    "organising.group_assignment.export",
)
_HELPERS = (
    "organising.helper.read",
    "organising.helper.create",
    "organising.helper.change",
    "organising.helper.serve",
    "organising.helper.export",
)
#: A union recommends; the street confirms.
_HELPERS_ABOVE = (*_HELPERS, "organising.helper.confirm", "organising.helper.end")
_STAFF_SEEN = ("organising.staff_member.read", "organising.staff_certificate.read")
_STAFF = (
    *_STAFF_SEEN,
    "organising.staff_member.create",
    "organising.staff_member.change",
    "organising.staff_member.appoint",
    "organising.staff_member.leave",
    "organising.staff_member.post",
    "organising.staff_member.grade",
    "organising.staff_member.export",
    "organising.staff_certificate.create",
    "organising.staff_certificate.change",
    "organising.staff_certificate.verify",
    "organising.staff_certificate.renew",
    "organising.staff_certificate.void",
    "organising.staff_certificate.reveal",
    "organising.staff_certificate.export",
)
_LATE = (
    "organising.legal_person.backdate",
    "organising.subdivision.backdate",
    "organising.group_assignment.backdate",
    "organising.helper.backdate",
    "organising.staff_member.backdate",
    "organising.staff_certificate.backdate",
)

#: What a union does for itself, and what is for the union above it.
_OF_UNION = (*_DRAFTING, *_MEMBERS, *_RENEWING, *_LEGAL_PERSON, *_PARTS, *_HELPERS)
_OF_UPPER = (
    *_DECIDING,
    *_MEMBERS,
    *_REGISTERS,
    *_RENEWALS,
    *_LEGAL_PERSON,
    *_QUESTIONNAIRES,
    *_PARTS,
    *_HELPERS_ABOVE,
    *_STAFF,
    *_LATE,
)


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
_TARGETS_LATE = (*_may("prospect", "backdate"), *_may("issue", "backdate"), *_may("venue", "backdate"))
_QUOTAS = _may("quota", *_WRITING, "issue", "withdraw", "export", "backdate")
_AT_COMMUNITY = (*_ASSESSING, *_VISITING, *_RAISING, *_ASSIGNING, *_may("hang_point", "read"), *_VENUES)
_AT_STREET = (*_AT_COMMUNITY, *_CONFIRMING, *_TARGETS_LATE, *_may("quota", "read"))
_AT_DISTRICT = (*_AT_STREET, *_SUPERVISING, *_QUOTAS)
_LOOKING_ON = tuple(
    permission
    for record_type in ("assessment", "prospect", "hang_point", "issue", "quota", "venue")
    for permission in _may(record_type, "read", "export")
)

ROLES = (
    RoleTemplate("enterprise_officer", "企业工会干部", (*_OF_UNION, *_COLLECTING, *_ASSESSING, *_RAISING)),
    RoleTemplate(
        "community_officer", "社区工会干部", (*_OF_UNION, *_QUESTIONNAIRES, *_STAFF_SEEN, *_AT_COMMUNITY)
    ),
    RoleTemplate("street_officer", "街道工会干部", (*_OF_UPPER, "organising.employer.read", *_AT_STREET)),
    RoleTemplate(
        "district_officer",
        "区总工会干部",
        tuple(dict.fromkeys((*_OF_UPPER, *_EMPLOYERS, *_WHOLE, *_REGISTRAR, *_AT_DISTRICT))),
    ),
    RoleTemplate("activist", "工会积极分子", _COLLECTING),
    RoleTemplate(
        "administrator",
        "管理员",
        (
            "organising.union.read",
            "organising.member.read",
            *_REGISTERS,
            *_EMPLOYERS,
            *_RENEWALS_READ,
            "organising.questionnaire.read",
            "organising.subdivision.read",
            "organising.helper.read",
            *_STAFF_SEEN,
            *_LOOKING_ON,
        ),
    ),
)
