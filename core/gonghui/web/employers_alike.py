"""Employers that look alike, pair by pair: both side by side, somebody's decision, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.parties.alike import employers_judged, match_by_id, next_alike, pair_judged
from gonghui.parties.employer_matches import (
    EmployerMatch,
    MatchState,
    decide_match,
    reopen_match,
)
from gonghui.parties.employers import Employer
from gonghui.parties.merging import count_moved
from gonghui.values.ids import parse_id
from gonghui.web.forms import Faults, refused
from gonghui.web.likeness import in_words, lines_of_employers, sides
from gonghui.web.page import page, to
from gonghui.web.quality import DECIDE, READ

blueprint = Blueprint("employers_alike", __name__, template_folder="templates")

_HOME = "/console/quality/employers"
_QUEUE = "/console/quality"
_AT_ONCE = 50


@blueprint.get(_HOME)
@page(READ, of_whole=True)
def show_next(uow: UnitOfWork) -> Response:
    """The first pair that waits; the list, where none does."""
    waiting = next_alike(uow)
    return redirect(to(f"{_HOME}/{waiting}") if waiting else to(_QUEUE, of="employers"))


@blueprint.get(f"{_HOME}/judged")
@page(READ, of_whole=True)
def show_judged(uow: UnitOfWork) -> str:
    """Pairs that were judged, the last one first."""
    before = decode_cursor(request.args.get("cursor"), (datetime.fromisoformat, UUID))
    rows = employers_judged(uow, before=before, limit=_AT_ONCE + 1)
    shown = rows[:_AT_ONCE]
    return render_template(
        "quality/judged.html",
        rows=shown,
        is_first=before is None,
        next_cursor=encode_cursor((shown[-1].decided_at, shown[-1].id)) if len(rows) > _AT_ONCE else None,
    )


@blueprint.get(f"{_HOME}/<uuid:employer_match_id>")
@page(READ, of_whole=True)
def show_pair(uow: UnitOfWork, employer_match_id: UUID) -> str:
    """Both employers side by side, and what a decision would move."""
    return _pair_page(uow, match_by_id(uow, employer_match_id), [])


@blueprint.post(f"{_HOME}/<uuid:employer_match_id>/<any(same, different):answer>")
@page(DECIDE, of_whole=True)
def do_decide(uow: UnitOfWork, employer_match_id: UUID, answer: str) -> Response | tuple[str, int]:
    """Say whether two employers are one; if so, the one that was known first stands for both. The next pair follows."""
    match = match_by_id(uow, employer_match_id, lock=True)
    try:
        decide_match(uow, match, same=answer == "same")
    except DomainError as error:
        faults = refused(uow, error)
        return _pair_page(uow, match_by_id(uow, employer_match_id), faults), error.status
    following = next_alike(uow, match.id)
    if following is None:
        return redirect(to(_QUEUE, of="employers", done=match.id), 303)
    return redirect(to(f"{_HOME}/{following}", done=match.id), 303)


@blueprint.post(f"{_HOME}/<uuid:employer_match_id>/reopen")
@page(DECIDE, of_whole=True)
def do_reopen(uow: UnitOfWork, employer_match_id: UUID) -> Response | tuple[str, int]:
    """Take a decision back; what it moved goes back."""
    match = match_by_id(uow, employer_match_id, lock=True)
    try:
        reopen_match(uow, match)
    except DomainError as error:
        faults = refused(uow, error)
        return _pair_page(uow, match_by_id(uow, employer_match_id), faults), error.status
    return redirect(to(f"{_HOME}/{employer_match_id}"), 303)


def _pair_page(uow: UnitOfWork, match: EmployerMatch, faults: Faults) -> str:
    later, first = (uow.session.get_one(Employer, (uow.tenant_id, each))
                    for each in (match.employer_id, match.candidate_id))  # fmt: skip
    later_side, first_side = sides(uow, Employer, [later.id, first.id], apart_from=EmployerMatch)
    return render_template(
        "quality/employers.html",
        match=match,
        later=later,
        first=first,
        later_side=later_side,
        first_side=first_side,
        lines=lines_of_employers(uow, later, first),
        moved=in_words(count_moved(_moved_rows(match))),
        codes_differ=bool(later.uscc and first.uscc and later.uscc != first.uscc),
        following=next_alike(uow, match.id),
        may_decide=holds_whole(uow.principal, DECIDE),
        decided=pair_judged(uow, parse_id(request.args.get("done", ""))),
        faults_found=faults,
    )


def _moved_rows(match: EmployerMatch) -> dict[str, Any]:
    return match.moved if match.state == MatchState.SAME else {}
