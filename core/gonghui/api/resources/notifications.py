"""My inbox, how I can be reached, and what was sent out, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g
from marshmallow import Schema, fields, validate

from gonghui.api.operations import SIGNED_IN, Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.i18n import LOCALES
from gonghui.notifications import contacts, inbox
from gonghui.notifications.contacts import EMAIL, TARGET, ContactAddress
from gonghui.notifications.gateways import gateways
from gonghui.notifications.kinds import OF_THE_CORE, NotificationKind
from gonghui.notifications.messages import messages_sent, register_address
from gonghui.tenancy.keys import masked
from gonghui.tenancy.tenants import here

blueprint = Blueprint(
    "notifications", __name__, url_prefix="/api/v1", description="Inbox, contacts and messages"
)

READ = "core.message.read"


class InboxQuery(PageQuery):
    unread = fields.Boolean(load_default=False, metadata={"description": "Only what I have not read"})


class NotificationOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    text = fields.String()
    record_type = fields.String(allow_none=True)
    record_id = fields.UUID(allow_none=True)
    at = fields.DateTime()
    read_at = fields.DateTime(allow_none=True)


class InboxPage(Schema):
    items = fields.List(fields.Nested(NotificationOut))
    next = fields.String(allow_none=True)


class InboxSummary(Schema):
    unread = fields.Integer()


class KindOut(Schema):
    code = fields.String()
    title = fields.String()


class PreferenceIn(Schema):
    language = fields.String(required=True, validate=validate.OneOf(LOCALES))
    muted = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        required=True,
        validate=validate.Length(max=100),
        metadata={"example": [], "description": "Kinds of which I want no message outside the inbox"},
    )


class PreferenceOut(Schema):
    language = fields.String()
    muted = fields.List(fields.String())
    kinds = fields.List(fields.Nested(KindOut))
    channels = fields.List(fields.String(), metadata={"description": "Ways in which messages are sent here"})


class AddressIn(Schema):
    channel = fields.String(
        required=True, validate=validate.OneOf((EMAIL, TARGET)), metadata={"example": TARGET}
    )
    address = fields.String(
        required=True,
        validate=[validate.Length(3, 500), validate.Regexp(r"[\x21-\x7e]+\Z")],
        metadata={"example": "wecombot://example-0000-key"},
    )


class AddressOut(Schema):
    id = fields.UUID()
    channel = fields.String()
    address = fields.String(metadata={"description": "Masked"})
    is_confirmed = fields.Boolean()


class CodeIn(Schema):
    code = fields.String(
        required=True, validate=validate.Regexp(r"[0-9]{6}\Z"), metadata={"example": "123456"}
    )


class MessageOut(Schema):
    id = fields.UUID()
    account = fields.String()
    channel = fields.String()
    title = fields.String()
    made_at = fields.DateTime()
    not_before = fields.DateTime()
    sent_at = fields.DateTime(allow_none=True)
    sent_to = fields.String(allow_none=True)
    refused = fields.String(allow_none=True)


class MessagePage(Schema):
    items = fields.List(fields.Nested(MessageOut))
    next = fields.String(allow_none=True)


@blueprint.route("/me/notifications", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.arguments(InboxQuery, location="query")
@blueprint.response(200, InboxPage)
def list_notifications(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """What I was told, newest first."""
    before, limit = decode_cursor(query.get("cursor"), (UUID,)), query["limit"]
    items = inbox.list_inbox(
        uow, _me(uow), only_unread=query["unread"], before=before[0] if before else None, limit=limit + 1
    )
    return page_response(items[:limit], (items[limit - 1]["id"],) if len(items) > limit else None)


@blueprint.route("/me/notifications/summary", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, InboxSummary)
def get_inbox_summary(uow: UnitOfWork) -> dict[str, int]:
    """How much of it I have not read."""
    return {"unread": inbox.count_unread(uow, _me(uow))}


@blueprint.route("/me/notifications/read", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.response(204)
def post_all_read(uow: UnitOfWork) -> Response:
    """Say that I have read everything."""
    inbox.mark_all_read(uow, _me(uow))
    return Response(status=204)


@blueprint.route("/me/notifications/<uuid:notification_id>/read", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.response(204)
def post_read(uow: UnitOfWork, notification_id: UUID) -> Response:
    """Say that I have read one of them."""
    inbox.mark_read(uow, _me(uow), notification_id)
    return Response(status=204)


@blueprint.route("/me/contact", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, PreferenceOut)
def get_contact(uow: UnitOfWork) -> Response:
    """In which language I am written to, about what I am not, and what there is to choose from."""
    return _preference(uow, contacts.preference_of(uow, _me(uow)))


@blueprint.route("/me/contact", methods=["PUT"])
@operation(SIGNED_IN)
@blueprint.arguments(PreferenceIn)
@blueprint.response(200, PreferenceOut)
def put_contact(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Choose my language, and what I want no messages about. The inbox has everything all the same."""
    chosen = contacts.prefer(
        uow, _me(uow), body["language"], body["muted"], known=[kind.code for kind in kinds_told()]
    )
    return _preference(uow, chosen)


