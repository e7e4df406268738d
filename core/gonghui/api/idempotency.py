"""Idempotency-Key: a POST sent twice with one key has one effect and one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, g, make_response, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gonghui.auth.idempotency_keys import IdempotencyKey
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.tenancy.keys import keyring

View = TypeVar("View", bound=Callable[..., Any])
_KEPT_HEADERS = ("ETag", "Location", "Content-Type")
_LONGEST = 200


def idempotent(view: View) -> View:
    """Answer a request whose `Idempotency-Key` came before with the first answer, without doing it again.

    Put it under `operation`, over everything else. Who sends no key is served every time; a key of more than 200
    characters raises `Invalid`.
    """

    @wraps(view)
    def wrapper(uow: UnitOfWork, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None or uow.principal.account_id is None:
            return view(uow, *args, **kwargs)
        if not 0 < len(key) <= _LONGEST:
            raise invalid(
                FieldFault("/header/Idempotency-Key", "key_length", _("Idempotency-Key 长度应为 1 至 200。"))
            )
        claimed, kept = _claim(uow, uow.principal.account_id, key)
        if kept is not None:
            return kept
        response = make_response(view(uow, *args, **kwargs))
        _keep(claimed, response)
        return response

    wrapper.is_idempotent = True  # type: ignore[attr-defined]
    return wrapper  # type: ignore[return-value]


def _claim(uow: UnitOfWork, account_id: UUID, key: str) -> tuple[IdempotencyKey, Response | None]:
    """Claim the key for this request, or find the answer that it already has.

    A second request with the same key waits here, on the unique index, until the first has committed.
    """
    fresh = IdempotencyKey(account_id=account_id, key=key, path=request.path, request_hash=_request_hash())
    try:
        with uow.session.begin_nested():
            uow.add(fresh)
    except IntegrityError:
        used = uow.session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.account_id == account_id, IdempotencyKey.key == key)
        ).one()
        if used.request_hash != _request_hash():
            reused = FieldFault(
                "/header/Idempotency-Key", "key_reused", _("这个 Idempotency-Key 已用于另一个请求。")
            )
            raise invalid(reused) from None
        return used, _answer(used)
    return fresh, None


def _request_hash() -> str:
    """A keyed digest: a body may hold an identity number, and a plain one could be tried out."""
    version = request.headers.get("If-Match", "").encode()
    whole = b"\0".join((request.method.encode(), request.full_path.encode(), version, request.get_data()))
    uow: UnitOfWork = g.uow
    return keyring(uow).index("request", hashlib.sha256(whole).hexdigest()).hex()


def _keep(claimed: IdempotencyKey, response: Response) -> None:
    claimed.status = response.status_code
    claimed.headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    claimed.body = response.get_data()


def _answer(used: IdempotencyKey) -> Response:
    response = Response(used.body or b"", used.status or 200)
    for name, value in (used.headers or {}).items():
        response.headers[name] = value
    response.headers["Idempotent-Replayed"] = "true"
    return response
