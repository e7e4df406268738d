"""A district of realistic size: thousands of unions with their papers, and an officer who asks with a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import create_engine, text

from gonghui.db.database import Database
from gonghui.testing.federation import Federation, World
from gonghui_organising.demo import PAPERS, demo_code
from gonghui_organising.register import UnionRow
from gonghui_organising.register_import import places, take_over

_PAPERS = text(
    "INSERT INTO organising.union_paper (tenant_id, id, union_id, kind, dated_on) "
    "SELECT u.tenant_id, gen_random_uuid(), u.id, wanted.kind, u.founded_on "
    "FROM organising.grassroots_union u CROSS JOIN unnest(CAST(:kinds AS text[])) AS wanted (kind)"
)


@dataclass(frozen=True)
class District:
    """A tenant, whom to ask it as, one of its communities and some of its unions."""

    tenant_id: UUID
    host: str
    token: str | None
    community: UUID
    unions: list[UUID]


def make_district(world: World, unions: int) -> District:
    """A federation with `unions` unions, taken over from a made-up register, each with nine papers."""
    federation = world.federation()
    with federation.uow() as uow:
        streets, areas = places(uow)
        take_over(uow, list(_register(unions, sorted(areas))), streets, areas, Counter())
    return District(
        federation.view.id,
        f"{federation.view.code}.test",
        federation.token("district", None).secret or "",
        federation.units["garden"],
        _with_papers(world.database, federation),
    )


def _register(unions: int, areas: list[tuple[str, str]]) -> Iterator[UnionRow]:
    for serial in range(1, unions + 1):
        street, community = areas[serial % len(areas)]
        founded = date(2018, 1, 1) + timedelta(days=serial % 2_000)
        employer = f"深圳市样本第{serial}精密电子有限公司"
        yield UnionRow(
            row=serial,
            name=f"{employer}工会委员会",
            employer_name=employer,
            employer_uscc=demo_code("91", serial),
            uscc=demo_code("81", serial) if serial % 3 else None,
            street=street,
            community=community,
            kind="independent",
            founded_on=founded,
            term_started_on=founded,
            term_years=5,
            headcount=20 + serial % 700,
            women_staff=10 + serial % 300,
            members=15 + serial % 300,
            women_members=8 + serial % 150,
            migrant_members=serial % 200,
            chair_name="样示例",
            industry="制造业",
        )


def _with_papers(database: Database, federation: Federation) -> list[UUID]:
    """Give every union its papers, as a superuser in one statement; some of the unions."""
    admin = create_engine(database.admin_url.set(database=database.name))
    try:
        with admin.begin() as connection:
            connection.execute(_PAPERS, {"kinds": list(PAPERS)})
            some = text("SELECT id FROM organising.grassroots_union WHERE tenant_id = :tenant LIMIT 200")
            return list(connection.scalars(some, {"tenant": federation.view.id}))
    finally:
        admin.dispose()
