"""Documents between federations: sealed by the platform, opened by the federation that is shown them.

A federation sees nothing of another one. What it may know of a transfer is in a document that a person brings; the
platform's seal says that it comes from here and has not been changed, and its content is nobody's to read on the way.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gonghui.db.ciphers import KeyLost
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _

_NONCE = 12
_MARK = "GH1"


def seal_document(uow: UnitOfWork, kind: str, content: dict[str, Any]) -> str:
    """A document of one kind as a line of letters and digits, to be handed to another federation of the platform.

    `content` has to be JSON. It is sealed by a key of the platform and not of the tenant.
    """
    nonce = os.urandom(_NONCE)
    master = uow.master.current
    key = AESGCM(uow.master.derived(master, kind))
    sealed = nonce + key.encrypt(nonce, orjson.dumps(content), kind.encode())
    return f"{_MARK}.{master}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"


def open_document(uow: UnitOfWork, kind: str, text: str, pointer: str) -> dict[str, Any]:
    """What a document says. Raises `Invalid` for one that the platform did not seal, or of another kind.

    `pointer` names the field of the request that holds `text`.
    """
    try:
        mark, master, body = "".join(text.split()).split(".")
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        key = AESGCM(uow.master.derived(master, kind))
        content: dict[str, Any] = orjson.loads(key.decrypt(raw[:_NONCE], raw[_NONCE:], kind.encode()))
        if mark != _MARK:
            raise ValueError(mark)
    except (ValueError, binascii.Error, InvalidTag, KeyLost):
        message = _("认不出这份文书。请完整粘贴对方交来的原文。")
        raise invalid(FieldFault(pointer, "document_unknown", message)) from None
    return content
