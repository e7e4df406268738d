"""The guard before every request: tenant, principal, CSRF and the plugin gate, in that order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

import structlog
from flask import Flask, Response, current_app, g, redirect, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from gonghui.api import operator_sessions, problems
from gonghui.auth.credentials import fingerprint
from gonghui.auth.operators import KEY_PREFIX, enter
from gonghui.auth.recognition import recognise
from gonghui.auth.seeing_as import see_as
from gonghui.db.database import Database
from gonghui.errors import DomainError, FieldFault, Forbidden, Unauthenticated, invalid, not_found
from gonghui.i18n import DEFAULT_LOCALE, LOCALES, _, set_locale
from gonghui.objects.links import LINK_PATH
from gonghui.plugin_host.gate import is_open
from gonghui.plugin_host.registry import Registry
from gonghui.tenancy.switches import plugins_on
from gonghui.tenancy.tenants import HostDirectory
from gonghui.values.ids import new_id
from gonghui.values.principal import anonymous

_log = structlog.get_logger()
_SIGN_IN_PAGES = frozenset({"/sign-in", "/sign-in/code", "/welcome", operator_sessions.SIGN_IN})
_SIGN_IN = _SIGN_IN_PAGES | {"/api/v1/sign-in"}
#: What the session keeps of the role that somebody looks at pages as, and what they may still do meanwhile.
SEEN_AS = "seen_as"
_WHILE_SEEING = frozenset({"/console/see-as/end", "/sign-out", "/language/zh", "/language/en"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FOR_OPERATORS = re.compile(r"(?:/api/v1/(?:plugins|platform)|/operator)(?:/.*)?")
_DEMO_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})

csrf = CSRFProtect()

#: Paths that answer without a sign-in, each with the reason. Everything else is 401, whether it exists or not.
PUBLIC: dict[str, str] = {
    "/healthz": "a balancer asks it and has no account",
    "/sign-in": "the page where one signs in",
    "/sign-in/code": "the second step of it, after the password",
    "/welcome": "the page where a code that was handed out is turned into a password",
    "/api/v1/sign-in": "the operation by which one signs in",
    operator_sessions.SIGN_IN: "the page where operators of the platform sign in by their key",
}
PUBLIC_PREFIXES: dict[str, str] = {
    "/static/": "style sheets and scripts hold nothing of a tenant",
    LINK_PATH: "the link itself, signed and soon expired, is the permission",
}


@dataclass
class Platform:
    """What a process shares: the database, the plugins, and what it knows of hosts."""

    database: Database
    registry: Registry
    hosts: HostDirectory
    is_demo_server: bool = False


def install(app: Flask) -> None:
    """Put the guard in front of every route of `app` and problem documents behind it."""
    app.before_request(_open_request)
    app.after_request(_finish)
    app.teardown_request(_close_request)
    app.register_error_handler(DomainError, problems.from_domain)
    app.register_error_handler(CSRFError, _on_csrf_error)
    app.register_error_handler(HTTPException, problems.from_http)
    app.register_error_handler(Exception, problems.from_unexpected)


def is_public(path: str) -> bool:
    """Whether `path` answers without a sign-in."""
    return path in PUBLIC or path.startswith(tuple(PUBLIC_PREFIXES))


def _open_request() -> AnyResponse | None:
    g.request_id = str(new_id())
    set_locale(_wanted_locale())
    if request.path == "/healthz":
        return None
    platform: Platform = current_app.extensions["gonghui"]
    if request.path in _SIGN_IN:
        request.max_content_length = 64 * 1024
    view = current_app.view_functions.get(request.endpoint or "")
    largest = getattr(view, "largest_body", None)
    if largest is not None:
        request.max_content_length = largest
    tenant = platform.hosts.get(_host(platform))
    if tenant is None:
        return problems.problem(404, "unknown_host", str(_("这个网址没有对应的工会。")))
    g.tenant = tenant
    g.uow = platform.database.begin(anonymous(tenant.id), request_id=g.request_id)
    refusal = _authenticate()
    if refusal is not None:
        return refusal
    unguarded = view is not None and not hasattr(view, "permission") and not is_public(request.path)
    if unguarded or not is_open(platform.registry, g.tenant, request.path):
        raise not_found()  # what names no permission is there for nobody
    return None


def _authenticate() -> AnyResponse | None:
    """Find the principal; anonymous is refused alike on every path that is not public."""
    secret, by_cookie = credential()
    if secret is not None and secret.startswith(KEY_PREFIX):
        return _let_operator_in(secret)
    if operator_sessions.is_below(request.path) and "Authorization" not in request.headers:
        return _let_operator_on(by_cookie=by_cookie)
    found = recognise(g.uow, secret) if secret else None
    if found is not None:
        g.uow.become(found.principal)
        # The directory may know the tenant since a while; who is on is read with every principal.
        g.tenant = replace(g.tenant, plugins_on=found.plugins_on)
        if by_cookie and SEEN_AS in session:
            _see_as()
    elif not is_public(request.path):
        return _ask_to_sign_in()
    elif current_app.extensions["gonghui"].registry.owner_of_path(request.path):
        g.tenant = replace(g.tenant, plugins_on=plugins_on(g.uow))
    if request.method not in _SAFE and (by_cookie or request.path in _SIGN_IN_PAGES):
        csrf.protect()
    return None


def _see_as() -> None:
    """Whoever looks at pages as another role sees what it sees, and changes nothing but that."""
    ends_it = request.method not in _SAFE and request.path in _WHILE_SEEING
    if ends_it:
        return
    g.seeing_as = see_as(g.uow, session[SEEN_AS])
    if g.seeing_as is None:
        session.pop(SEEN_AS)
    elif request.method not in _SAFE:
        raise Forbidden("only_seeing", _("正在以别的角色查看，只能看，不能办理。先退出查看。"))


def _let_operator_in(secret: str) -> AnyResponse | None:
    """An operator comes with a reason, and to what concerns plugins only; the platform's trail tells of it."""
    reason = unquote(request.headers.get("X-Reason", "")).strip()
    if not _FOR_OPERATORS.fullmatch(request.path):
        return _ask_to_sign_in()
    if not 1 <= len(reason) <= 500:
        message = _("请在 X-Reason 标头中写明进入本工会的理由（URL 编码）。")
        return problems.from_domain(invalid(FieldFault("/X-Reason", "reason_required", message)))
    asked = f"{request.method} {request.path}"
    return None if _enter(fingerprint(secret), reason, asked) else _ask_to_sign_in()


