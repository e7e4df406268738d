"""The unit that a reader looks at: any that their roles reach, chosen in the head and kept in the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from flask import g, request
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.reporting.indicators import Place, tree_of
from gonghui.tenancy.org_tree import PATH_PART, OrgUnit, OrgUnitKind
from gonghui.values.ids import parse_id
from gonghui.values.periods import Period

#: Enterprises are too many to choose among here: one searches for them.
AREAS = (
    OrgUnitKind.DISTRICT_FEDERATION,
    OrgUnitKind.STREET_FEDERATION,
    OrgUnitKind.INDUSTRY_UNION,
    OrgUnitKind.COMMUNITY_FEDERATION,
    OrgUnitKind.PARK_FEDERATION,
)
_MOST = 100


@dataclass(frozen=True)
class UnitInView:
    """The unit in view with those around it that the reader may choose instead."""

    unit: OrgUnit | None
    #: Where the reader's roles stand; those below another of theirs are left out.
    own: tuple[OrgUnit, ...]
    #: From the reader's own down to the one in view, which is left out.
    above: tuple[OrgUnit, ...]
    #: Areas directly below the one in view, or below the reader's only own.
    below: tuple[OrgUnit, ...]

    @property
    def name(self) -> str:
        """What the head says; empty for a reader without roles."""
        if self.unit is not None:
            return self.unit.name
        return self.own[0].name if len(self.own) == 1 else ""

    @cached_property
    def path(self) -> str | None:
        """The path of the unit in view; None where everything that the reader may see is in view."""
        return None if self.unit is None else self.unit.path


def unit_in_view(uow: UnitOfWork) -> OrgUnit | None:
    """The unit that the address names. Raises `NotFound` for one that no role of the reader reaches."""
    if "unit_in_view" not in g:
        named = request.args.get("unit")
        g.unit_in_view = _reached(uow, parse_id(named)) if named else None
    found: OrgUnit | None = g.unit_in_view
    return found


def place_in_view(uow: UnitOfWork, period: Period) -> Place | None:
    """The unit in view as figures of a period are asked for it."""
    unit = unit_in_view(uow)
    return None if unit is None else Place(unit, tree_of(period))


def around(uow: UnitOfWork) -> UnitInView:
    """The unit in view with those that can be chosen instead; one statement beside that which finds it."""
    unit, roots = unit_in_view(uow), _roots(uow)
    if not roots:
        return UnitInView(unit, (), (), ())
    centre = unit.path if unit is not None else (next(iter(roots)) if len(roots) == 1 else "")
    over = [centre[:end] for end in range(PATH_PART, len(centre) + 1, PATH_PART)]
    at_centre = aliased(OrgUnit)
    below = OrgUnit.parent_id == select(at_centre.id).where(at_centre.path == centre).scalar_subquery()
    wanted = or_(OrgUnit.path.in_([*roots, *over]), below & OrgUnit.kind.in_(AREAS))
    found = uow.session.scalars(select(OrgUnit).where(wanted).order_by(OrgUnit.path).limit(_MOST)).all()
    return UnitInView(
        unit,
        own=tuple(each for each in found if each.path in roots),
        above=tuple(each for each in found if each.path != centre and centre.startswith(each.path)
                    and each.path.startswith(tuple(roots))),
        below=tuple(each for each in found if each.path != centre and each.path.startswith(centre)) if centre else (),
    )  # fmt: skip


def _roots(uow: UnitOfWork) -> list[str]:
    kept: list[str] = []
    for path in sorted({grant.path for grant in uow.principal.grants}):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def _reached(uow: UnitOfWork, unit_id: UUID | None) -> OrgUnit:
    found = uow.session.get(OrgUnit, (uow.tenant_id, unit_id)) if unit_id is not None else None
    if found is None or not found.path.startswith(tuple(_roots(uow)) or ("\0",)):
        raise not_found()
    return found
