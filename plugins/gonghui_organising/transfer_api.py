"""Transfers of memberships over HTTP: within the federation, and by document to and from others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields

from gonghui.sdk import (
    Blueprint,
    UnitOfWork,
    decode_cursor,
    expected_version,
    idempotent,
    name_rules,
    operation,
    page_response,
    record_answer,
    record_response,
    record_schema,
    versioned,
)
from gonghui_organising import member_queries, transfer_documents, transfers
from gonghui_organising.member_schemas import (
    DocumentIn,
    DocumentOut,
    ReceiptIn,
    ReceiptOut,
    TransferIn,
    TransferOut,
    TransferOutside,
    TransferPage,
    TransferQuery,
)
from gonghui_organising.members import members
from gonghui_organising.transfers import ACCEPT, READ, TRANSFER


class Reason(Schema):
    comment = fields.String(
        required=True, validate=name_rules(2_000), metadata={"example": "已不在本单位工作"}
    )


blueprint = Blueprint(
    "organising_transfers",
    __name__,
    url_prefix="/api/v1/organising",
    description="Organising: transfers of memberships",
)


@blueprint.route("/members/<uuid:member_id>/transfer", methods=["POST"])
@operation(TRANSFER)
@versioned
@idempotent
@blueprint.arguments(TransferIn)
@blueprint.response(200, record_schema(members, listed=False))
def request_transfer(uow: UnitOfWork, body: dict[str, Any], member_id: UUID) -> Response:
    """Ask another union of the federation to take a member over."""
    transfers.request_transfer(uow, member_id, expected_version(), body)
    return _member(uow, member_id)


@blueprint.route("/members/<uuid:member_id>/cancel-transfer", methods=["POST"])
@operation(TRANSFER)
@versioned
@idempotent
@blueprint.response(200, record_schema(members, listed=False))
def cancel_transfer(uow: UnitOfWork, member_id: UUID) -> Response:
    """Call a transfer back."""
    transfers.cancel(uow, member_id, expected_version())
    return _member(uow, member_id)


@blueprint.route("/members/<uuid:member_id>/transfer-document", methods=["POST"])
@operation(TRANSFER)
@versioned
@blueprint.arguments(TransferOutside)
@blueprint.response(201, DocumentOut)
def issue_document(uow: UnitOfWork, body: dict[str, Any], member_id: UUID) -> Response:
    """Let a member go to another federation; the document is shown once."""
    transfer, document = transfer_documents.issue(uow, member_id, expected_version(), **body)
    return _json({"transfer_id": transfer.id, "document": document}, 201)


@blueprint.route("/transfers", methods=["GET"])
@operation(READ)
@blueprint.arguments(TransferQuery, location="query")
@blueprint.response(200, TransferPage)
def list_transfers(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Transfers to my unions, and from them to other federations."""
    after = decode_cursor(query.get("cursor"), (UUID,))
    rows = member_queries.list_transfers(uow, query, after[0] if after else None)
    limit = query["limit"]
    return page_response(rows[:limit], (rows[limit - 1]["id"],) if len(rows) > limit else None)


@blueprint.route("/transfers/<uuid:transfer_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, TransferOut)
def get_transfer(uow: UnitOfWork, transfer_id: UUID) -> Response:
    """One transfer."""
    return _transfer(uow, transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/accept", methods=["POST"])
@operation(ACCEPT)
@versioned
@idempotent
@blueprint.response(200, TransferOut)
def accept_transfer(uow: UnitOfWork, transfer_id: UUID) -> Response:
    """Take the member over."""
    transfers.accept(uow, transfer_id, expected_version())
    return _transfer(uow, transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/refuse", methods=["POST"])
@operation(ACCEPT)
@versioned
@idempotent
@blueprint.arguments(Reason)
@blueprint.response(200, TransferOut)
def refuse_transfer(uow: UnitOfWork, body: dict[str, Any], transfer_id: UUID) -> Response:
    """Not take the member over, with the reason."""
    transfers.refuse(uow, transfer_id, expected_version(), body["comment"])
    return _transfer(uow, transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/complete", methods=["POST"])
@operation(TRANSFER)
@versioned
@blueprint.arguments(ReceiptIn)
@blueprint.response(200, TransferOut)
def complete_transfer(uow: UnitOfWork, body: dict[str, Any], transfer_id: UUID) -> Response:
    """End the membership here by the other federation's receipt."""
    transfer_documents.complete(uow, transfer_id, expected_version(), body["receipt"])
    return _transfer(uow, transfer_id)


@blueprint.route("/transfer-documents", methods=["POST"])
@operation(ACCEPT)
@blueprint.arguments(DocumentIn)
@blueprint.response(201, ReceiptOut)
def accept_document(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Take a member of another federation in; the receipt is shown once."""
    membership, receipt = transfer_documents.accept_document(uow, body["document"], body["org_unit_id"])
    return _json({"member_id": membership.id, "receipt": receipt}, 201)


def _member(uow: UnitOfWork, member_id: UUID) -> Response:
    return record_answer(uow, members, member_id)


def _transfer(uow: UnitOfWork, transfer_id: UUID) -> Response:
    row = member_queries.read_transfer(uow, transfer_id)
    return record_response(row, row["version"])


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
