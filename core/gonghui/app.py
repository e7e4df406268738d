"""The web application: core and plugins behind one guard."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Blueprint, Flask, Response, current_app, g, request, send_from_directory
from flask.json.provider import JSONProvider
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gonghui import logs
from gonghui.api import guard, object_links, openapi
from gonghui.api.cookies import Cookies
from gonghui.api.records import blueprint_of
from gonghui.api.resources import BLUEPRINTS
from gonghui.audit import recorder  # noqa: F401 - a unit of work refuses to open without its recorder
from gonghui.db import policies
from gonghui.db.database import Database, database_at
from gonghui.db.migrations import behind
from gonghui.i18n import _, current_locale, load_catalogues
from gonghui.lifecycle import delivering  # noqa: F401 - what is published is written down, and all tables mapped
from gonghui.plugin_host.registry import Registry, discover
from gonghui.secret_files import kept_secret
from gonghui.settings import settings
from gonghui.tenancy.tenants import HostDirectory
from gonghui.values.clock import minute
from gonghui.values.principal import PrincipalKind, anonymous
from gonghui.web.core_pages import PAGES
from gonghui.web.navigation import record_path
from gonghui.web.page import asset, here, to
from gonghui.web.records.files import file_help, file_size
from gonghui.web.records.pages import pages_of
from gonghui.web.shell import shell
from gonghui.web.words import period_name, role_name

_log = structlog.get_logger()
_CORE = Path(__file__).parent


class _Json(JSONProvider):
    """orjson: dates, UUIDs and numbers as the field writes them."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        return orjson.dumps(obj, default=str).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        return orjson.loads(s)


def create_app(
    database: Database | None = None, registry: Registry | None = None, *, is_demo_server: bool | None = None
) -> Flask:
    """The application of this process; without arguments, as the settings say."""
    logs.configure()
    app = Flask("gonghui", static_folder=None)
    app.json = _Json(app)
    app.session_interface = Cookies()
    app.config.update(openapi.settings_for_smorest())
    app.config.update(
        SECRET_KEY=kept_secret(settings().var, "cookies"),
        MAX_CONTENT_LENGTH=1024 * 1024,
        SESSION_COOKIE_NAME="gonghui",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=_wants_https(),
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard asks for it where a cookie came with the request
        WTF_CSRF_TIME_LIMIT=None,
        PROPAGATE_EXCEPTIONS=False,
    )
    load_catalogues(_CORE / "locale")
    database = database or _configured_database()
    registry = registry or discover()
    _set_aside_unready(database, registry)
    ttl = settings().host_ttl_seconds
    demo = is_demo_server if is_demo_server is not None else _is_demo()
    app.extensions["gonghui"] = guard.Platform(database, registry, HostDirectory(database, ttl), demo)
    guard.csrf.init_app(app)
    guard.install(app)
    _mount(app, registry)
    _furnish_templates(app)
    return app


def _set_aside_unready(database: Database, registry: Registry) -> None:
    """Serve no plugin whose tables are not those that it expects; while no database answers, nobody can tell."""
    components = [plugin.component for plugin in registry.plugins.values()]
    try:
        found = behind(database, components, role=policies.APP)
    except OperationalError as error:
        _log.warning("plugin_tables_unknown", reason=str(error.orig))
        return
    for schema, reason in found.items():
        registry.refuse(schema, reason)


def _mount(app: Flask, registry: Registry) -> None:
    """Register core's operations and pages, then every plugin's."""
    api = openapi.Api(app)
    installed = registry.plugins.values()
    of_records = (blueprint_of(kind) for plugin in installed for kind in plugin.record_types)
    of_plugins = (blueprint for plugin in installed for blueprint in plugin.blueprints)
    for blueprint in (*BLUEPRINTS, *of_records, *of_plugins):
        api.register_blueprint(blueprint)
    app.register_blueprint(object_links.blueprint)
    for pages in PAGES:
        app.register_blueprint(pages.blueprint)
    for plugin in installed:
        templates = Blueprint(
            f"{plugin.id}_templates", __name__, template_folder=str(plugin.package / "templates")
        )
        app.register_blueprint(templates)
        for kind in plugin.record_types:
            app.register_blueprint(pages_of(kind))
    app.add_url_rule("/static/core/<path:filename>", "core_static", _static, methods=["GET"])
    app.add_url_rule("/healthz", "healthz", _healthz, methods=["GET"])
    openapi.complete(app, api)
    app.extensions["gonghui_pages"] = frozenset(
        rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())
    )
    app.extensions["gonghui_documents"] = openapi.Documents(api, registry)


def _static(filename: str) -> Response:
    """Style sheets and scripts of the core; an address that names a version is good for ever."""
    age = 31_536_000 if "v" in request.args else 3_600
    return send_from_directory(_CORE / "web" / "static", filename, max_age=age)


def _healthz() -> dict[str, str]:
    """Whether this process reaches its database."""
    with current_app.extensions["gonghui"].database.public() as connection:
        connection.execute(text("SELECT 1"))
    return {"status": "ok"}


def _furnish_templates(app: Flask) -> None:
    """What every template can say."""
    app.jinja_env.globals.update(
        locale=current_locale,
        _=_,
        minute=minute,
        period_name=period_name,
        role_name=role_name,
        file_size=file_size,
        file_help=file_help,
        asset=asset,
        here=here,
        to=to,
        record_path=record_path,
        has_page=lambda path: path in app.extensions["gonghui_pages"],
    )

    @app.context_processor
    def _whoever_asks() -> dict[str, Any]:
        uow = g.get("uow")
        principal = uow.principal if uow is not None else anonymous(g.tenant.id)
        return {
            "tenant": g.tenant,
            "principal": principal,
            "signed_in": principal.kind is not PrincipalKind.ANONYMOUS,
            "shell": partial(shell, uow),
            "seeing_as": g.get("seeing_as"),
        }


def _is_demo() -> bool:
    return os.environ.get("GONGHUI_DEMO") == "1"


def _wants_https() -> bool:
    """Cookies go over HTTPS alone, except in the demonstration on one's own machine, or where the settings say."""
    chosen = settings().secure_cookies
    return chosen if chosen is not None else not _is_demo()


def _configured_database() -> Database:
    """The database that the settings name; workers of `gonghui demo` and `gonghui serve` find it so."""
    url = settings().database_url
    if url is None:
        raise RuntimeError(
            "GONGHUI_DATABASE_URL is not set; start the server with `gonghui demo` or `gonghui serve`"
        )
    return database_at(
        url,
        settings().var,
        settings().database_name,
        pool_size=settings().pool_size,
        timeout_ms=settings().statement_timeout_ms,
        only=(policies.APP,),
    )
