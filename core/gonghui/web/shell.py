"""The frame around every page of the console: navigation, unit in view, unread notifications."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.notifications.inbox import count_unread
from gonghui.web.navigation import Section, sections
from gonghui.web.units import UnitInView, around


@dataclass(frozen=True)
class Shell:
    """What the frame says."""

    sections: list[Section]
    units: UnitInView
    unread: int

    def is_here(self, path: str) -> bool:
        """Whether the page is the one at `path`, or stands below it as the nearest entry of the navigation."""
        return path == self._nearest

    @property
    def _nearest(self) -> str:
        at = request.path
        paths = [entry.path for section in self.sections for entry in section.entries]
        # Everything stands below the first page, which is nothing's parent for that.
        above = (p for p in paths if at == p or (p != "/console" and at.startswith(f"{p}/")))
        return max(above, key=len, default="")

    @property
    def is_folded(self) -> bool:
        """Whether the reader has folded the navigation on this browser."""
        return request.cookies.get("navigation") == "folded"


def shell(uow: UnitOfWork) -> Shell:
    """The frame of this request, made once."""
    if "shell" not in g:
        g.shell = _bare(uow) if g.get("is_problem") else _full(uow)
    made: Shell = g.shell
    return made


def _full(uow: UnitOfWork) -> Shell:
    account = uow.principal.account_id
    return Shell(sections(uow), around(uow), count_unread(uow, account) if account else 0)


def _bare(uow: UnitOfWork) -> Shell:
    """What can be said without asking the database: an error page is drawn whatever broke, the transaction too."""
    return Shell(sections(uow), UnitInView(None, (), (), ()), 0)
