"""What tests of pages share: somebody who opens a page or sends a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gonghui.testing import Federation


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
