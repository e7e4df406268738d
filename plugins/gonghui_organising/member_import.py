"""Takes a register of members over: persons, memberships and their first step, each row a bundle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    BundleWriter,
    CheckedRow,
    Conflict,
    Employer,
    EmployerBook,
    EmployerMatch,
    Identity,
    Person,
    RecordTransition,
    Row,
    Same,
    Sheet,
    UnitOfWork,
    _,
    clock,
    delete_many,
    figure,
    here,
    insert_many,
    keyring,
    new_id,
    new_ids,
    nobody_names,
    person_columns,
    select_each,
    sort_key,
    visible,
)
from gonghui_organising.member_register import MemberRow, MemberRules, Rules
from gonghui_organising.member_words import new_form_groups
from gonghui_organising.membership import LIVE, Membership, MembershipState
from gonghui_organising.union import GrassrootsUnion, UnionState

IMPORT = "organising.member.import"

_Sound = tuple[CheckedRow, Any]
_RECORD_TYPE = Membership.__table__.fullname  # type: ignore[attr-defined]
_AS_TOLD = ("joined_on", "occupation", "employment_form", "new_form_group", "remark")
#: What differs from member to member, table by table.
_PARTS: dict[Any, tuple[str, ...]] = {
    Membership: ("org_unit_id", "person_id", "employer_id", *_AS_TOLD),
    Person: ("name", "name_key", "document_kind", "id_number", "sex", "birth_year", "born_on", "phone", "ethnicity",
             "education", "household_kind", "is_migrant_worker"),
    RecordTransition: ("effective_on",),
}  # fmt: skip


def _fixed(uow: UnitOfWork, run_id: UUID) -> dict[Any, dict[str, Any]]:
    """What is the same for all members of a run, or elsewhere in a member's bundle."""
    active = MembershipState.ACTIVE.value
    return {
        Membership: {"run_id": run_id, "state": active, "first_joined_on": Same(Membership, "joined_on")},
        Person: {"run_id": run_id},
        RecordTransition: {
            "record_type": _RECORD_TYPE,
            "record_id": Same(Membership, "id"),
            "name": "register",
            "to_state": active,
            "org_unit_id": Same(Membership, "org_unit_id"),
            "account_id": uow.principal.account_id,
            "person_id": uow.principal.person_id,
        },
    }


#: Blind indexes of the tail and of the whole of a number.
_Mark = tuple[int, bytes]


class _Known(NamedTuple):
    """A person who is known: who stands for them, their name, and the blind index of their phone."""

    id: UUID
    name: str
    phone: bytes | None


class _Made(NamedTuple):
    """What will be written for a row: its bundle, the employer it names, what finds a new person's number."""

    bundle: bytes
    employer: UUID | None
    mark: _Mark


