"""Errors of the domain: each has a code for programs and a sentence for people, and knows no transport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gonghui.i18n import Text, _


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field; `pointer` is a JSON pointer into the request's content."""

    pointer: str
    code: str
    detail: Text | str


@dataclass
class DomainError(Exception):
    """A rule said no. Raised where the rule is, translated once at the edge, with the status of its class.

    `code` is for programs, `detail` for people; `extra` joins the problem's members.
    """

    code: str
    detail: Text
    faults: Sequence[FieldFault] = field(default_factory=tuple)
    extra: dict[str, Any] = field(default_factory=dict)
    status = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Unauthenticated(DomainError):
    """Nobody known is asking."""

    status = 401


class Forbidden(DomainError):
    """The principal sees the thing but may not do this to it (403)."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or none that the principal may see (404)."""

    status = 404


class Conflict(DomainError):
    """The present state does not allow it (409)."""

    status = 409


class Stale(DomainError):
    """The record changed since it was read."""

    status = 412


class Invalid(DomainError):
    """The content breaks a rule; `faults` names the fields (422)."""

    status = 422


class TooLarge(DomainError):
    """What was sent is larger than is taken (413)."""

    status = 413


class PreconditionRequired(DomainError):
    """A change came without saying which version it changes."""

    status = 428


class TooManyAttempts(DomainError):
    """Slow down; `extra["retry_after"]` is in seconds."""

    status = 429


def not_found() -> NotFound:
    """The error to raise for what does not exist and, alike, for what is not yours to see."""
    return NotFound("not_found", _("没有找到，或者无权查看。"))


def forbidden(permission: str) -> Forbidden:
    """The error to raise where the principal may see the thing but lacks `permission`."""
    return Forbidden("forbidden", _("没有办理这件事的权限。"), extra={"permission": permission})


def invalid(*faults: FieldFault) -> Invalid:
    """The error to raise with all faults of a content."""
    return Invalid("invalid_content", _("内容有 {n} 处需要改正。", n=len(faults)), faults)
