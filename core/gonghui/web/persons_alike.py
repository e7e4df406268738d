"""Persons who were entered twice: both side by side, merging them with a reason, and taking a merge apart."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.api.plugins_here import registry_here
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import _
from gonghui.lifecycle import person_merging
from gonghui.parties.alike import persons_like
from gonghui.parties.merging import count_moved
from gonghui.parties.person_merges import PersonMerge, list_merges
from gonghui.parties.persons import Person
from gonghui.values.ids import parse_id
from gonghui.web.form_answers import Fault, faults_of, required
from gonghui.web.forms import refused
from gonghui.web.likeness import in_words, lines_of_persons, sides
from gonghui.web.page import page, to
from gonghui.web.quality import MERGE

blueprint = Blueprint("persons_alike", __name__, template_folder="templates")

_HOME, _MERGES = "/console/quality/persons", "/console/quality/merges"
_AT_ONCE, _LONGEST_REASON = 50, 500


@blueprint.get(f"{_HOME}/<uuid:person_id>")
@page(MERGE, of_whole=True)
def show_alike(uow: UnitOfWork, person_id: UUID) -> str | Response:
    """Who may be this person: the only one at once, several to choose among."""
    person = _person(uow, person_id)
    others = persons_like(uow, person)
    if len(others) == 1:
        return redirect(to(f"{_HOME}/{person.id}/{others[0].id}"))
    return render_template("quality/alike.html", person=person, others=others, home=_HOME)


@blueprint.get(f"{_HOME}/<uuid:person_id>/<uuid:other_person_id>")
@page(MERGE, of_whole=True)
def show_two(uow: UnitOfWork, person_id: UUID, other_person_id: UUID) -> str:
    """Two persons side by side, the one who would stay and the one who would be found to be them."""
    return _two_page(uow, person_id, other_person_id, [])


@blueprint.post(f"{_HOME}/<uuid:person_id>/<uuid:other_person_id>")
@page(MERGE, of_whole=True)
def do_merge(uow: UnitOfWork, person_id: UUID, other_person_id: UUID) -> Response | tuple[str, int]:
    """Let the first stand for both, for a reason that is kept."""
    try:
        reason = required("reason", _("写明理由。"), most=_LONGEST_REASON)
        made = person_merging.merge(uow, registry_here(), person_id, other_person_id, reason)
    except DomainError as error:
        refused(uow, error)
        faults = faults_of(error, ("reason",))
        return _two_page(uow, person_id, other_person_id, faults), error.status
    return redirect(to(_MERGES, done=made.id), 303)


@blueprint.get(_MERGES)
@page(MERGE, of_whole=True)
def show_merges(uow: UnitOfWork) -> str:
    """Merges of persons, the last one first."""
    return _merges_page(uow, [])


@blueprint.post(f"{_MERGES}/<uuid:person_merge_id>/undo")
@page(MERGE, of_whole=True)
def do_undo(uow: UnitOfWork, person_merge_id: UUID) -> Response | tuple[str, int]:
    """Take a merge apart; both histories are as they were."""
    try:
        person_merging.unmerge(uow, registry_here(), person_merge_id)
    except DomainError as error:
        return _merges_page(uow, refused(uow, error)), error.status
    return redirect(to(_MERGES, done=person_merge_id), 303)


def _two_page(uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, faults: list[Fault]) -> str:
    kept, dropped = _person(uow, kept_id), _person(uow, dropped_id)
    if kept.id == dropped.id:
        raise not_found()
    kept_side, dropped_side = sides(uow, Person, [kept.id, dropped.id], apart_from=PersonMerge)
    return render_template(
        "quality/persons.html",
        kept=kept,
        dropped=dropped,
        kept_side=kept_side,
        dropped_side=dropped_side,
        lines=lines_of_persons(uow, kept, dropped),
        path=f"{_HOME}/{kept.id}/{dropped.id}",
        swapped=f"{_HOME}/{dropped.id}/{kept.id}",
        is_merged=kept.merged_into_id is not None or dropped.merged_into_id is not None,
        faults_found=faults,
        faults_at={name: sentence for name, sentence in faults if name},
    )


def _merges_page(uow: UnitOfWork, faults: list[tuple[str | None, str]]) -> str:
    cursor = decode_cursor(request.args.get("cursor"), (UUID,))
    rows = list_merges(uow, before=cursor[0] if cursor else None, limit=_AT_ONCE + 1)
    shown = rows[:_AT_ONCE]
    return render_template(
        "quality/merges.html",
        rows=shown,
        moved={merge.id: in_words(count_moved(merge.moved)) for merge, _kept, _dropped in shown},
        done=_named(uow, request.args.get("done", "")),
        is_first=cursor is None,
        next_cursor=encode_cursor((shown[-1][0].id,)) if len(rows) > _AT_ONCE else None,
        faults_found=faults,
    )


def _named(uow: UnitOfWork, text: str) -> PersonMerge | None:
    merge_id = parse_id(text)
    return None if merge_id is None else uow.session.get(PersonMerge, (uow.tenant_id, merge_id))


def _person(uow: UnitOfWork, person_id: UUID) -> Person:
    found = uow.session.get(Person, (uow.tenant_id, person_id))
    if found is None:
        raise not_found()
    return found
