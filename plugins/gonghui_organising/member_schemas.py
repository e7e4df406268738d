"""What goes in and out of the operations on members."""

from __future__ import annotations

from datetime import date

from marshmallow import Schema, fields, validate

from gonghui.sdk import DocumentKind, EmployerTold, PageQuery, name_rules
from gonghui_organising.member_words import EDUCATIONS, HOUSEHOLDS, PEOPLES
from gonghui_organising.membership import EmploymentForm, MembershipState, TransferKind, TransferState

_DAY = validate.Range(date(1900, 1, 1), date(2199, 12, 31))
_NUMBER = name_rules(40)
#: Four characters that say something; blanks are none.
#: 退休 is a whole reason for a step; why a number was opened takes a few words more.
_REASON = validate.And(validate.Length(min=2, max=500), validate.Regexp(r"(?:\s*\S){2}"))
_LONG_REASON = validate.And(validate.Length(min=4, max=500), validate.Regexp(r"(?:\s*\S){4}"))


class MemberChange(Schema):
    """What may be changed of a member; the document does not change here."""

    phone = fields.String(allow_none=True, validate=_NUMBER, metadata={"description": "Sealed; shown masked"})
    bank_card = fields.String(
        allow_none=True, validate=_NUMBER, metadata={"description": "Sealed; for benefits only"}
    )
    ethnicity = fields.String(
        allow_none=True, validate=validate.OneOf(sorted(f"{name}族" for name in PEOPLES))
    )
    political_status = fields.String(allow_none=True, validate=name_rules(50))
    education = fields.String(allow_none=True, validate=validate.OneOf(sorted(set(EDUCATIONS.values()))))
    household_kind = fields.String(allow_none=True, validate=validate.OneOf(sorted(set(HOUSEHOLDS.values()))))
    is_migrant_worker = fields.Boolean(allow_none=True)
    employer = fields.Nested(EmployerTold, allow_none=True)
    joined_on = fields.Date(allow_none=True, validate=_DAY)
    first_joined_on = fields.Date(allow_none=True, validate=_DAY)
    occupation = fields.String(allow_none=True, validate=name_rules(100))
    employment_form = fields.String(
        allow_none=True, validate=validate.OneOf([f.value for f in EmploymentForm])
    )
    new_form_group = fields.String(allow_none=True, validate=name_rules(50))
    union_office = fields.String(allow_none=True, validate=name_rules(100))
    card_number = fields.String(allow_none=True, validate=name_rules(40))
    remark = fields.String(allow_none=True, validate=validate.Length(max=2_000))


class NewMember(MemberChange):
    org_unit_id = fields.UUID(
        required=True, metadata={"x-sample": "union_unit_id", "description": "The union's own unit"}
    )
    name = fields.String(required=True, validate=name_rules(50), metadata={"example": "陈示例"})
    document_kind = fields.String(
        load_default=DocumentKind.RESIDENT_ID.value, validate=validate.OneOf([k.value for k in DocumentKind])
    )
    id_number = fields.String(
        required=True, validate=_NUMBER, metadata={"x-sample": "id_number", "description": "Sealed"}
    )
    sex = fields.String(allow_none=True, validate=validate.OneOf(["male", "female"]))
    born_on = fields.Date(allow_none=True, validate=_DAY)
    is_another_person = fields.Boolean(
        load_default=False,
        metadata={"description": "Confirms that a person of the same name and phone is somebody else"},
    )
    is_member_already = fields.Boolean(
        load_default=False,
        metadata={"description": "A member of the paper register, not an application"},
    )


class MemberListed(Schema):
    id = fields.UUID()
    name = fields.String()
    sex = fields.String(allow_none=True)
    birth_year = fields.Integer(allow_none=True)
    state = fields.String()
    document_kind = fields.String(allow_none=True)
    id_number = fields.String(allow_none=True, metadata={"description": "Masked"})
    phone = fields.String(allow_none=True, metadata={"description": "Masked"})
    org_unit_id = fields.UUID()
    union_name = fields.String()
    employer_name = fields.String(allow_none=True)
    joined_on = fields.Date(allow_none=True)
    occupation = fields.String(allow_none=True)
    employment_form = fields.String(allow_none=True)
    new_form_group = fields.String(allow_none=True)
    version = fields.Integer()


