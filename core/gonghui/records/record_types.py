"""Record types: a kind of record, declared once; its operations, pages, exports and tests follow from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table

from gonghui.db.base import TenantTable
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault
from gonghui.i18n import Text, _
from gonghui.records import contradictions
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.fields import Bound, Field, Kind, bind
from gonghui.records.print_forms import PrintForm
from gonghui.records.record import Record
from gonghui.records.workflow import CREATE, Workflow
from gonghui.tenancy.org_tree import OrgUnit

Values = Mapping[str, Any]
#: What is wrong with a record as it would be after a change.
Rule = Callable[[UnitOfWork, Any, Values], Iterable[FieldFault]]
#: What follows from the content: columns that nobody types.
Derivation = Callable[[UnitOfWork, Any, Values], None]
#: Where a new record is filed, when that is not asked for.
Place = Callable[[UnitOfWork, Values], OrgUnit]

READ, CHANGE, EXPORT, REVEAL = "read", "change", "export", "reveal"
RecordTypeError = contradictions.RecordTypeError


@dataclass(frozen=True, eq=False)
class Computed:
    """A value that is worked out from the record's table and others, in the statement that reads it."""

    name: str
    title: Text
    kind: Kind
    expression: Callable[[Any], ColumnElement[Any]]
    listed: bool = False
    #: Read in exports only: dear, or of no use on a page.
    exported_only: bool = False
    width: int = 14


@dataclass(frozen=True, eq=False)
class Child:
    """Rows of another table that belong to a record: household members, parties, instalments.

    They are sent as a list with the record. `states` are those in which the list may be put by itself, with
    `permission`, however the record stands: instalments are entered long after the case was agreed. `one` is the name
    under which a single row is told where only one can be (`committee`), though all are shown (`committees`).
    `write` and `entry` replace what is done by default: setting the columns, and showing them. `after` is what follows
    for the record from the rows that were put: a sum, or the day of the next visit. A `published` list is shown with a
    published record to everybody: the questions of a questionnaire, but not who has enrolled in a course.
    """

    name: str
    title: Text
    model: type[TenantTable]
    fields: tuple[Field, ...]
    most: int = 200
    states: frozenset[str] = frozenset()
    permission: str | None = None
    one: str | None = None
    published: bool = False
    write: Callable[[UnitOfWork, Any, Sequence[Values]], None] | None = None
    after: Callable[[UnitOfWork, Any, list[Any]], None] | None = None
    entry: Callable[[], tuple[Any, Any]] | None = None

    @property
    def table(self) -> Table:
        """Where the rows are."""
        table: Table = self.model.__table__  # type: ignore[assignment]
        return table

    @cached_property
    def bound(self) -> tuple[Bound, ...]:
        """The fields at their columns."""
        return bind(self.fields, self.table)

    def link(self, parent: Table) -> str:
        """The column that names the record."""
        return next(
            column.name
            for key in self.table.foreign_key_constraints
            if key.referred_table is parent
            for column in key.columns
            if column.name != "tenant_id"
        )


