"""The session cookie: signed by Flask, but read and written only where a browser is at the other end."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Cookies(SecureCookieSessionInterface):
    """Flask's own cookie sessions with one signer for the process; a program without a cookie costs nothing."""

    _signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        """The signer, made once: its keys do not change while the process runs."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request's cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)