class MemberImporter:
    """One register of members on its way in."""

    def __init__(self, uow: UnitOfWork, sheet: Sheet, run_id: UUID) -> None:
        self.made: Counter[str] = Counter()
        self._uow, self._sheet, self._run_id = uow, sheet, run_id
        self._ring = keyring(uow)
        self._rules = MemberRules(
            Rules(
                unions=_unions(uow),
                groups=new_form_groups(uow),
                minimum_age=figure(uow, "organising.membership.minimum_age").value,
                today=clock.today(),
                demo_numbers=here(uow).is_demo,
            )
        )
        self._in_sight = {unit for units in self._rules.rules.unions.values() for unit in units}
        self._book = EmployerBook(uow)
        # While no document is known there is nobody to be looked up.
        known = select(Person.id).where(Person.__table__.c.id_number_tail.is_not(None))
        self._is_first = not uow.session.scalar(select(known.exists()))
        self._fresh: dict[UUID, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        self._one_at_a_time = Lock()  # rows are made ready while others are settled
        self._writer = BundleWriter(uow, _PARTS, "organising.member.imported", _fixed(uow, run_id))

    def examine(self, row: Row) -> CheckedRow:
        """Check a row by itself and against the rows before it."""
        checked = CheckedRow(row, self._sheet.headings)
        self._rules.examine(checked)
        return checked

    def ready(self, rows: Sequence[CheckedRow]) -> list[_Made]:
        """The bundles of members, as they are written if nobody knows the person."""
        values = [row.value for row in rows]
        named = [value.employer_name for value in values]
        found = {name: self._employer(name) for name in dict.fromkeys(named)}
        employers = [found[name] for name in named]
        bundles, marks = self._bundles(values, employers)
        return list(map(_Made, bundles, employers, marks))

    def settle(self, rows: Sequence[_Sound], *, write: bool) -> tuple[int, int]:
        """Leave out who is a member of the union already, refuse who is one elsewhere, write the others."""
        if write and self._is_first and self._all_are_new(rows):
            return len(rows), 0
        marks = [self._mark(row.value, made) for row, made in rows]
        persons, members = self._known([mark for mark, _kind in marks])
        bundles: list[bytes] = []
        again: list[tuple[MemberRow, UUID | None, UUID]] = []
        employers: set[UUID | None] = set()
        fresh, known = 0, 0
        for (row, made), mark in zip(rows, marks, strict=True):
            person = persons.get(mark)
            member = members.get(person.id) if person else None
            in_sight = member is not None and member.org_unit_id in self._in_sight
            if person is not None and not write and not in_sight:
                fresh += 1  # a preview is no way to ask who is known, or a member, in another street
            elif person is not None and person.name != row.value.name:
                self.made["names_disagree"] += 1
                message = _("这个证件号码已登记在另一个姓名之下。照证件核对姓名和号码。")
                row.note("name", "name_disagrees", message)
            elif member is None:
                fresh += 1
                if made is not None:
                    employers.add(made.employer)
                    if person is None:
                        bundles.append(made.bundle)
                    else:
                        again.append((row.value, made.employer, person.id))
            elif person is not None and member.org_unit_id == row.value.union_unit_id:
                known += 1
                self._remark(row, person, member)
            else:
                self.made["members_elsewhere"] += 1
                message = _("此人已是另一个工会的会员。办理会籍转接，不要重复登记。")
                row.note("union", "member_elsewhere", message)
        if write:
            self._write_employers(employers)
            if again:  # members once more, or persons whom somebody else entered
                values, named, known_as = zip(*again, strict=True)
                bundles += self._bundles(values, named, known_as)[0]
            self._writer.write(bundles)
        return (fresh if write else 0), known

    def _all_are_new(self, rows: Sequence[_Sound]) -> bool:
        """Write all as if nobody were known; not, where somebody has been entered since the register began."""
        self._write_employers({made.employer for _row, made in rows})
        try:
            self._writer.write([made.bundle for _row, made in rows])
        except Conflict:
            self._is_first = False
        return self._is_first

    def _mark(self, value: MemberRow, made: _Made | None) -> tuple[_Mark, str]:
        kind, number, _born_on, _sex = value.document
        if made is not None:
            return made.mark, kind
        return (self._ring.tail("id_number", number), self._ring.index("id_number", number)), kind

    def _known(self, marks: Sequence[_Mark]) -> tuple[dict[tuple[_Mark, str], _Known], dict[UUID, Any]]:
        """Persons by document, and the live memberships of those who have one."""
        if self._is_first:
            return {}, {}
        person, membership = Person.__table__.c, Membership.__table__.c
        keys = (person.id_number_tail, person.id_number_index)
        told = (person.document_kind, person.id, person.merged_into_id, person.name, person.phone_index)
        found = self._uow.session.execute(select_each(keys, marks, *keys, *told))
        persons = {
            ((tail, bytes(index)), kind): _Known(stands or person_id, name, phone)
            for tail, index, kind, person_id, stands, name, phone in found
        }
        if not persons:
            return {}, {}
        live = select_each(
            membership.person_id,
            [known.id for known in persons.values()],
            membership.person_id,
            membership.org_unit_id,
            membership.joined_on,
            membership.new_form_group,
            where=membership.state.in_(LIVE),
        )
        return persons, {row.person_id: row for row in self._uow.session.execute(live)}

    def _remark(self, row: CheckedRow, person: _Known, member: Any) -> None:
        """Say where a known member's row tells something else; the register changes nobody who is known."""
        value: MemberRow = row.value
        phone = self._ring.index("phone", value.phone) if value.phone else None
        told = (
            ("phone", phone, person.phone),
            ("joined_on", value.joined_on, member.joined_on),
            ("new_form_group", value.new_form_group, member.new_form_group),
        )
        other = [key for key, new, old in told if new is not None and new != old]
        if other:
            columns = [self._sheet.headings[key] for key in other]
            message = _(
                "此人已登记，{columns}与登记的不同，没有改动。要改，请修改会员资料。", columns=columns
            )
            row.remark(other[0], "known_differs", message)

    def _bundles(
        self,
        values: Sequence[MemberRow],
        employers: Sequence[UUID | None],
        known: Sequence[Any] | None = None,
    ) -> tuple[list[bytes], Sequence[_Mark]]:
        """Bundles of members, of persons who are `known` or else entered with them; and what finds the latter."""
        told = dict(zip(MemberRow._fields, zip(*values, strict=True), strict=True))
        owners = known or new_ids(len(values))
        today = self._rules.rules.today
        tables: dict[Any, dict[str, Sequence[Any]]] = {
            Membership: {
                "id": new_ids(len(values)),
                "org_unit_id": told["union_unit_id"],
                "person_id": owners,
                "employer_id": employers,
                **{name: told[name] for name in _AS_TOLD},
            },
            # A member is one since joining, whenever the register is read in.
            RecordTransition: {
                "id": new_ids(len(values)),
                "effective_on": [day or today for day in told["joined_on"]],
            },
        }
        if known is None:
            tables[Person] = {"id": owners, **_persons(told)}
        bundles = self._writer.ready(tables)
        if known is not None:
            return bundles, ()
        person = tables[Person]
        return bundles, list(zip(person["id_number_tail"], person["id_number_index"], strict=True))

    def _employer(self, name: str) -> UUID | None:
        """The employer of this name; one that nobody knows yet is entered with the first row that is written."""
        if not name:
            return None
        found = self._book.find(name, None)
        if found is not None:
            return found
        with self._one_at_a_time:
            found = new_id()
            matches = [
                {"employer_id": found, "candidate_id": other, "score": score, "run_id": self._run_id}
                for score, other in self._book.alike(name)
            ]
            employer = {"id": found, "name": name, "name_key": sort_key(name), "run_id": self._run_id}
            self._fresh[found] = (employer, matches)
            self._book.add(found, name, None)
        return found

    def _write_employers(self, named: set[UUID | None]) -> None:
        with self._one_at_a_time:
            fresh = [self._fresh.pop(employer) for employer in named & self._fresh.keys() if employer]
        insert_many(self._uow, Employer, [employer for employer, _matches in fresh])
        # A candidate may be an employer whose only row turned out to be no new member: then there is no pair.
        entered = {
            match["candidate_id"] for _employer, found in fresh for match in found
        } - self._fresh.keys()
        matches = [match for _employer, found in fresh for match in found if match["candidate_id"] in entered]
        insert_many(self._uow, EmployerMatch, matches)
        self.made.update(employers=len(fresh), employer_matches=len(matches))


def _persons(told: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    kinds, numbers, _born_on, _sexes = zip(*told["document"], strict=True)
    identities = list(map(Identity, told["name"], kinds, numbers, told["sex"], told["born_on"]))
    return {**person_columns(identities, told["facts"]), "phone": told["phone"]}


def _unions(uow: UnitOfWork) -> dict[str, list[UUID]]:
    """Units of the unions that exist, by name, as far as the principal may import members."""
    found = select(GrassrootsUnion.name, GrassrootsUnion.org_unit_id).where(
        GrassrootsUnion.state == UnionState.APPROVED.value,
        visible(uow.principal, IMPORT, GrassrootsUnion.__table__.c.org_unit_id),
    )
    units: dict[str, list[UUID]] = defaultdict(list)
    for name, unit_id in uow.session.execute(found):
        units[name].append(unit_id)
    return units


def undo_members(uow: UnitOfWork, run_id: UUID) -> dict[str, int]:
    """Take back the memberships, persons and employers of a run. Raises `Conflict` where one was changed since."""
    mine = Membership.run_id == run_id
    changed = uow.session.scalars(select(Membership.id).where(mine, Membership.version > 1).limit(1)).first()
    if changed is not None:
        raise Conflict("import_in_use", _("这次导入的会员已有后续变动，不能整体撤销。请逐个更正。"))
    steps = select(Membership.id).where(mine)
    delete_many(uow, RecordTransition, RecordTransition.record_id.in_(steps))
    gone = {"memberships": delete_many(uow, Membership, mine)}
    gone["persons"] = delete_many(uow, Person, (Person.run_id == run_id) & nobody_names(Person))
    delete_many(uow, EmployerMatch, EmployerMatch.run_id == run_id)
    gone["employers"] = delete_many(uow, Employer, (Employer.run_id == run_id) & nobody_names(Employer))
    return gone
