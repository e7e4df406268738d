"""Telling accounts something: into their inbox, and by a message outside where the kind says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.notifications.inbox import Notice, Notification
from gonghui.notifications.kinds import NotificationKind
from gonghui.notifications.messages import compose


def notify(uow: UnitOfWork, kind: NotificationKind, notices: Sequence[Notice]) -> None:
    """Put notices into inboxes, and write to each account once about all of its own."""
    uow.add(*(Notification(**notice.as_row(kind.code)) for notice in notices))
    uow.session.flush()
    compose(uow, kind, Counter(notice.account_id for notice in notices))
