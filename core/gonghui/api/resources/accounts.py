"""Accounts of officers and the roles they are given."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.contents import name_rules
from gonghui.api.operations import Blueprint, operation
from gonghui.auth.accounts import Role, assign, find_account, open_account
from gonghui.auth.passwords import MINIMUM_LENGTH
from gonghui.auth.scope import unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, forbidden, invalid
from gonghui.i18n import _
from gonghui.parties.persons import new_person
from gonghui.values.principal import PrincipalKind

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1", description="Accounts and roles")

CREATE, READ_ROLES = "core.account.create", "core.role.read"


class RoleOut(Schema):
    code = fields.String()
    name = fields.String()
    permissions = fields.List(fields.String())


class NewAccount(Schema):
    name = fields.String(
        required=True,
        validate=name_rules(100),
        metadata={"example": "张示例"},
    )
    login = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-Za-z0-9._-]{3,60}\Z"),
        metadata={"example": "zhang.shili"},
    )
    password = fields.String(
        required=True,
        validate=validate.Length(MINIMUM_LENGTH, 200),
        metadata={"example": "correct horse battery"},
    )
    role = fields.String(required=True, metadata={"x-sample": "role"})
    org_unit_id = fields.UUID(required=True, metadata={"x-sample": "org_unit_id"})


class AccountOut(Schema):
    id = fields.UUID()
    login = fields.String()
    kind = fields.String()


@blueprint.route("/roles", methods=["GET"])
@operation(READ_ROLES)
@blueprint.response(200, RoleOut(many=True))
def list_roles(uow: UnitOfWork) -> list[Role]:
    """Roles of this federation and the permissions they hold."""
    return list(uow.session.scalars(select(Role).order_by(Role.code)))


@blueprint.route("/accounts", methods=["POST"])
@operation(CREATE)
@blueprint.arguments(NewAccount)
@blueprint.response(201, AccountOut)
def create_account(uow: UnitOfWork, body: dict[str, Any]) -> Any:
    """Open an officer's account and give it a role at a unit that I answer for.

    The role may hold no permission that would reach further there than mine, except that administrators
    (who hold `core.role.grant`) give any role.
    """
    unit = unit_within(uow, uow.principal, CREATE, body["org_unit_id"])
    role = uow.session.scalars(select(Role).where(Role.code == body["role"])).one_or_none()
    if role is None:
        raise invalid(FieldFault("/role", "unknown_role", _("没有这个角色。")))
    _refuse_escalation(uow, role, unit.path)
    if find_account(uow, body["login"]) is not None:
        raise invalid(FieldFault("/login", "login_taken", _("这个登录名已被使用，请换一个。")))
    uow.note("core.account.opened")
    person = new_person(body["name"].strip())
    uow.add(person)
    uow.session.flush()
    account = open_account(
        uow, body["login"], kind=PrincipalKind.OFFICER, person=person, password=body["password"]
    )
    assign(uow, account, role, unit)
    return account


def _refuse_escalation(uow: UnitOfWork, role: Role, path: str) -> None:
    principal = uow.principal
    if principal.is_unrestricted or any(path.startswith(root) for root in principal.roots("core.role.grant")):
        return
    for permission in role.permissions:
        if not any(path.startswith(root) for root in principal.roots(permission)):
            raise forbidden(permission)
