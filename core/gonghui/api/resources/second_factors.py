"""The second factor of an account over HTTP: taken from somebody who lost the phone."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.auth.accounts import account_by_id
from gonghui.auth.second_factor import reset
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found

blueprint = Blueprint(
    "second_factors", __name__, url_prefix="/api/v1", description="Two-step sign-in of accounts"
)

GRANT = "core.role.grant"


class PhoneLost(Schema):
    reason = fields.String(
        required=True, validate=validate.Length(1, 500), metadata={"example": "手机丢失，本人当面申请"}
    )


@blueprint.route("/accounts/<uuid:account_id>/second-factor/reset", methods=["POST"])
@operation(GRANT, of_whole=True)
@blueprint.arguments(PhoneLost)
@blueprint.response(204)
def post_reset(uow: UnitOfWork, body: dict[str, str], account_id: UUID) -> Response:
    """Let somebody sign in by password alone until they set up another phone; the trail keeps the reason."""
    account = account_by_id(uow, account_id)
    if account is None:
        raise not_found()
    reset(uow, account, body["reason"].strip())
    return Response(status=204)