class RecordType:
    """A kind of record.

    `code` begins with the plugin's id (`aid.hardship`) and all permissions with it; `path` is its place below
    `/api/v1/<plugin>/`. Who sees a record is decided by three scopes: `subtree`, a role at or above its unit;
    `subject`, the column with the person whom it is about, who may do what `own` names (`read`, `create`, `change`
    and steps that say so); `shared`, what somebody may do with whom this very record was shared. In the states of
    `published` everybody who is signed in may read it: a course that is open for enrolment.

    `seen_from` are columns with further units: whoever may read there may read the record, and do nothing with it.

    `joined` are fields of a table that a column leads to (`{"person_id": (…)}`), shown as if they were the record's
    own. `asked_once` are told at the creation and not kept as they are. `create` and `change` replace the ordinary
    way of writing where a record brings others along. `children` are lists that are sent with it, `computed` values
    that the reading statement works out, `search` the columns in which a list's `q` looks.

    `place` says where a new record is filed when that is not asked for. `rules` tell what is wrong with a record as it
    would be after a change, `derive` sets the columns that nobody types; both get the unit of work, the record and
    the values. `backdate` is the permission for steps that took effect before today, `verbs` are the ordinary
    operations that there are, and `deadlines` all rules that its steps start, meet or cancel. `place_sample` names the
    contract's sample of a unit where it may be filed. `attachments` says that its records take files, and which, and
    `print_forms` are forms on paper that follow from a record. `locks` locks, before the record itself is, what its
    steps change besides it, where other steps take both in that order.
    Raises `RecordTypeError` where the parts contradict each other.
    """

    def __init__(
        self,
        model: type[Record],
        *,
        code: str,
        path: str,
        title: Text,
        workflow: Workflow,
        fields: Sequence[Field],
        children: Sequence[Child] = (),
        computed: Sequence[Computed] = (),
        joined: Mapping[str, Sequence[Field]] | None = None,
        asked_once: Sequence[Field] = (),
        search: Sequence[str] = (),
        subtree: bool = True,
        seen_from: Sequence[str] = (),
        subject: str | None = None,
        own: Collection[str] = (),
        shared: Collection[str] = (),
        published: Collection[str] = (),
        deadlines: Sequence[DeadlineRule] = (),
        place: Place | None = None,
        rules: Sequence[Rule] = (),
        derive: Derivation | None = None,
        create: Callable[[UnitOfWork, Values], Record] | None = None,
        change: Callable[[UnitOfWork, Any, Values], None] | None = None,
        backdate: str | None = None,
        verbs: Collection[str] = (READ, CREATE, CHANGE, EXPORT),
        place_sample: str = "org_unit_id",
        attachments: AttachmentRules | None = None,
        print_forms: Sequence[PrintForm] = (),
        locks: Callable[[UnitOfWork, UUID], None] | None = None,
    ) -> None:
        self.model, self.code, self.path, self.title = model, code, path, title
        self.workflow, self.fields, self.children = workflow, tuple(fields), tuple(children)
        self.computed, self.asked_once, self.search = tuple(computed), tuple(asked_once), tuple(search)
        self.subtree, self.seen_from, self.subject = subtree, tuple(seen_from), subject
        self.own, self.shared, self.published = frozenset(own), frozenset(shared), frozenset(published)
        self.deadlines, self.place, self.rules, self.derive = tuple(deadlines), place, tuple(rules), derive
        self.create, self.change, self.backdate = create, change, backdate
        self.verbs, self.place_sample = frozenset(verbs), place_sample
        self.attachments, self.print_forms, self.locks = attachments, tuple(print_forms), locks
        self.table = cast(Any, model.__table__)
        self.bound = bind(self.fields, self.table)
        self.joined = {
            name: bind(more, _target_of(self.table, name)) for name, more in (joined or {}).items()
        }
        self.once = bind(self.asked_once, self.table)
        contradictions.refuse(self)
        RECORD_TYPES[self.table.fullname] = self

    @property
    def plugin(self) -> str:
        """Id of the plugin that owns it."""
        return self.code.split(".", 1)[0]

    @property
    def parameter(self) -> str:
        """What the id of a record is called in paths."""
        return f"{self.code.rsplit('.', 1)[1]}_id"

    def permission(self, verb: str) -> str:
        """The permission for a verb or a transition."""
        if verb in {t.name for t in self.workflow.transitions}:
            return self.workflow.named(verb).permission or f"{self.code}.{verb.replace('-', '_')}"
        return f"{self.code}.{verb}"

    @cached_property
    def permissions(self) -> dict[str, Text]:
        """Every permission that it asks for, with what it allows in words."""
        words = {self.permission(verb): text for verb, text in self._words().items()}
        for transition in self.workflow.transitions:
            if transition.is_offered:
                text = _("{what}：{step}", what=self.title, step=transition.title)
                words.setdefault(self.permission(transition.name), text)
            if transition.backdate or self.backdate:
                words.setdefault(
                    transition.backdate or str(self.backdate),
                    _("补录早于今天的日期：{what}", what=self.title),
                )
        for child in self.children:
            if child.permission is not None:
                words.setdefault(
                    child.permission, _("填写{child}：{what}", child=child.title, what=self.title)
                )
        return words

    @cached_property
    def acts_of_writing(self) -> frozenset[str]:
        """What the trail calls a change of what a record says."""
        lists = {f"{self.code}.{child.name}_put" for child in self.children}
        files = {self.attached, self.detached} if self.attachments else set()
        return frozenset({f"{self.code}.changed", *lists, *files})

    @property
    def attached(self) -> str:
        """What the trail calls the adding of an attachment."""
        return f"{self.code}.attached"

    @property
    def detached(self) -> str:
        """What the trail calls the removal of an attachment."""
        return f"{self.code}.detached"

    @cached_property
    def personal(self) -> frozenset[str]:
        """Permissions that the subject of a record needs no role for."""
        steps = {t.name for t in self.workflow.transitions if t.own}
        return frozenset(self.permission(verb) for verb in self.own | steps) if self.subject else frozenset()

    def is_personal(self, permission: str) -> bool:
        """Whether somebody without a role may ask: the record decides, being theirs, shared or published."""
        is_read = bool(self.published) and permission == self.permission(READ)
        return is_read or permission in self.personal or permission in self.shareable

    @cached_property
    def shareable(self) -> frozenset[str]:
        """Permissions that can be given for one record."""
        steps = {t.name for t in self.workflow.transitions if t.shared}
        return frozenset(self.permission(verb) for verb in self.shared | steps)

    @property
    def sealed(self) -> dict[str, tuple[Bound, str | None]]:
        """Sealed values that are shown masked, by name, each with the column that leads to its row (its own: None)."""
        every = [(bound, None) for bound in self.bound]
        every += [(bound, link) for link, bounds in self.joined.items() for bound in bounds]  # type: ignore[misc]
        return {bound.name: (bound, link) for bound, link in every if bound.is_sealed and bound.field.shown}

    def _words(self) -> dict[str, Text]:
        words = {
            READ: _("查看{what}", what=self.title),
            CREATE: _("新建{what}", what=self.title),
            CHANGE: _("修改{what}", what=self.title),
            EXPORT: _("导出{what}", what=self.title),
        }
        if self.sealed:
            words[REVEAL] = _("写明理由查看完整内容：{what}", what=self.title)
        return {verb: text for verb, text in words.items() if verb in self.verbs or verb == REVEAL}


#: Record types of this process by table, so that a reference to a record is picked among what one may read.
RECORD_TYPES: dict[str, RecordType] = {}


def _target_of(table: Any, column: str) -> Table:
    target: Table = next(iter(table.columns[column].foreign_keys)).column.table
    return target
