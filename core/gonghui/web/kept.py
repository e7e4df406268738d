"""What somebody typed when their session was over: kept in the page where they sign in, and shown in its form again.

Only forms that can be drawn again without being done take part: what comes back is looked at before it is sent.
"""

from __future__ import annotations

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

_BEFORE = "kept."
_OURS = frozenset({"csrf_token", "again"})

Fields = list[tuple[str, str]]


def may_be_drawn_again(address: str) -> bool:
    """Whether a form is at an address that shows itself again, done or not."""
    path = address.partition("?")[0]
    try:
        endpoint, _ids = current_app.url_map.bind(request.host).match(path, method="POST")
    except (HTTPException, RequestRedirect):
        return False
    return getattr(current_app.view_functions[endpoint], "draws_again", False)


def sent_fields() -> Fields:
    """What was sent with this request, where its form can be drawn again."""
    if request.method != "POST" or not may_be_drawn_again(request.path):
        return []
    return [(n, v) for n, v in request.form.items(multi=True) if n not in _OURS]


def carried_fields() -> Fields:
    """What the page where one signs in has carried along."""
    told = request.form.items(multi=True)
    return [(name.removeprefix(_BEFORE), value) for name, value in told if name.startswith(_BEFORE)]
