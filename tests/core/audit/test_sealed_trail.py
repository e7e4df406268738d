"""The trail of what nobody is to be traced by tells the act and the hour, however the row was written."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.designs import samples
from tests.designs.profile import Like

from gonghui.audit.entries import AuditEntry
from gonghui.parties.persons import new_person
from gonghui.records.bulk import delete_many, insert_many
from gonghui.testing import Federation


@pytest.mark.parametrize("way", ["session", "bulk"])
def test_it_tells_neither_who_nor_what_nor_the_minute(federation: Federation, way: str) -> None:
    act = f"designs.like.{way}_{uuid4().hex}"
    with federation.uow() as uow:
        profile_id = samples.profile_at(("activate", {}))(uow, federation.units["garden"])
        person = new_person("样心动")
        uow.add(person)
        uow.note(act)
        values = {
            "org_unit_id": federation.units["garden"],
            "state": "given",
            "person_id": person.id,
            "profile_id": profile_id,
        }
        if way == "session":
            like = Like(**values)
            uow.add(like)
            uow.session.flush()
            uow.session.delete(like)
            uow.session.flush()
        else:
            insert_many(uow, Like, [{**values, "version": 1}])
            delete_many(uow, Like, Like.__table__.c.profile_id == profile_id)
        uow.commit()
        entries = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == act)).all()
    assert [entry.operation for entry in entries] == ["sealed", "sealed"]
    for entry in entries:
        nobody = (entry.account_id, entry.person_id, entry.object_table, entry.object_id, entry.org_unit_id)
        assert nobody == (None,) * 5
        assert (entry.at.minute, entry.at.second, entry.request_id) == (0, 0, "")
        # An id of ours would tell the millisecond.
        assert entry.id.version == 4
