"""Signing in and out, who am I, why may I, and my own API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g, session
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.guard import credential
from gonghui.api.operations import SIGNED_IN, Blueprint, operation
from gonghui.auth import credentials
from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import SESSION_LIFE, ApiToken
from gonghui.auth.scope import explain
from gonghui.auth.sign_in import Door, sign_in, sign_out
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.values import clock

blueprint = Blueprint("session", __name__, url_prefix="/api/v1", description="Sign-in, principal, tokens")


class Credentials(Schema):
    login = fields.String(required=True, validate=validate.Length(1, 200), metadata={"example": "district"})
    password = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(
        validate=validate.Length(1, 40),
        metadata={"description": "Of the phone, or a recovery code; for accounts that sign in in two steps"},
    )


class SignedIn(Schema):
    token = fields.String(metadata={"description": "Send it as `Authorization: Bearer …`"})
    expires_in = fields.Integer(metadata={"description": "Seconds"})


class Grant(Schema):
    role = fields.String()
    org_unit_id = fields.UUID()
    permissions = fields.List(fields.String())


class Me(Schema):
    kind = fields.String()
    name = fields.String()
    account_id = fields.UUID(allow_none=True)
    tenant = fields.String()
    plugins = fields.List(fields.String())
    grants = fields.List(fields.Nested(Grant))


class Question(Schema):
    permission = fields.String(required=True, metadata={"example": "core.org_unit.read"})
    org_unit_id = fields.UUID()


class Answer(Schema):
    allowed = fields.Boolean()
    reason = fields.String()


class NewToken(Schema):
    name = fields.String(
        required=True, validate=validate.Length(1, 100), metadata={"example": "nightly export"}
    )
    permissions = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=200),
    )
    days = fields.Integer(load_default=90, validate=validate.Range(1, 366))


class Token(Schema):
    id = fields.UUID()
    name = fields.String()
    last_four = fields.String()
    permissions = fields.List(fields.String(), allow_none=True)
    expires_at = fields.DateTime(allow_none=True)
    revoked_at = fields.DateTime(allow_none=True)


class IssuedToken(Token):
    token = fields.String(metadata={"description": "Shown once"})


@blueprint.route("/sign-in", methods=["POST"])
@blueprint.arguments(Credentials)
@blueprint.response(200, SignedIn)
def post_sign_in(body: dict[str, str]) -> dict[str, Any]:
    """Sign in by password; the answer is a bearer token for a session of twelve hours.

    Of an account with a second factor the code is asked for as well: without it the answer is `code_required`.
    """
    g.uow.close()
    door = Door(current_app.extensions["gonghui"].database, g.tenant.id, g.request_id)
    signed_in = sign_in(door, body["login"], body["password"], body.get("code"))
    return {"token": signed_in.secret, "expires_in": int(SESSION_LIFE.total_seconds())}


@blueprint.route("/session", methods=["DELETE"])
@operation(SIGNED_IN)
@blueprint.response(204)
def delete_session(uow: UnitOfWork) -> Response:
    """Sign out: the session that came with this request ends now."""
    secret, by_cookie = credential()
    sign_out(uow, secret or "")
    if by_cookie:
        session.clear()
    return Response(status=204)


@blueprint.route("/me", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, Me)
def get_me(uow: UnitOfWork) -> Response:
    """Who am I here, with which roles at which org units."""
    principal = uow.principal
    content = {
        "kind": principal.kind.value,
        "name": principal.name,
        "account_id": principal.account_id,
        "tenant": g.tenant.code,
        "plugins": sorted(g.tenant.plugins_on),
        "grants": [
            {"role": grant.role, "org_unit_id": grant.org_unit_id, "permissions": sorted(grant.permissions)}
            for grant in principal.grants
        ],
    }
    return Response(orjson.dumps(content), content_type="application/json")


@blueprint.route("/explain", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.arguments(Question, location="query")
@blueprint.response(200, Answer)
def get_explanation(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Why I may or may not use a permission (at an org unit)."""
    permission = query["permission"]
    owner = permission.split(".", 1)[0]
    if owner != "core" and owner not in g.tenant.plugins_on:
        return {"allowed": False, "reason": str(_("插件 {plugin} 没有启用。", plugin=owner))}
    found = explain(uow, uow.principal, permission, query.get("org_unit_id"))
    return {"allowed": found.allowed, "reason": str(found.reason)}


@blueprint.route("/tokens", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, Token(many=True))
def list_tokens(uow: UnitOfWork) -> list[ApiToken]:
    """My API tokens."""
    mine = (
        select(ApiToken).where(ApiToken.account_id == uow.principal.account_id).order_by(ApiToken.id.desc())
    )
    return list(uow.session.scalars(mine.limit(100)))


@blueprint.route("/tokens", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.arguments(NewToken)
@blueprint.response(201, IssuedToken)
def post_token(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Issue a token for a program; it can do no more than I can. A token cannot issue tokens."""
    if uow.principal.signed_in_by == "token":
        raise invalid(FieldFault("/", "token_from_token", _("令牌不能再签发令牌，请登录后操作。")))
    account = account_by_id(uow, uow.principal.account_id) if uow.principal.account_id else None
    if account is None:
        raise not_found()
    expires_at = clock.now() + timedelta(days=body["days"])
    token, secret = credentials.issue_token(
        uow, account, body["name"], permissions=body["permissions"], expires_at=expires_at
    )
    return {**Token().dump(token), "expires_at": expires_at, "id": token.id, "token": secret}


@blueprint.route("/tokens/<uuid:token_id>", methods=["DELETE"])
@operation(SIGNED_IN)
@blueprint.response(204)
def delete_token(uow: UnitOfWork, token_id: UUID) -> Response:
    """Revoke one of my tokens."""
    account = account_by_id(uow, uow.principal.account_id) if uow.principal.account_id else None
    if account is None:
        raise not_found()
    credentials.revoke_token(uow, account, token_id)
    return Response(status=204)
