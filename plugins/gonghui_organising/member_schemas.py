"""What goes in and out of the operations on members."""

from __future__ import annotations

from datetime import date

from marshmallow import Schema, fields, validate

from gonghui.sdk import name_rules

_DAY = validate.Range(date(1900, 1, 1), date(2199, 12, 31))
_NUMBER = name_rules(40)
#: Four characters that say something; blanks are none.
#: 退休 is a whole reason for a step; why a number was opened takes a few words more.
_REASON = validate.And(validate.Length(min=2, max=500), validate.Regexp(r"(?:\s*\S){2}"))
_LONG_REASON = validate.And(validate.Length(min=4, max=500), validate.Regexp(r"(?:\s*\S){4}"))


class MemberSearch(Schema):
    """By number; in the body, because an address is written into logs."""

    by = fields.String(
        required=True,
        validate=validate.OneOf(
            ["id_number", "phone", "bank_card", "id_number_tail", "phone_tail", "bank_card_tail"]
        ),
        metadata={"example": "phone_tail", "description": "A whole number, or its last four characters"},
    )
    number = fields.String(required=True, validate=_NUMBER, metadata={"example": "7669"})


class TransferOutside(Schema):
    counterpart = fields.String(required=True, validate=name_rules(), metadata={"example": "示例区总工会"})
    reason = fields.String(allow_none=True, load_default=None, validate=_REASON)


class DocumentOut(Schema):
    transfer_id = fields.UUID()
    document = fields.String(metadata={"description": "The member takes it to the other federation"})


class DocumentIn(Schema):
    org_unit_id = fields.UUID(required=True, metadata={"x-sample": "union_unit_id"})
    document = fields.String(
        required=True, validate=validate.Length(max=5_000), metadata={"x-sample": "transfer_document"}
    )


class ReceiptOut(Schema):
    member_id = fields.UUID()
    receipt = fields.String(metadata={"description": "Goes back to the federation that let the member go"})


class ReceiptIn(Schema):
    receipt = fields.String(
        required=True, validate=validate.Length(max=5_000), metadata={"x-sample": "transfer_receipt"}
    )


class MergeIn(Schema):
    kept_id = fields.UUID(required=True, metadata={"x-sample": "member_id", "description": "Membership"})
    dropped_id = fields.UUID(
        required=True, metadata={"x-sample": "other_member_id", "description": "Membership"}
    )
    reason = fields.String(required=True, validate=_LONG_REASON, metadata={"example": "同一人登记了两次"})


class MergeOut(Schema):
    id = fields.UUID()
    kept_id = fields.UUID()
    dropped_id = fields.UUID()
    reason = fields.String()
    merged_at = fields.DateTime()
    undone_at = fields.DateTime(allow_none=True)
