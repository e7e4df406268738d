"""Somebody with a browser at a federation, as the pages of administration need them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gonghui.testing import Federation

_HTML = {"Accept": "text/html"}


class Reader:
    """Somebody signed in, who opens pages and sends their forms."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    def open(self, path: str, language: str = "zh") -> Any:
        """A page, as its answer."""
        return self._browser.get(path, headers={**_HTML, "Accept-Language": language})

    def send(
        self, path: str, *, at: str = "/console", headers: Mapping[str, str] | None = None, **fields: Any
    ) -> Any:
        """A form, with the token of the page `at` where it stands."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.open(at).text)
        assert found is not None
        data = {"csrf_token": found.group(1), **fields}
        told: dict[str, Any] = {"data": data}
        if any(isinstance(field, FileStorage) for field in fields.values()):
            boundary, content = encode_multipart(data)
            told = {"data": content, "content_type": f"multipart/form-data; boundary={boundary}"}
        return self._browser.post(path, headers={**_HTML, **(headers or {})}, **told)


@pytest.fixture
def reader(browser: Any, with_password: Callable[..., None]) -> Callable[[Federation, str], Reader]:
    """Signs somebody in at a federation."""

    def come(federation: Federation, login: str) -> Reader:
        with_password(federation, login)
        one = type(browser)(federation)
        assert one.sign_in(login).status_code == 302
        return Reader(one)

    return come


@pytest.fixture
def asked(federation: Federation) -> Callable[..., Any]:
    """Opens a page as somebody; with `form` it is sent."""

    def ask(
        login: str | None, path: str, form: dict[str, Any] | None = None, at: Federation = federation
    ) -> Any:
        client = at.client(login)
        if form is None:
            return client.get(path, headers={"Accept": "text/html"})
        return client("POST", path, data=form, headers={"Accept": "text/html"})

    return ask