class MemberPage(Schema):
    items = fields.List(fields.Nested(MemberListed))
    next = fields.String(allow_none=True)
    count = fields.Integer()


class MembersFound(Schema):
    items = fields.List(fields.Nested(MemberListed))


class MemberOut(MemberListed):
    born_on = fields.String(allow_none=True, metadata={"description": "Masked"})
    bank_card = fields.String(allow_none=True, metadata={"description": "Masked"})
    card_number = fields.String(allow_none=True, metadata={"description": "Masked"})
    ethnicity = fields.String(allow_none=True)
    political_status = fields.String(allow_none=True)
    education = fields.String(allow_none=True)
    household_kind = fields.String(allow_none=True)
    is_migrant_worker = fields.Boolean(allow_none=True)
    employer_id = fields.UUID(allow_none=True)
    first_joined_on = fields.Date(allow_none=True)
    union_office = fields.String(allow_none=True)
    remark = fields.String(allow_none=True)
    created_at = fields.DateTime()
    changed_at = fields.DateTime()


class MemberFilter(Schema):
    state = fields.String(validate=validate.OneOf([s.value for s in MembershipState]))
    sex = fields.String(validate=validate.OneOf(["male", "female"]))
    new_form_group = fields.String(validate=validate.Length(max=50))
    employment_form = fields.String(validate=validate.OneOf([f.value for f in EmploymentForm]))
    org_unit_id = fields.UUID(metadata={"description": "Only members at this unit and below"})
    q = fields.String(
        validate=validate.Length(max=50), metadata={"description": "Name begins with; pinyin works"}
    )


class MemberQuery(PageQuery, MemberFilter):
    """A page of members."""


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


class StepIn(Schema):
    comment = fields.String(
        load_default=None, allow_none=True, validate=_REASON, metadata={"example": "示例理由"}
    )
    effective_on = fields.Date(load_default=None, allow_none=True, validate=_DAY)


class ReasonedStepIn(StepIn):
    comment = fields.String(required=True, validate=_REASON, metadata={"example": "示例理由"})


class WarnedStepIn(ReasonedStepIn):
    warned_on = fields.Date(
        required=True,
        validate=_DAY,
        metadata={"example": "2024-01-15", "description": "Day on which the member was warned"},
    )


class RevealIn(Schema):
    field = fields.String(
        required=True,
        validate=validate.OneOf(["id_number", "phone", "born_on", "bank_card", "card_number"]),
        metadata={"example": "phone"},
    )
    reason = fields.String(required=True, validate=_LONG_REASON, metadata={"example": "电话通知领取会员卡"})


class Revealed(Schema):
    field = fields.String()
    value = fields.String(allow_none=True)


class TransferIn(Schema):
    to_unit_id = fields.UUID(required=True, metadata={"x-sample": "other_union_unit_id"})
    employer = fields.Nested(EmployerTold, allow_none=True)
    reason = fields.String(allow_none=True, load_default=None, validate=_REASON)


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


class TransferOut(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf([k.value for k in TransferKind]))
    state = fields.String(validate=validate.OneOf([s.value for s in TransferState]))
    membership_id = fields.UUID()
    name = fields.String()
    org_unit_id = fields.UUID()
    union_name = fields.String()
    from_union_name = fields.String(allow_none=True)
    counterpart = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    lapses_on = fields.Date(allow_none=True)
    requested_at = fields.DateTime()
    decided_at = fields.DateTime(allow_none=True)
    version = fields.Integer()


class TransferPage(Schema):
    items = fields.List(fields.Nested(TransferOut))
    next = fields.String(allow_none=True)


class TransferQuery(PageQuery):
    state = fields.String(validate=validate.OneOf([s.value for s in TransferState]))


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
