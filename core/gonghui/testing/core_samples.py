"""Things of the core that the contract tries operations with, and a register that somebody sent in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import issue_token
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.deliveries import EventDelivery
from gonghui.events.handlers import BULK
from gonghui.lifecycle.plugin_removal import request_removal
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.calendar_changes import put_override, vouch_for_year
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.synonyms import teach
from gonghui.records.registers.taking import apply_run, new_run, stage_file
from gonghui.testing import (
    import_samples,
    job_samples,
    page_samples,
    parameter_samples,
    second_factor_samples,
)
from gonghui.testing.federation import Federation, World
from gonghui.testing.notification_samples import address_of, notification_of
from gonghui.testing.operations import NoSample
from gonghui.testing.plugin_samples import SPARE
from gonghui.testing.right_askers import PLACE, reaches
from gonghui.values.ids import new_id


class CoreSamples:
    """Samples of the federation `home`; `mark` is told what would show if it leaked."""

    def __init__(
        self, world: World, home: Federation, plugins: Sequence[Plugin], mark: Callable[[str], None]
    ) -> None:
        self._world, self._home, self._plugins, self._mark = world, home, plugins, mark

    def of(self, right: str, tree: Mapping[str, Any]) -> dict[str, Callable[[], str]]:
        """Makers for whoever asks as `right`, by the name of a parameter or of an operation; `tree` are fresh units."""
        registry = self._world.registry
        return {
            **job_samples.samples(self._home, right),
            "org_unit_id": lambda: tree.get("org_into_id", str(self._home.units[PLACE])),
            "reorganisation_id": lambda: tree["planned_id"],
            "POST /api/v1/org-units/{org_unit_id}/close": lambda: tree["org_child_ids"][0],
            "plugin_id": lambda: next(iter(registry.plugins)),
            "POST /api/v1/plugins/{plugin_id}/removal": lambda: SPARE.id,
            "DELETE /api/v1/plugins/{plugin_id}/removal": self._leaving,
            "POST /operator/plan/{plugin_id}": lambda: SPARE.id,
            "POST /console/plugins/{plugin_id}/switch": lambda: SPARE.id,
            "POST /console/plugins/{plugin_id}/removal": lambda: SPARE.id,
            "POST /console/plugins/{plugin_id}/removal/cancel": self._leaving,
            "day": lambda: "2035-05-04",
            "year": lambda: "2035",
            "DELETE /api/v1/calendar/overrides/{day}": self._own_day,
            "DELETE /api/v1/calendar/years/{year}": self._own_year,
            "POST /console/calendar/days/{day}/remove": self._own_day,
            "POST /console/calendar/years/{year}/withdraw": self._own_year,
            "parameter_code": lambda: parameter_samples.numeric().code,
            "override_id": self._own_figure,
            "code": lambda: registry.indicators()[0].code,
            "POST /language/{code}": lambda: "zh",
            **page_samples.targets(self._home),
            "POST /api/v1/accounts/{account_id}/second-factor/reset": lambda: self._own(
                second_factor_samples.guarded, "guest"
            ),
            "POST /console/me/sessions/{session_id}/end": lambda: self._own(
                second_factor_samples.session_of, right
            ),
            "token_id": lambda: self._own_token(right),
            "notification_id": lambda: self._own(notification_of, right),
            "address_id": lambda: self._own(address_of, right),
            "register_code": lambda: self.register(right).code,
            "synonym_id": lambda: self._taught(right),
            "run_id": lambda: self.sent_run(right),
            "number": lambda: "2",
            "delivery_id": self._given_up,
            "entry_id": self._entry,
            "POST /api/v1/imports/{run_id}/undo": lambda: self.sent_run(right, is_applied=True),
            **import_samples.samples(self._home, right, lambda: self.register(right), self.sent_run),
        }

    def _own_figure(self) -> str:
        with self._home.uow() as uow:
            return parameter_samples.decided(uow)

    def register(self, login: str) -> RegisterImport:
        """A register that somebody may read in where the samples stand."""
        for plugin in self._plugins:
            for register in plugin.imports:
                if reaches(self._home, login, register.permission):
                    return register
        raise NoSample(f"no register that {login} may read in")

    def sent_run(self, login: str, *, is_applied: bool = False) -> str:
        """A register with one faulty row that somebody sent in."""
        register = self.register(login)
        with self._home.uow(login) as uow:
            run = new_run(uow, register, "sample.csv")
            stage_file(uow, register, run, BytesIO(table_of(register, "样")))
            if is_applied:
                apply_run(uow, register, run, all_or_nothing=False)
            self._mark(str(run.id))
        return str(run.id)

    def _taught(self, login: str) -> str:
        register = self.register(login)
        with self._home.uow() as uow:
            taught = teach(uow, register.code, register.columns, {"样本列": register.columns[0].key})
        return str(taught[0].id)

    def _leaving(self) -> str:
        with self._home.uow() as uow:
            request_removal(uow, SPARE, 30)
        return SPARE.id

    def _entry(self) -> str:
        """An entry of the trail: any, for it is home's."""
        with self._home.uow() as uow:
            return str(uow.session.scalars(select(AuditEntry.id).limit(1)).one())

    def _given_up(self) -> str:
        """A delivery of an hour that failed for good."""
        delivery_id = new_id()
        values = {"handler": "core.settle_tree", "key": str(delivery_id), "queue": BULK, "state": "dead"}
        with self._world.database.relay() as connection:
            made = insert(EventDelivery).values(tenant_id=self._home.view.id, id=delivery_id, **values)
            connection.execute(made)
        return str(delivery_id)

    def _own_day(self) -> str:
        with self._home.uow() as uow:
            put_override(uow, date(2035, 5, 5), is_working=False, name="样本节", reason="样本通知")
        return "2035-05-05"

    def _own_year(self) -> str:
        with self._home.uow() as uow:
            vouch_for_year(uow, 2036, "样本通知")
        return "2036"

    def _own(self, make: Callable[[UnitOfWork, UUID], UUID], login: str) -> str:
        with self._home.uow() as uow:
            return str(make(uow, self._home.accounts[login]))

    def _own_token(self, login: str) -> str:
        with self._home.uow() as uow:
            account = account_by_id(uow, self._home.accounts[login])
            assert account is not None
            token, _secret = issue_token(uow, account, "sample")
        return str(token.id)


def table_of(register: RegisterImport, *first_cells: str) -> bytes:
    """A register as a text table: the headings that it must have, and a row for each first cell."""
    headings = [column.heading for column in register.columns if column.required]
    rows = (cell + "," * (len(headings) - 1) for cell in first_cells)
    return "\n".join([",".join(headings), *rows, ""]).encode()
