"""Kinds of notifications: what they are called, what may be said outside the platform, and how urgent they are."""

from __future__ import annotations

from dataclasses import dataclass

from gonghui.i18n import Text, _


@dataclass(frozen=True, eq=False)
class NotificationKind:
    """A reason to tell somebody something.

    `code` begins with `core` or the id of the plugin. `outside` is all that a message to a phone or a mailbox says:
    it names nobody and no matter, because others may read it (个人信息保护法 Art. 51); `{n}` is the number of matters.
    Without it the kind stays in the inbox. `urgent` messages do not wait for the end of the quiet hours.
    """

    code: str
    title: Text
    outside: Text | None = None
    urgent: bool = False


MOVED = NotificationKind(
    "core.record.moved", _("我的事项有进展"), _("你的事项有新进展，请登录工会平台查看。")
)
WAITING = NotificationKind("core.record.waiting", _("有事项待办"))
DUE_SOON = NotificationKind(
    "core.deadline.due_soon", _("期限将到"), _("有{n}件事项的期限将到，请登录工会平台办理。")
)
OVERDUE = NotificationKind("core.deadline.overdue", _("已逾期"), _("有{n}件事项已逾期，请登录工会平台办理。"))
ESCALATED = NotificationKind(
    "core.deadline.escalated", _("下级逾期未办"), _("有{n}件下级事项逾期未办，请登录工会平台督办。")
)
ADDRESS_CODE = NotificationKind(
    "core.address.code", _("地址验证"), _("工会平台验证码 {code}，30 分钟内有效。请勿告诉他人。"), urgent=True
)

#: Those of the core that an account can mute; whoever wants a code has asked for it.
OF_THE_CORE = (MOVED, WAITING, DUE_SOON, OVERDUE, ESCALATED)
