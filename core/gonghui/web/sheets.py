"""Sheets of codes to be printed: a page for each unit, with what one needs to sign in for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import segno
from flask import request


@dataclass(frozen=True)
class Slip:
    """What one account is given: its login and code, and the page where both are typed in, also as a picture."""

    login: str
    name: str
    code: str
    expires_at: datetime
    address: str
    picture: str
    role: str = ""


@dataclass(frozen=True)
class Sheet:
    """A page of paper: the slips of one unit, or of nobody's in particular."""

    unit: str | None
    slips: list[Slip]


def slip_of(login: str, name: str, code: str, expires_at: datetime, role: str = "") -> Slip:
    """The slip of one account. The picture holds the address and the login; the code is typed in by hand."""
    address = f"{request.host_url}welcome"
    picture = segno.make(f"{address}?{urlencode({'login': login})}", error="m")
    return Slip(login, name, code, expires_at, address, picture.svg_data_uri(scale=3, border=2), role)
