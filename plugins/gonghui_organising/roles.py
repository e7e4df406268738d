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
}

_DRAFTING = (
    "organising.union.read",
    "organising.union.create",
    "organising.union.change",
    "organising.union.submit",
)
_DECIDING = (*_DRAFTING, "organising.union.return", "organising.union.approve", "organising.union.backdate")

ROLES = (
    RoleTemplate("enterprise_officer", "企业工会干部", _DRAFTING),
    RoleTemplate("community_officer", "社区工会干部", _DRAFTING),
    RoleTemplate("street_officer", "街道工会干部", (*_DECIDING, "organising.union.import")),
    RoleTemplate("district_officer", "区总工会干部", (*_DECIDING, "organising.union.import")),
    RoleTemplate("administrator", "管理员", ("organising.union.read", "organising.union.import")),
)