@blueprint.route("/me/addresses", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, AddressOut(many=True))
def list_addresses(uow: UnitOfWork) -> Response:
    """Mailboxes and group chats where I can be reached."""
    return _json([_address(uow, row) for row in contacts.addresses_of(uow, _me(uow))])


@blueprint.route("/me/addresses", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.arguments(AddressIn)
@blueprint.response(201, AddressOut)
def post_address(uow: UnitOfWork, body: dict[str, str]) -> Response:
    """Add an address; a code is sent there, and has to come back before the address is used."""
    row = register_address(uow, _me(uow), body["channel"], body["address"])
    return _json(_address(uow, row), 201)


@blueprint.route("/me/addresses/<uuid:address_id>/confirm", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.arguments(CodeIn)
@blueprint.response(200, AddressOut)
def post_confirmation(uow: UnitOfWork, body: dict[str, str], address_id: UUID) -> Response:
    """Take an address into use with the code that was sent there."""
    return _json(_address(uow, contacts.confirm_address(uow, _me(uow), address_id, body["code"])))


@blueprint.route("/me/addresses/<uuid:address_id>", methods=["DELETE"])
@operation(SIGNED_IN)
@blueprint.response(204)
def delete_address(uow: UnitOfWork, address_id: UUID) -> Response:
    """Forget one of my addresses."""
    contacts.remove_address(uow, _me(uow), address_id)
    return Response(status=204)


@blueprint.route("/messages", methods=["GET"])
@operation(READ, of_whole=True)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, MessagePage)
def list_messages(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """What was sent out to whom and when, newest first; not what it said."""
    before, limit = decode_cursor(query.get("cursor"), (UUID,)), query["limit"]
    items = messages_sent(uow, before=before[0] if before else None, limit=limit + 1)
    shown = [{name: value for name, value in item.items() if name != "text"} for item in items[:limit]]
    return page_response(shown, (shown[-1]["id"],) if len(items) > limit else None)


def _me(uow: UnitOfWork) -> UUID:
    """The account that asks. An operator of the platform has none here: `NotFound`."""
    if uow.principal.account_id is None:
        raise not_found()
    return uow.principal.account_id


def kinds_told() -> list[NotificationKind]:
    """Kinds of the core and of the plugins that are on."""
    registry = current_app.extensions["gonghui"].registry
    return [*OF_THE_CORE, *registry.notifications(g.tenant.plugins_on)]


def _preference(uow: UnitOfWork, row: contacts.ContactPreference) -> Response:
    kinds = [{"code": kind.code, "title": str(kind.title)} for kind in kinds_told() if kind.outside]
    channels = sorted(gateways(is_demo=here(uow).is_demo))
    return _json({"language": row.language, "muted": row.muted, "kinds": kinds, "channels": channels})


def _address(uow: UnitOfWork, row: ContactAddress) -> dict[str, Any]:
    sealed: Any = row.address
    column = ContactAddress.__table__.c.address
    return {
        "id": row.id,
        "channel": row.channel,
        "address": masked(uow, column, row.id, sealed),
        "is_confirmed": row.confirmed_at is not None,
    }


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
