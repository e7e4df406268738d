"""Persons: a human being known to a tenant, once."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable
from gonghui.values.names import sort_key


class Person(TenantTable):
    """A human being. Identity numbers come with encrypted fields; until then a person is a name."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_name_key", "tenant_id", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
    )

    name: Mapped[str]
    name_key: Mapped[str]


def new_person(name: str) -> Person:
    """A person not yet in the database."""
    return Person(name=name, name_key=sort_key(name))
