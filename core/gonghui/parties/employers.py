"""Employers: firms and institutions, found by their unified social credit code or by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Index, or_, select, text
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.values.names import sort_key


class Employer(TenantTable):
    """A firm or institution. One without a code (a park, a shop street) is known by its name."""

    __tablename__ = "employer"
    __table_args__ = (
        Index(
            "uq_employer_uscc", "tenant_id", "uscc", unique=True, postgresql_where=text("uscc IS NOT NULL")
        ),
        Index("uq_employer_name", "tenant_id", "name", unique=True, postgresql_where=text("uscc IS NULL")),
        Index("ix_employer_name", "tenant_id", "name"),
        Index(
            "ix_employer_name_key", "tenant_id", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}
        ),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    uscc: Mapped[str | None]
    #: Another row of the same employer that stands for both since somebody said so.
    merged_into_id: Mapped[UUID | None]
    #: The run of a register that made the row. No key: a run may be forgotten before its employers.
    run_id: Mapped[UUID | None]


def new_employer(name: str, uscc: str | None = None) -> Employer:
    """An employer not yet in the database; `uscc` is a sound unified social credit code."""
    return Employer(name=name, name_key=sort_key(name), uscc=uscc)


def find_all(
    uow: UnitOfWork, wanted: Iterable[tuple[str, str | None]]
) -> dict[tuple[str, str | None], Employer]:
    """Employers already known among `(name, uscc)` pairs: by code where there is one, else by name.

    For one that was merged into another, the other.
    """
    pairs = set(wanted)
    codes = {uscc for _name, uscc in pairs if uscc}
    names = {name for name, uscc in pairs if not uscc}
    known = uow.session.scalars(
        select(Employer).where(
            or_(Employer.uscc.in_(codes), Employer.name.in_(names) & Employer.uscc.is_(None))
        )
    ).all()
    by_code = {e.uscc: e for e in known if e.uscc}
    by_name = {e.name: e for e in known if not e.uscc}
    found = {pair: by_code.get(pair[1]) if pair[1] else by_name.get(pair[0]) for pair in pairs}
    merged = {e.merged_into_id for e in found.values() if e is not None and e.merged_into_id}
    if merged:
        standing = {e.id: e for e in uow.session.scalars(select(Employer).where(Employer.id.in_(merged)))}
        found = {
            pair: standing[e.merged_into_id] if e is not None and e.merged_into_id else e
            for pair, e in found.items()
        }
    return {pair: employer for pair, employer in found.items() if employer is not None}


def obtain(uow: UnitOfWork, wanted: Sequence[tuple[str, str | None]]) -> list[Employer]:
    """An employer for each `(name, uscc)` pair, in order; those not known are entered.

    The code decides who an employer is; without one, the name does.
    """
    known = {code or name: employer for (name, code), employer in find_all(uow, wanted).items()}
    for name, code in wanted:
        if (code or name) not in known:
            known[code or name] = fresh = new_employer(name, code)
            uow.add(fresh)
    return [known[code or name] for name, code in wanted]


def only_one_named(uow: UnitOfWork, name: str) -> Employer | None:
    """The employer of exactly this name, with a code or without, where there is one and no second."""
    return only_ones_named(uow, [name]).get(name)


def only_ones_named(uow: UnitOfWork, names: Sequence[str]) -> dict[str, Employer]:
    """For each of the names that exactly one employer bears, with a code or without, that employer."""
    if not names:
        return {}
    named: dict[str, list[Employer]] = defaultdict(list)
    wanted = select(Employer).where(Employer.name.in_(names), Employer.merged_into_id.is_(None))
    for employer in uow.session.scalars(wanted):
        named[employer.name].append(employer)
    return {name: found[0] for name, found in named.items() if len(found) == 1}


def rename(uow: UnitOfWork, employer: Employer, name: str) -> None:
    """Correct an employer's name, with the key by which it is found and sorted."""
    employer.name, employer.name_key = name, sort_key(name)
    uow.session.flush()
