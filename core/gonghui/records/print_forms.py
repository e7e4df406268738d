"""Paper forms of a record: filled in, printed, signed with ink, and scanned back as one of its papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text

#: What a form says beyond the record: by the names under which its template asks for it.
Told = Callable[[UnitOfWork, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class PrintForm:
    """A form on paper that follows from a record.

    `template` is one of the plugin's own (`"aid/application.html"`, in its folder `templates`), extends `print.html`
    and writes `said("name")` for a value of the record, which is empty where it is not known or masked, `row` for its
    lists, and what `told(uow, record)` gives. It is offered in `states`, in all where none are named. `paper` is the
    attachment that it becomes once it was signed.
    """

    name: str
    title: Text
    template: str
    states: frozenset[str] = frozenset()
    paper: str | None = None
    told: Told | None = None

    def is_offered(self, state: str) -> bool:
        """Whether a record in this state has it."""
        return not self.states or state in self.states
