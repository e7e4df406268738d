"""Transfers of memberships to and from other federations over HTTP, by documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response

from gonghui.sdk import (
    Blueprint,
    UnitOfWork,
    expected_version,
    operation,
    record_answer,
    record_schema,
    versioned,
)
from gonghui_organising import transfer_documents
from gonghui_organising.member_schemas import (
    DocumentIn,
    DocumentOut,
    ReceiptIn,
    ReceiptOut,
    TransferOutside,
)
from gonghui_organising.transfer_asking import TRANSFER
from gonghui_organising.transfer_records import transfers
from gonghui_organising.transfers import ACCEPT

blueprint = Blueprint(
    "organising_transfers",
    __name__,
    url_prefix="/api/v1/organising",
    description="Organising: transfers to and from other federations",
)


@blueprint.route("/members/<uuid:member_id>/transfer-document", methods=["POST"])
@operation(TRANSFER)
@versioned
@blueprint.arguments(TransferOutside)
@blueprint.response(201, DocumentOut)
def issue_document(uow: UnitOfWork, body: dict[str, Any], member_id: UUID) -> Response:
    """Let a member go to another federation; the document is shown once."""
    transfer, document = transfer_documents.issue(uow, member_id, expected_version(), **body)
    return _json({"transfer_id": transfer.id, "document": document}, 201)


@blueprint.route("/transfers/<uuid:transfer_id>/complete", methods=["POST"])
@operation(TRANSFER)
@versioned
@blueprint.arguments(ReceiptIn)
@blueprint.response(200, record_schema(transfers, listed=False))
def complete_transfer(uow: UnitOfWork, body: dict[str, Any], transfer_id: UUID) -> Response:
    """End the membership here by the other federation's receipt."""
    transfer_documents.complete(uow, transfer_id, expected_version(), body["receipt"])
    return record_answer(uow, transfers, transfer_id)


@blueprint.route("/transfer-documents", methods=["POST"])
@operation(ACCEPT)
@blueprint.arguments(DocumentIn)
@blueprint.response(201, ReceiptOut)
def accept_document(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Take a member of another federation in; the receipt is shown once."""
    membership, receipt = transfer_documents.accept_document(uow, body["document"], body["org_unit_id"])
    return _json({"member_id": membership.id, "receipt": receipt}, 201)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
