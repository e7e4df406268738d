"""Replaying the trail of many random acts, some of which fail, rebuilds every audited table."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import select

from gonghui.audit import recorder
from gonghui.audit.replay import Tables, replay
from gonghui.auth.accounts import Account, Role, RoleAssignment, assign, extend_role, open_account
from gonghui.auth.credentials import ApiToken, issue_token
from gonghui.db.base import Base
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.parties.persons import new_person
from gonghui.plugin_host.registers import register_of
from gonghui.plugin_host.switching import switch_off, switch_on
from gonghui.records.registers.taking import import_file
from gonghui.sdk import change_record, create_record, take_step
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind
from gonghui_organising.demo import demo_code
from gonghui_organising.register import COLUMNS
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

ACTS, ACTS_A_TRANSACTION = 2_000, 10
OFFICERS = ("district", "east", "west", "garden", "firm", None)
HEADINGS = {column.key: column.heading for column in COLUMNS}


class Abandoned(Exception):
    """A transaction that ends halfway."""


@dataclass
class Actors:
    """Everybody who acts at one federation, driven by one source of chance."""

    federation: Federation
    chance: Random
    unions: list[UUID] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    serial: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def act(self) -> None:
        """One transaction of one principal, or of the operator; some are abandoned at their end."""
        with suppress(Abandoned), self.federation.uow(self.chance.choice(OFFICERS)) as uow:
            for _ in range(ACTS_A_TRANSACTION):
                self._one(uow)
            if self.chance.random() < 0.06:
                raise Abandoned

    def _one(self, uow: UnitOfWork) -> None:
        name = self.chance.choices(list(_ACTS), weights=[weight for weight, _ in _ACTS.values()])[0]
        try:
            with uow.session.begin_nested():
                _ACTS[name][1](self, uow)
                if self.chance.random() < 0.04:
                    raise Abandoned
        except (DomainError, Abandoned):
            self.done[f"{name} undone"] += 1
        else:
            self.done[name] += 1

    # --- foundings

    def draft(self, uow: UnitOfWork) -> None:
        place = self.chance.choice(["east", "garden", "west", "river"])
        union = create_record(uow, unions, founding_values(self.federation.units[place]) | self._figures())
        self.unions.append(union.id)

    def change(self, uow: UnitOfWork) -> None:
        values = self._figures() | {"chair_name": self.chance.choice(["李示例", "王示例", None])}
        if self.chance.random() < 0.5:
            fresh = founding_values(self.federation.units["east"])
            values |= {key: fresh[key] for key in ("employers", "committee", "papers")}
        union = self._union(uow)
        change_record(uow, unions, union.id, self._version(union), values)

    def submit(self, uow: UnitOfWork) -> None:
        union = self._union(uow)
        take_step(uow, unions, union.id, self._version(union), "submit", {})

    def send_back(self, uow: UnitOfWork) -> None:
        union = self._union(uow)
        take_step(uow, unions, union.id, self._version(union), "return", {"comment": "缺签名"})

    def approve(self, uow: UnitOfWork) -> None:
        union = self._union(uow)
        reply = {
            "approval_no": f"示工复〔2026〕{next(self.serial)}号",
            "term_years": self.chance.choice([5, 5, 5, 3]),
            "effective_on": self.chance.choice([None, date(2025, 3, 1)]),
        }
        take_step(uow, unions, union.id, self._version(union), "approve", reply)

    def _figures(self) -> dict[str, int]:
        return {"headcount": self.chance.randint(20, 60), "members": self.chance.randint(12, 25)}

    def _union(self, uow: UnitOfWork) -> GrassrootsUnion:
        if not self.unions:
            self.draft(uow)
        union = uow.session.get(GrassrootsUnion, (uow.tenant_id, self.chance.choice(self.unions[-60:])))
        if union is None:
            raise Abandoned  # it went with its transaction
        return union

    def _version(self, union: GrassrootsUnion) -> int | None:
        return union.version if self.chance.random() < 0.95 else self.chance.choice([None, 0])

    # --- registers

    def bulk_import(self, uow: UnitOfWork) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(list(HEADINGS.values()))
        for _ in range(self.chance.randint(1, 4)):
            row = self._row()
            sheet.append([row.get(key, "") for key in HEADINGS])
        content = io.BytesIO()
        book.save(content)
        content.seek(0)
        import_file(uow, register_of(uow, "organising.unions"), content)

    def _row(self) -> dict[str, Any]:
        number = self.chance.choice([self.chance.randint(1, 40), 1_000 + next(self.serial)])
        firm = f"深圳市名册{number}电子有限公司"
        street, community = self.chance.choice(
            [("东街道", "花园社区"), ("西街道", "新开社区"), ("西街道", "")]
        )
        return {
            "name": f"{firm}工会委员会",
            "employer_name": firm,
            "employer_uscc": demo_code("91", number),
            "street": self.chance.choice([street, street, street, "无此街道"]),
            "community": community,
            "kind": "独立",
            "founded_on": "2017-09-15",
            "term_started_on": "2022-09-15",
            "term_years": 5,
            "members": self.chance.randint(1, 60),
            "headcount": 50,
        }

    # --- the core's own tables

    def open_account(self, uow: UnitOfWork) -> None:
        person = new_person(f"样{next(self.serial)}")
        uow.add(person)
        uow.session.flush()
        kind = self.chance.choice([PrincipalKind.OFFICER, PrincipalKind.WORKER])
        open_account(uow, f"login{next(self.serial)}", kind=kind, person=person)

    def disable_account(self, uow: UnitOfWork) -> None:
        login = Account.login.startswith("login")
        accounts = uow.session.scalars(select(Account).where(login).order_by(Account.id)).all()
        if accounts:
            account = self.chance.choice(accounts)
            account.disabled_at = None if account.disabled_at else clock.now()
            account.password_hash = f"hash {next(self.serial)}"

    def assign_role(self, uow: UnitOfWork) -> None:
        accounts = uow.session.scalars(
            select(Account).where(Account.kind == "worker").order_by(Account.id)
        ).all()
        role = self.chance.choice(uow.session.scalars(select(Role).order_by(Role.code)).all())
        units = uow.session.scalars(select(OrgUnit).order_by(OrgUnit.path).limit(10)).all()
        assign(uow, self.chance.choice(accounts), role, self.chance.choice(units))

    def end_assignment(self, uow: UnitOfWork) -> None:
        workers = select(Account.id).where(Account.kind == "worker")
        held = (
            select(RoleAssignment).where(RoleAssignment.account_id.in_(workers)).order_by(RoleAssignment.id)
        )
        assignments = uow.session.scalars(held).all()
        if assignments:
            assignment = self.chance.choice(assignments)
            if self.chance.random() < 0.3:
                uow.session.delete(assignment)
            else:
                assignment.valid_to = clock.today() + timedelta(days=self.chance.randint(-5, 5))

    def extend_role(self, uow: UnitOfWork) -> None:
        code = f"role{self.chance.randint(1, 5)}"
        extend_role(uow, code, code, [f"core.made_up.{self.chance.randint(1, 30)}"])

    def token(self, uow: UnitOfWork) -> None:
        tokens = uow.session.scalars(select(ApiToken).order_by(ApiToken.id)).all()
        if tokens and self.chance.random() < 0.5:
            self.chance.choice(tokens).revoked_at = clock.now()
            return
        account = uow.session.scalars(select(Account).order_by(Account.id).limit(1)).one()
        issue_token(uow, account, "test", permissions=self.chance.choice([None, ["core.org_unit.read"]]))

    def new_unit(self, uow: UnitOfWork) -> None:
        parent = uow.session.get(
            OrgUnit, (uow.tenant_id, self.federation.units[self.chance.choice(["east", "firm"])])
        )
        uow.add(new_unit(parent, OrgUnitKind.COMMUNITY_FEDERATION, f"社区{next(self.serial)}"))

    def switch(self, uow: UnitOfWork) -> None:
        registry = self.federation.world.registry
        (plugin, *_rest) = registry.plugins.values()
        (switch_on if self.chance.random() < 0.6 else switch_off)(uow, registry, plugin)


_ACTS: dict[str, tuple[int, Callable[[Actors, UnitOfWork], None]]] = {
    "draft": (12, Actors.draft),
    "change": (14, Actors.change),
    "submit": (16, Actors.submit),
    "return": (6, Actors.send_back),
    "approve": (8, Actors.approve),
    "import": (3, Actors.bulk_import),
    "open account": (6, Actors.open_account),
    "disable account": (6, Actors.disable_account),
    "assign role": (8, Actors.assign_role),
    "end assignment": (8, Actors.end_assignment),
    "extend role": (5, Actors.extend_role),
    "token": (4, Actors.token),
    "new unit": (3, Actors.new_unit),
    "switch": (2, Actors.switch),
}


def audited_tables() -> dict[str, Any]:
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    # Of rows whose trail is sealed it tells nothing that could be rebuilt.
    return {
        each.__table__.fullname: each.__table__ for each in classes if each.audited and not each.sealed_audit
    }


def actual(uow: UnitOfWork) -> Tables:
    """The audited tables as they are, each value written as the trail writes it."""
    return {
        name: {str(row.id): _as_told(table, row) for row in uow.session.execute(select(table))}
        for name, table in audited_tables().items()
    }


def _as_told(table: Any, row: Any) -> dict[str, Any]:
    values = row._mapping
    return {
        column.name: recorder.json_value(_in_utc(values[column.name]))
        for column in table.columns
        if not column.info.get("redacted")
    }


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def told(uow: UnitOfWork) -> Tables:
    """The audited tables as the trail tells them, without what it leaves out on purpose."""
    tables, found = audited_tables(), replay(uow)
    assert set(found) <= set(tables)
    redacted = {
        name: {c.name for c in table.columns if c.info.get("redacted")} for name, table in tables.items()
    }
    return {
        name: {
            key: {column: value for column, value in row.items() if column not in redacted[name]}
            for key, row in found.get(name, {}).items()
        }
        for name in tables
    }


def differences(one: Tables, other: Tables) -> list[tuple[str, str, str, Any, Any]]:
    found = []
    for table in sorted({*one, *other}):
        left, right = one.get(table, {}), other.get(table, {})
        for key in sorted({*left, *right}):
            a, b = left.get(key, {}), right.get(key, {})
            found += [(table, key, c, a.get(c), b.get(c)) for c in sorted({*a, *b}) if a.get(c) != b.get(c)]
    return found


@pytest.fixture
def busy(federation: Federation) -> Actors:
    """A federation at which two thousand things were done or tried."""
    actors = Actors(federation, Random(20261123))
    for _ in range(ACTS // ACTS_A_TRANSACTION):
        actors.act()
    return actors


def test_the_trail_of_two_thousand_acts_rebuilds_every_audited_table(busy: Actors) -> None:
    with busy.federation.uow() as uow:
        rows, rebuilt = actual(uow), told(uow)
    assert set(busy.done) >= set(_ACTS), "some act never succeeded"
    assert sum(count for name, count in busy.done.items() if name.endswith("undone")) > 100
    assert sum(map(len, rows.values())) > 1_000
    assert differences(rows, rebuilt) == []