def _let_operator_on(*, by_cookie: bool) -> AnyResponse | None:
    """An operator who has signed in by a page goes on in the session of their own cookie; nobody else is let in."""
    begun = operator_sessions.read(g.tenant.id)
    is_sign_in = request.path == operator_sessions.SIGN_IN
    if request.method not in _SAFE and (begun is not None or by_cookie or is_sign_in):
        csrf.protect()
    if is_sign_in:
        return None
    asked = f"{request.method} {request.path}"
    if begun is None or not _enter(begun.key_hash, begun.reason, asked):
        return _ask_to_sign_in()
    return None


def _enter(key_hash: str, reason: str, asked: str) -> bool:
    """Whether a key opens the tenant; the platform's trail tells of it."""
    principal = enter(g.uow, key_hash, reason, asked)
    if principal is None:
        return False
    g.uow.become(principal)
    g.operator_key = key_hash
    g.tenant = replace(g.tenant, plugins_on=plugins_on(g.uow))
    return True


def credential() -> tuple[str | None, bool]:
    """The secret that came with the request, and whether a browser sent it by itself."""
    scheme, _sep, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    secret = session.get("secret")
    return (secret, True) if isinstance(secret, str) else (None, False)


def _ask_to_sign_in() -> AnyResponse:
    wants_page = request.method in _SAFE and not request.path.startswith("/api/")
    place = operator_sessions.SIGN_IN if operator_sessions.is_below(request.path) else "/sign-in"
    if wants_page and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect(f"{place}?next={quote(request.full_path.rstrip('?'))}")
    return problems.from_domain(Unauthenticated("unauthenticated", _("请先登录。")))


def _host(platform: Platform) -> str:
    host = request.host.rsplit(":", 1)[0].lower() if not request.host.endswith("]") else request.host
    return "localhost" if platform.is_demo_server and host in _DEMO_HOSTS else host


def _wanted_locale() -> str:
    chosen = request.args.get("lang") or session.get("lang")
    if chosen in LOCALES:
        return str(chosen)
    for tag, quality in request.accept_languages:
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in LOCALES:
            return language
    return DEFAULT_LOCALE


def _on_csrf_error(_error: CSRFError) -> Response:
    return problems.from_domain(Forbidden("csrf", _("页面已过期，请刷新后重新提交。")))


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    )
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _close_request(_error: BaseException | None) -> None:
    uow = g.pop("uow", None)
    if uow is not None:
        uow.close()
