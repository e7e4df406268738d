"""The cookie by which an operator's browser is known below `/operator`: signed, short, and nothing without a live key.

It holds the fingerprint of the key and the reason that was given, never the key itself. Each request looks the key up
again, so that a revoked one ends at once, and stands in the platform's own trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

PLACE = "/operator"
SIGN_IN = f"{PLACE}/sign-in"
_NAME = "gonghui_operator"
#: Seconds after which an operator has to show the key again.
LASTS = 30 * 60


@dataclass(frozen=True)
class OperatorSession:
    """Which key was shown at which tenant's host, and why."""

    key_hash: str
    reason: str


def is_below(path: str) -> bool:
    """Whether a path belongs to operators."""
    return path == PLACE or path.startswith(f"{PLACE}/")


def read(tenant_id: UUID) -> OperatorSession | None:
    """The session of the request's cookie; None for none, for another tenant's, and for one that has ended."""
    try:
        told = _serializer().loads(request.cookies.get(_NAME, ""), max_age=LASTS)
    except BadSignature:
        return None
    if told["tenant"] != str(tenant_id):
        return None
    return OperatorSession(told["key"], told["reason"])


def keep(answer: Response, tenant_id: UUID, begun: OperatorSession) -> None:
    """Have the browser keep a session that has begun."""
    told = {"tenant": str(tenant_id), "key": begun.key_hash, "reason": begun.reason}
    answer.set_cookie(_NAME, _serializer().dumps(told), max_age=LASTS, **_attributes())


def forget(answer: Response) -> None:
    """Have the browser forget the session."""
    answer.delete_cookie(_NAME, **_attributes())


def _attributes() -> dict[str, Any]:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    return {"path": PLACE, "httponly": True, "secure": secure, "samesite": "Strict"}


def _serializer() -> URLSafeTimedSerializer:
    return _serializer_with(str(current_app.config["SECRET_KEY"]))


@lru_cache(maxsize=4)
def _serializer_with(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="operator session")
