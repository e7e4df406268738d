"""Messages of marshmallow in the caller's language: same placeholders, translated when they are raised."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from gonghui.i18n import Text, _


class _Lazy(str):
    """A message that is translated when marshmallow fills it in, which is while the request is served."""

    __slots__ = ()

    def format(self, *_args: Any, **params: Any) -> str:
        return str(Text(str.__str__(self), params))

    def __str__(self) -> str:
        return str(Text(str.__str__(self)))


_FIELDS: dict[type[fields.Field[Any]], dict[str, Text]] = {
    fields.Field: {
        "required": _("此项必填。"),
        "null": _("此项不能为空。"),
        "validator_failed": _("此项的值不符合要求。"),
    },
    fields.String: {"invalid": _("此项应为文字。"), "invalid_utf8": _("此项不是有效的 UTF-8 文字。")},
    fields.UUID: {"invalid_uuid": _("此项应为 UUID。")},
    fields.Number: {"invalid": _("此项应为数字。"), "too_large": _("数字太大。")},
    fields.Integer: {"invalid": _("此项应为整数。")},
    fields.Boolean: {"invalid": _("此项应为 true 或 false。")},
    fields.DateTime: {
        "invalid": _("此项应为有效的日期时间。"),
        "invalid_awareness": _("此项的时区写法不对。"),
        "format": _("此项无法写成日期时间。"),
    },
    fields.Date: {
        "invalid": _("此项应为日期，例如 2024-06-30。"),
        "invalid_awareness": _("此项的时区写法不对。"),
        "format": _("此项无法写成日期。"),
    },
    fields.List: {"invalid": _("此项应为列表。")},
    fields.Nested: {"type": _("此项应为对象。")},
    fields.Mapping: {"invalid": _("此项应为对象。")},
    fields.Enum: {"unknown": _("此项应为其中之一：{choices}。")},
}
_VALIDATORS: dict[type[validate.Validator], dict[str, Text]] = {
    validate.OneOf: {"default_message": _("应为其中之一：{choices}。")},
    validate.Length: {
        "message_min": _("长度至少为 {min}。"),
        "message_max": _("长度最多为 {max}。"),
        "message_all": _("长度应在 {min} 与 {max} 之间。"),
        "message_equal": _("长度应为 {equal}。"),
    },
    validate.Regexp: {"default_message": _("格式不对。")},
}


def install() -> None:
    """Put our messages in the place of the library's English ones."""
    for field_class, texts in _FIELDS.items():
        field_class.default_error_messages = {
            **field_class.default_error_messages,
            **{key: _Lazy(text.message) for key, text in texts.items()},
        }
    for validator, texts in _VALIDATORS.items():
        for name, text in texts.items():
            setattr(validator, name, _Lazy(text.message))
    # Range fills its messages in when it is made, which is before anybody's language is known.
    validate.Range._format_error = _range_error  # type: ignore[method-assign]
    Schema._default_error_messages = {  # the library offers no other door to its own defaults
        "type": _Lazy(_("内容应为对象。").message),
        "unknown": _Lazy(_("没有这一项。").message),
    }


def _range_error(self: validate.Range, value: Any, message: str) -> str:
    """Between which bounds a value should be; all our bounds are inclusive."""
    if self.min is None:
        return str(_("不能大于 {max}。", max=self.max))
    if self.max is None:
        return str(_("不能小于 {min}。", min=self.min))
    return str(_("应在 {min} 与 {max} 之间。", min=self.min, max=self.max))
