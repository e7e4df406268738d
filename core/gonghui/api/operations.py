"""Operations: a view that names its permission once, which enforces it, documents it and drives the tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import orjson
from flask import Request, abort, current_app, g, make_response, request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import RAISE, Schema
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from gonghui.auth.scope import require, require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.errors import forbidden, not_found
from gonghui.plugin_host.gate import may
from gonghui.tenancy.switches import hold_on
from gonghui.values.principal import PrincipalKind

View = TypeVar("View", bound=Callable[..., Any])

#: Whoever is signed in may do this; no role needs to hold it, but a limited token has to name it.
SIGNED_IN = "core.self.use"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class _Parser(FlaskParser):
    """Reads content strictly: JSON said to be JSON, in the form that orjson knows, and no unknown filter."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}

    def _raw_load_json(self, req: Request) -> Any:
        content = req.get_data()
        if content and not req.is_json:
            abort(415)
        try:
            told = orjson.loads(content) if content else None
            return (
                missing if told is None else told
            )  # a step that asks for nothing may be sent without content
        except orjson.JSONDecodeError:
            abort(400)

    def load_multipart(self, req: Request, schema: Schema) -> Any:
        """The fields and files of a form, without the token by which a page proves that it is ours."""
        fields = [(k, v) for k, v in req.form.items(multi=True) if k != "csrf_token"]
        return self._makeproxy(MultiDict([*fields, *req.files.items(multi=True)]), schema)

    __location_map__ = {**FlaskParser.__location_map__, "multipart": "load_multipart"}

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query without `lang`, which every path understands."""
        return self._makeproxy(
            MultiDict((k, v) for k, v in req.args.items(multi=True) if k != "lang"), schema
        )


class Blueprint(SmorestBlueprint):
    """A group of operations, whose `url_prefix` is one of the plugin's own (`/api/v1/<plugin>`).

    Lists, bodies and answers are documented as flask-smorest does it; each view stands under `operation`.
    """

    def arguments(self, schema: Any, **options: Any) -> Any:
        """Read the request's content by `schema`, which is made once and not for every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    ARGUMENTS_PARSER = _Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {
        **SmorestBlueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "multipart": "multipart/form-data",
    }


def operation(
    permission: str,
    *,
    of_whole: bool = False,
    personal: bool = False,
    largest_body: int | None = None,
) -> Callable[[View], View]:
    """Let a view run only for principals that hold `permission`; it gets the unit of work as its first argument.

    What the view did is committed before its answer leaves. `of_whole`: it concerns the whole federation, so the
    permission must be held at its root. `personal`: whoever is signed in may ask, because the record decides: it is
    about them, or was shared with them. `largest_body`: in bytes, where it is not that of all operations; the guard
    sees to it before anything is read.
    """

    def decorate(view: View) -> View:
        # What the core makes for a plugin's records is the core's code; a plugin's own view is not.
        owner = permission.split(".", 1)[0]
        writer = None if view.__module__.startswith("gonghui.") else owner

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            uow: UnitOfWork = g.uow
            check(uow, permission, personal=personal)
            if of_whole:
                require_whole(uow.principal, permission)
            if owner != "core":
                _hold_plugin(uow, owner)
            with written_by(uow, writer):
                answer = make_response(view(uow, *args, **kwargs))
            uow.commit()
            return answer

        wrapper.permission = permission  # type: ignore[attr-defined]
        wrapper.of_whole = of_whole  # type: ignore[attr-defined]
        wrapper.personal = personal  # type: ignore[attr-defined]
        wrapper.largest_body = largest_body  # type: ignore[attr-defined]
        return wrapper  # type: ignore[return-value]

    return decorate


def _hold_plugin(uow: UnitOfWork, plugin_id: str) -> None:
    """A change of a plugin's rows ends before the plugin is switched off or purged, or it does not begin."""
    if request.method not in _SAFE and not hold_on(uow, plugin_id):
        raise not_found()


def check(uow: UnitOfWork, permission: str, *, personal: bool = False) -> None:
    """Raise unless the principal of the request may use `permission` somewhere at this tenant."""
    if permission == SIGNED_IN:
        if not _is_somebody(uow, permission):
            raise forbidden(permission)
        return
    platform = current_app.extensions["gonghui"]
    if may(platform.registry, g.tenant, uow.principal, permission):
        return
    owner = permission.split(".", 1)[0]
    if owner != "core" and owner not in g.tenant.plugins_on:
        raise not_found()
    if not (personal and _is_somebody(uow, permission)):
        require(uow.principal, permission)


def _is_somebody(uow: UnitOfWork, permission: str) -> bool:
    """Whether somebody is signed in, and not by a token that leaves `permission` out."""
    limited = uow.principal.token_permissions
    is_known = uow.principal.kind is not PrincipalKind.ANONYMOUS
    return is_known and (limited is None or permission in limited)
