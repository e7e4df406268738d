"""The tree of org units: who stands under whom, found by path."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Select,
    and_,
    event,
    false,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, one_of, ref, unique
from gonghui.db.unit_of_work import TenantSession, UnitOfWork
from gonghui.db.writers import made_by_core
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
    UNION_BRANCH = "union_branch"
    UNION_GROUP = "union_group"


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
    OrgUnitKind.UNION_BRANCH: (OrgUnitKind.GRASSROOTS_UNION,),
    OrgUnitKind.UNION_GROUP: (OrgUnitKind.GRASSROOTS_UNION, OrgUnitKind.UNION_BRANCH),
}


class OrgUnit(TenantTable):
    """A node of the present tree. `path` names every node from the root down, each part ended by a dot.

    Where it stood on other days its edges say. The database refuses a new node whose path is not that of its parent:
    somebody may have moved the parent in the meantime.
    """

    __tablename__ = "org_unit"
    __table_args__ = (
        unique("path"),
        ForeignKeyConstraint(
            ["tenant_id", "parent_id"], ["core.org_unit.tenant_id", "core.org_unit.id"], ondelete="RESTRICT"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "successor_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            ondelete="RESTRICT",
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
    #: Last day of a unit that was merged or closed; nothing new is set up below it.
    valid_to: Mapped[date | None]
    #: The unit into which this one was merged. It stands there, so what is filed at it is found from there.
    successor_id: Mapped[UUID | None]
    #: The run of a register that made the unit. No key: a run may be forgotten before its units.
    run_id: Mapped[UUID | None]


class EdgeCause(StrEnum):
    """Why a unit came to stand where it stands."""

    FOUNDED = "founded"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    CLOSED = "closed"


class OrgEdge(TenantTable):
    """Under whom a unit stood from one day to another. A unit has one edge on every day, the root's without parent.

    What is filed on a day before a unit was set up counts where the unit was first set: its first edge holds for all
    days before, too.
    """

    __tablename__ = "org_edge"
    __table_args__ = (
        one_of("cause", EdgeCause),
        # The index of the constraint is also the one by which a unit's edges are found.
        ExcludeConstraint(
            (text("tenant_id"), "="),
            (text("unit_id"), "="),
            (text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_org_edge_one_a_day",
            using="gist",
        ),
        Index("ix_org_edge_parent", "tenant_id", "parent_id", "unit_id"),
        Index("ix_org_edge_unit", "tenant_id", "unit_id", "valid_from"),
        Index("uq_org_edge_first", "tenant_id", "unit_id", unique=True, postgresql_where=text("is_first")),
    )

    unit: Mapped[OrgUnit] = ref(OrgUnit, part=True)
    unit_id: Mapped[UUID]
    parent: Mapped[OrgUnit | None] = ref(OrgUnit, optional=True)
    parent_id: Mapped[UUID | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    is_first: Mapped[bool] = mapped_column(default=False)
    cause: Mapped[str]
    #: The decision on which it rests: its number, or its words.
    decision: Mapped[str | None]


def first_edge(unit: dict[str, Any], cause: EdgeCause, decision: str | None = None) -> dict[str, Any]:
    """The edge by which a unit (by column name) comes into the tree."""
    return {
        "unit_id": unit["id"],
        "parent_id": unit["parent_id"],
        "valid_from": unit["valid_from"],
        "is_first": True,
        "cause": cause.value,
        "decision": decision,
    }


@event.listens_for(TenantSession, "before_flush")
def _set_first_edges(session: TenantSession, _context: Any, _instances: Any) -> None:
    """Give each new unit its edge, unless whoever made it has given it one."""
    placed = {row.unit_id for row in session.new if isinstance(row, OrgEdge)}
    for unit in [row for row in session.new if isinstance(row, OrgUnit) and row.id not in placed]:
        unit.valid_from = unit.valid_from or clock.today()
        values = {"id": unit.id, "parent_id": unit.parent_id, "valid_from": unit.valid_from}
        edge: OrgEdge = made_by_core(OrgEdge(**first_edge(values, EdgeCause.FOUNDED)))
        edge.tenant_id = session.uow.tenant_id
        session.add(edge)


#: What the path of a unit adds to that of the unit above: the tail of its id, and a dot.
PATH_PART = 13


def path_under(parent: OrgUnit | None, unit_id: UUID) -> str:
    """Path of a unit; the tail of a UUIDv7 is random, so siblings do not collide."""
    return f"{parent.path if parent else ''}{unit_id.hex[-12:]}."


def may_stand(kind: str, parent: OrgUnit | None) -> bool:
    """Whether a unit of this kind may stand below `parent`, or at the root without one."""
    allowed = MAY_STAND_UNDER[OrgUnitKind(kind)]
    return not allowed if parent is None else parent.kind in allowed


def new_unit(
    parent: OrgUnit | None, kind: OrgUnitKind, name: str, *, valid_from: date | None = None
) -> OrgUnit:
    """A unit below `parent` from a day (today), not yet in the database.

    Raises `Invalid` where its kind may not stand there, or the parent is closed.
    """
    if not may_stand(kind, parent):
        raise invalid(FieldFault("/org_unit_id", "kind_misplaced", _("这一级组织不能设在所选的上级之下。")))
    if parent is not None and parent.valid_to is not None:
        raise invalid(FieldFault("/org_unit_id", "unit_closed", _("“{name}”已撤销。", name=parent.name)))
    unit_id = new_id()
    return OrgUnit(
        id=unit_id,
        parent_id=parent.id if parent else None,
        kind=kind.value,
        name=name,
        path=path_under(parent, unit_id),
        valid_from=valid_from or clock.today(),
    )


def set_up_unit(
    uow: UnitOfWork, parent: OrgUnit, kind: OrgUnitKind, name: str, *, valid_from: date | None = None
) -> OrgUnit:
    """Set up a unit below `parent`, from a day (today) on. Raises `Invalid` as `new_unit` does."""
    unit = new_unit(parent, kind, name, valid_from=valid_from)
    uow.note("core.org_unit.created")
    uow.add(unit)
    uow.session.flush()
    return unit


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


def hold_tree(uow: UnitOfWork) -> None:
    """Let nobody else set up or move units until the transaction ends.

    Whoever sets up a unit holds the lock for shared use from its insertion on: the table's trigger sees to that.
    """
    uow.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(str(uow.tenant_id), _TREE_LOCK)))
    )


#: The trigger on `core.org_unit` takes the same one (revision core_0005).
_TREE_LOCK = 7215004


def find_named(
    uow: UnitOfWork, name: str, kinds: Iterable[OrgUnitKind] = tuple(OrgUnitKind)
) -> list[OrgUnit]:
    """Units called exactly `name`, of `kinds` (any), whoever may see them; in the order of the tree."""
    wanted = and_(OrgUnit.name == name, OrgUnit.kind.in_([kind.value for kind in kinds]))
    return list(uow.session.scalars(select(OrgUnit).where(wanted).order_by(OrgUnit.path)))
