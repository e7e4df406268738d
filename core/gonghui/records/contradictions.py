"""Contradictions: what a declaration of a record type may not say, found when it is made and not when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gonghui.records.fields import Bound, Kind

if TYPE_CHECKING:
    from gonghui.records.record_types import RecordType

#: Names of operations and verbs, which no transition may bear: they would share paths and permissions.
_TAKEN = frozenset(
    {
        "read",
        "create",
        "change",
        "export",
        "reveal",
        "list",
        "get",
        "history",
        "choices",
        "bulk",
        "attachments",
        "print",
    }
)


class RecordTypeError(ValueError):
    """A record type contradicts itself."""


def refuse(kind: RecordType) -> None:
    """Raise `RecordTypeError` where a record type contradicts itself."""
    for rule in (
        _of_names,
        _of_scopes,
        _of_deadlines,
        _of_searching,
        _of_permissions,
        _of_sealing,
        _of_attachments,
        _of_print_forms,
    ):
        for sentence in rule(kind):
            raise RecordTypeError(f"{kind.code}: {sentence}")


def _of_names(kind: RecordType) -> Iterator[str]:
    names = [field.name for field in (*kind.fields, *kind.asked_once)]
    names += [child.name for child in kind.children] + [one.name for one in kind.computed]
    names += [bound.name for bounds in kind.joined.values() for bound in bounds]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        yield f"named twice: {', '.join(sorted(twice))}"
    for transition in kind.workflow.transitions:
        if transition.name in _TAKEN:
            yield f"{transition.name} is a verb of every record and no name of a transition"


def _of_scopes(kind: RecordType) -> Iterator[str]:
    for column in (*kind.seen_from, *([kind.subject] if kind.subject else [])):
        if column not in kind.table.columns:
            yield f"no column {column}"
    if (kind.own or any(t.own for t in kind.workflow.transitions)) and kind.subject is None:
        yield "only a record with a subject is somebody's own"
    if "create" in kind.own and kind.place is None:
        yield "whoever enters their own record does not choose where; give a place"
    if not kind.published <= kind.workflow.states.keys():
        yield "published in a state that there is not"
    if not (kind.subtree or kind.subject or kind.shared):
        yield "nobody could ever see it"
    for child in kind.children:
        if not child.states <= kind.workflow.states.keys():
            yield f"{child.name} is open in a state that there is not"


def _of_deadlines(kind: RecordType) -> Iterator[str]:
    steps = kind.workflow.transitions
    told = {rule.code for t in steps for rule in (*t.starts, *t.meets, *t.cancels)}
    told |= {t.timer.code for t in steps if t.timer is not None}
    if not told <= {rule.code for rule in kind.deadlines}:
        yield "a transition names a deadline that the record type does not"


def _of_searching(kind: RecordType) -> Iterator[str]:
    bounds = _bounds(kind)
    known = {bound.column.name: bound for bound in bounds if bound.column is not None}
    for name in kind.search:
        if name not in known:
            yield f"no column {name} to search by"
        elif known[name].kind is not Kind.TEXT:
            yield f"{name} is not a text that could be searched for"
    for bound in bounds:
        if bound.field.filtered and (bound.column is None or bound.is_sealed):
            yield f"{bound.name} cannot be filtered by"


def _of_permissions(kind: RecordType) -> Iterator[str]:
    for child in kind.children:
        if child.states and child.permission is None and "change" not in kind.verbs:
            yield f"{child.name} needs a permission, for nobody may change the record itself"
    steps = kind.workflow.transitions
    for scope, verbs, named in (
        ("own", kind.own, {t.name for t in steps if t.own}),
        ("shared", kind.shared, {t.name for t in steps if t.shared}),
    ):
        given = {kind.permission(name) for name in (*verbs, *named)}
        others = ({*kind.verbs, "reveal"} - verbs) | ({t.name for t in steps if t.is_offered} - named)
        for name in sorted(others):
            if kind.permission(name) in given:
                yield f"{name} would be {scope}, for it has the permission of something that is"


def _of_sealing(kind: RecordType) -> Iterator[str]:
    """Of a record whose trail is sealed nothing else may tell who did what to it."""
    if not kind.model.sealed_audit:
        return
    steps = kind.workflow.transitions
    if any(t.not_by for t in steps):
        yield "its history names nobody, so no step can be refused to who took another"
    if kind.deadlines or kind.shareable:
        yield "deadlines and shares would name the record in the trail"
    if any(not child.model.sealed_audit for child in kind.children):
        yield "rows of a sealed record have to be sealed, too"


def _of_attachments(kind: RecordType) -> Iterator[str]:
    rules = kind.attachments
    if rules is None:
        return
    if "change" not in kind.verbs:
        yield "whoever may change a record adds attachments, and nobody may"
    if not rules.states <= kind.workflow.states.keys():
        yield "attachments are added in a state that there is not"
    if not rules.kinds or rules.most < 1:
        yield "no attachment could ever be added"
    if any(child.name == "attachments" for child in kind.children):
        yield "attachments is the name of an operation and of no list"


def _of_print_forms(kind: RecordType) -> Iterator[str]:
    names = [form.name for form in kind.print_forms]
    if len(names) > len(set(names)):
        yield "two forms on paper have one name"
    papers = kind.attachments.papers if kind.attachments else {}
    for form in kind.print_forms:
        if not form.template.startswith(f"{kind.plugin}/"):
            yield f"the template of {form.name} is not the plugin's own"
        if not form.states <= kind.workflow.states.keys():
            yield f"{form.name} is printed in a state that there is not"
        if form.paper is not None and form.paper not in papers:
            yield f"{form.name} would come back as a paper that there is not"


def _bounds(kind: RecordType) -> list[Bound]:
    return [*kind.bound, *(bound for bounds in kind.joined.values() for bound in bounds)]
