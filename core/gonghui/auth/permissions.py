"""Permissions of the core in words, for whoever reads or changes a role; plugins say their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gonghui.i18n import Text, _


@dataclass(frozen=True)
class CorePermission:
    """What a permission of the core allows; `since` is the day on which one came that was not there from the start."""

    title: Text
    since: date | None = None
    #: Held by operators of the platform alone: no role of a federation may have it.
    of_operators: bool = False


#: Headings below which the permissions stand, by the second part of their code.
GROUPS: Mapping[str, Text] = {
    "org_unit": _("组织"),
    "account": _("人员与权限"),
    "role": _("人员与权限"),
    "plugin": _("插件"),
    "parameter": _("政策参数"),
    "calendar": _("节假日"),
    "deadline": _("期限"),
    "figure": _("统计数字"),
    "import": _("导入"),
    "audit": _("审计记录"),
    "quality": _("数据质量"),
}
OTHERS = _("运行")

PERMISSIONS: Mapping[str, CorePermission] = {
    "core.org_unit.read": CorePermission(_("查看组织")),
    "core.org_unit.create": CorePermission(_("新设下级组织")),
    "core.org_unit.reorganise": CorePermission(_("划转、合并、分设、更名和撤销组织")),
    "core.org_unit.backdate": CorePermission(_("补录早于今天的组织变动")),
    "core.account.create": CorePermission(_("开干部账号")),
    "core.role.read": CorePermission(_("查看角色和权限")),
    "core.role.grant": CorePermission(_("管理账号、角色和登录")),
    "core.plugin.read": CorePermission(_("查看插件")),
    "core.plugin.switch": CorePermission(_("启用和停用插件")),
    "core.plugin.uninstall": CorePermission(_("卸载插件并清除其数据")),
    "core.plugin.export": CorePermission(_("导出插件的数据"), of_operators=True),
    "core.plugin.plan": CorePermission(_("决定方案包括哪些插件"), of_operators=True),
    "core.parameter.read": CorePermission(_("查看政策参数")),
    "core.parameter.change": CorePermission(_("修改政策参数")),
    "core.calendar.read": CorePermission(_("查看节假日")),
    "core.calendar.change": CorePermission(_("修改节假日")),
    "core.deadline.read": CorePermission(_("查看期限")),
    "core.figure.read": CorePermission(_("查看统计数字")),
    "core.import.use": CorePermission(_("导入名册")),
    "core.audit.read": CorePermission(_("查看审计记录")),
    "core.event.read": CorePermission(_("查看没有办成的后台事项"), date(2026, 11, 27)),
    "core.event.resume": CorePermission(_("重办没有办成的后台事项"), date(2026, 11, 27)),
    "core.message.read": CorePermission(_("查看已发消息"), date(2026, 11, 27)),
    "core.quality.read": CorePermission(_("查看数据质量"), date(2026, 11, 27)),
    "core.quality.decide": CorePermission(_("判断名称相近的单位是否同一个"), date(2026, 11, 27)),
    "core.quality.merge": CorePermission(_("合并和拆分登记了两次的人"), date(2026, 11, 27)),
    "core.platform.read": CorePermission(_("查看平台的运行"), of_operators=True),
}


def words_of(code: str, of_plugins: Mapping[str, str]) -> Text | str:
    """What a permission allows; its code, where nobody says."""
    return PERMISSIONS[code].title if code in PERMISSIONS else of_plugins.get(code, code)
