"""Fields that every record's content shares: how a name may look."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

LONGEST_NAME = 200


def name_rules(longest: int = LONGEST_NAME) -> list[Any]:
    """Validators (of marshmallow) of a name: it says something, and no more than `longest` characters."""
    return [validate.Length(1, longest), validate.Regexp(r"\s*\S")]


class OpeningOut(Schema):
    """Somebody opened a value of a person."""

    at = fields.DateTime()
    opened_by = fields.String()
    role = fields.String()
    field = fields.String()
    reason = fields.String()
