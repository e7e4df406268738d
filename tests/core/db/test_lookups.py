"""Looking many values up at once."""

from __future__ import annotations

from gonghui.db.lookups import select_each
from gonghui.parties.persons import Identity, Person, enter_person
from gonghui.tenancy.keys import keyring
from gonghui.testing import Federation
from gonghui.values.ids import new_id


def test_rows_are_found_by_their_ids_and_by_their_digests(federation: Federation) -> None:
    with federation.uow() as uow:
        persons = [
            enter_person(uow, Identity(f"样{name}", "passport", f"E1234567{number}", None, None), {})[0]
            for number, name in enumerate("甲乙丙")
        ]
        table, ring = Person.__table__.c, keyring(uow)
        marks = [ring.index("id_number", f"E1234567{number}") for number in (0, 2, 8)]
        ids = [persons[1].id, new_id()]
        by_mark = uow.session.scalars(select_each(table.id_number_index, marks, table.name)).all()
        by_id = uow.session.scalars(select_each(table.id, ids, table.name)).all()
        nobody = uow.session.scalars(select_each(table.id, [], table.name)).all()
    assert (set(by_mark), by_id, nobody) == ({"样甲", "样丙"}, ["样乙"], [])


def test_rows_are_found_by_several_columns_together(federation: Federation) -> None:
    with federation.uow() as uow:
        numbers = ("E12345671", "E22345671", "E32345671")
        for name, number in zip("甲乙丙", numbers, strict=True):
            enter_person(uow, Identity(f"样{name}", "passport", number, None, None), {})
        table, ring = Person.__table__.c, keyring(uow)
        both = (table.id_number_tail, table.id_number_index)
        marks = [(ring.tail("id_number", number), ring.index("id_number", number)) for number in numbers[:2]]
        found = uow.session.scalars(select_each(both, marks, table.name)).all()
        nobody = uow.session.scalars(select_each(both, [], table.name)).all()
    assert (found, nobody) == (["样甲", "样乙"], [])
