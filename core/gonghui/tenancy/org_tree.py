"""The tree of org units: who stands under whom, found by path."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Select,
    and_,
    false,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.values import clock
from gonghui.values.ids import new_id


class OrgUnitKind(StrEnum):
    """Levels of the field (工会法 Art. 11); a kind may stand only under the kinds of `MAY_STAND_UNDER`."""

    DISTRICT_FEDERATION = "district_federation"
    STREET_FEDERATION = "street_federation"
    INDUSTRY_UNION = "industry_union"
    COMMUNITY_FEDERATION = "community_federation"
    PARK_FEDERATION = "park_federation"
    GRASSROOTS_UNION = "grassroots_union"


_AREAS = (OrgUnitKind.COMMUNITY_FEDERATION, OrgUnitKind.PARK_FEDERATION)
_ABOVE_ENTERPRISE = (
    OrgUnitKind.DISTRICT_FEDERATION,
    OrgUnitKind.STREET_FEDERATION,
    OrgUnitKind.INDUSTRY_UNION,
    *_AREAS,
)
MAY_STAND_UNDER: dict[OrgUnitKind, tuple[OrgUnitKind, ...]] = {
    OrgUnitKind.DISTRICT_FEDERATION: (),
    OrgUnitKind.STREET_FEDERATION: (OrgUnitKind.DISTRICT_FEDERATION,),
    OrgUnitKind.INDUSTRY_UNION: (OrgUnitKind.DISTRICT_FEDERATION,),
    OrgUnitKind.COMMUNITY_FEDERATION: (OrgUnitKind.STREET_FEDERATION, OrgUnitKind.DISTRICT_FEDERATION),
    OrgUnitKind.PARK_FEDERATION: (OrgUnitKind.STREET_FEDERATION, OrgUnitKind.COMMUNITY_FEDERATION),
    OrgUnitKind.GRASSROOTS_UNION: _ABOVE_ENTERPRISE,
}


class OrgUnit(TenantTable):
    """A node of the tree. `path` names every node from the root down, each part ended by a dot."""

    __tablename__ = "org_unit"
    __table_args__ = (
        unique("path"),
        ForeignKeyConstraint(
            ["tenant_id", "parent_id"], ["core.org_unit.tenant_id", "core.org_unit.id"], ondelete="RESTRICT"
        ),
        Index("ix_org_unit_path", "tenant_id", "path", postgresql_ops={"path": "text_pattern_ops"}),
        Index("ix_org_unit_parent_id", "tenant_id", "parent_id"),
        # A tree has one root.
        Index("uq_org_unit_root", "tenant_id", unique=True, postgresql_where=text("parent_id IS NULL")),
    )

    parent_id: Mapped[UUID | None]
    kind: Mapped[str]
    name: Mapped[str]
    path: Mapped[str]
    valid_from: Mapped[date] = mapped_column(default=clock.today)
    valid_to: Mapped[date | None]
    #: The run of a register that made the unit. No key: a run may be forgotten before its units.
    run_id: Mapped[UUID | None]


def path_under(parent: OrgUnit | None, unit_id: UUID) -> str:
    """Path of a unit; the tail of a UUIDv7 is random, so siblings do not collide."""
    return f"{parent.path if parent else ''}{unit_id.hex[-12:]}."


def new_unit(parent: OrgUnit | None, kind: OrgUnitKind, name: str) -> OrgUnit:
    """A unit below `parent`, not yet in the database. Raises `Invalid` where its kind may not stand there."""
    allowed = MAY_STAND_UNDER[kind]
    if (parent is None and allowed) or (parent is not None and parent.kind not in allowed):
        raise invalid(FieldFault("/org_unit_id", "kind_misplaced", _("这一级组织不能设在所选的上级之下。")))
    unit_id = new_id()
    return OrgUnit(
        id=unit_id,
        parent_id=parent.id if parent else None,
        kind=kind.value,
        name=name,
        path=path_under(parent, unit_id),
    )


def under(paths: Iterable[str]) -> ColumnElement[bool]:
    """Whether a unit stands at or below one of `paths`; `starts_with` may use the index under a policy."""
    found = [OrgUnit.__table__.c.path.op("^@")(path) for path in paths]
    return or_(*found) if found else false()


def is_root(path: str) -> bool:
    """Whether a path is that of a tenant's own unit."""
    return path.count(".") == 1


def ids_under(paths: Iterable[str]) -> Select[UUID]:
    """Ids of the units at or below `paths`."""
    return select(OrgUnit.__table__.c.id).where(under(paths))


def in_subtree(column: ColumnElement[UUID], paths: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a row's org unit lies in the subtree of `paths`; whoever holds the root skips the filter."""
    if any(is_root(path) for path in paths):
        return true()
    return column.in_(ids_under(paths)) if paths else false()


def whole_federation(uow: UnitOfWork, _values: object = None) -> OrgUnit:
    """The root of the tree, where records are filed that belong to no unit below."""
    return uow.session.scalars(select(OrgUnit).where(OrgUnit.parent_id.is_(None))).one()


def find_named(
    uow: UnitOfWork, name: str, kinds: Iterable[OrgUnitKind] = tuple(OrgUnitKind)
) -> list[OrgUnit]:
    """Units called exactly `name`."""
    wanted = and_(OrgUnit.name == name, OrgUnit.kind.in_([kind.value for kind in kinds]))
    return list(uow.session.scalars(select(OrgUnit).where(wanted).order_by(OrgUnit.path)))
