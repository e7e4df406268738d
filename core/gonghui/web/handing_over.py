"""Pages by which an officer's work goes to somebody else: for good, from a day on, or to a deputy for some days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.auth.accounts import Account
from gonghui.auth.people import account_in_reach, roles_of, within_reach
from gonghui.auth.role_giving import GRANT
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, invalid
from gonghui.i18n import _
from gonghui.lifecycle.handing_over import appoint_deputy, count_shares, hand_over
from gonghui.parties.persons import Person
from gonghui.values import clock
from gonghui.values.ids import parse_id
from gonghui.web.form_answers import Fault, faults_of, required, typed_day
from gonghui.web.page import page, to

blueprint = Blueprint("handing_over", __name__, template_folder="templates")

_FIELDS = ("to", "valid_from", "valid_to", "roles")
_MOST = 300


@blueprint.get("/console/people/<uuid:account_id>/hand-over")
@page(GRANT)
def show_hand_over(uow: UnitOfWork, account_id: UUID) -> str:
    """Everything of an account that goes to another."""
    return _form(uow, account_id, "people/hand_over.html")


@blueprint.post("/console/people/<uuid:account_id>/hand-over")
@page(GRANT)
def do_hand_over(uow: UnitOfWork, account_id: UUID) -> Response | tuple[str, int]:
    """Hand everything over, from a day on."""

    def act(uow: UnitOfWork, account: Account) -> None:
        hand_over(uow, account, _successor(uow), typed_day("valid_from") or clock.today())

    return _done(uow, account_id, act, "people/hand_over.html")


@blueprint.get("/console/people/<uuid:account_id>/deputy")
@page(GRANT)
def show_deputy(uow: UnitOfWork, account_id: UUID) -> str:
    """Roles of an account that a deputy may hold for some days."""
    return _form(uow, account_id, "people/deputy.html")


@blueprint.post("/console/people/<uuid:account_id>/deputy")
@page(GRANT)
def do_deputy(uow: UnitOfWork, account_id: UUID) -> Response | tuple[str, int]:
    """Let somebody stand in."""

    def act(uow: UnitOfWork, account: Account) -> None:
        last = typed_day("valid_to")
        if last is None:
            raise invalid(FieldFault("/valid_to", "required", _("代理要有最后一天。")))
        ids = [found for text in request.form.getlist("roles") if (found := parse_id(text)) is not None]
        first = typed_day("valid_from") or clock.today()
        appoint_deputy(uow, account, _successor(uow), ids, first=first, last=last)

    return _done(uow, account_id, act, "people/deputy.html")


def _successor(uow: UnitOfWork) -> Account:
    """The account that was named by its login; one out of reach is as unknown as none. Raises `Invalid`."""
    login = required("to", _("填写接手人的登录名。"))
    named = (Account.login == login.split(" ")[0].lower(), within_reach(uow.principal))
    found = uow.session.scalars(select(Account).where(*named)).one_or_none()
    if found is None:
        raise invalid(FieldFault("/to", "unknown_login", _("没有这个登录名。")))
    return found


def _form(uow: UnitOfWork, account_id: UUID, template: str, faults: Sequence[Fault] = ()) -> str:
    account, name = account_in_reach(uow, account_id)
    held = roles_of(uow, [account.id]).get(account.id, [])
    same_kind = (Account.kind == account.kind, Account.disabled_at.is_(None), Account.id != account.id)
    of_person = (Person.tenant_id == Account.tenant_id) & (Person.id == Account.person_id)
    others = (
        select(Account.login, Person.name)
        .outerjoin(Person, of_person)
        .where(*same_kind, within_reach(uow.principal))
        .order_by(Account.login)
        .limit(_MOST)
    )
    return render_template(
        template,
        account=account,
        name=name,
        roles=[each for each in held if not each.has_ended and each.deputy_for is None],
        shares=count_shares(uow, account.id),
        others=[f"{login} {person or ''}".strip() for login, person in uow.session.execute(others)],
        faults=faults,
        at=dict(faults),
    )


def _done(
    uow: UnitOfWork, account_id: UUID, act: Callable[[UnitOfWork, Account], None], template: str
) -> Response | tuple[str, int]:
    account, _name = account_in_reach(uow, account_id)
    try:
        act(uow, account)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        uow.undo()
        return _form(uow, account_id, template, faults_of(error, _FIELDS)), error.status
    return redirect(to(f"/console/people/{account_id}"), 303)
