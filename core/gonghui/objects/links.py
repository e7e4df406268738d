"""Links of our own to objects: signed, for one object, until a minute."""

from __future__ import annotations

import hashlib
from datetime import datetime

from itsdangerous import BadData, URLSafeSerializer

from gonghui.objects.port import Download
from gonghui.values import clock

LINK_PATH = "/open/objects/"
"""Where the application answers such links; the signed part follows."""


class BadLink(ValueError):
    """The link was changed, has expired, or is somebody else's."""


class LinkSigner:
    """Signs and reads links (HMAC-SHA256, compared in constant time); whoever has the secret can."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(
            secret, salt="gonghui.objects", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def sign(self, key: str, download: Download, expires_at: datetime) -> str:
        """The path of a link to the object `key`."""
        told = [key, download.file_name, download.media_type, int(expires_at.timestamp())]
        signed = self._serializer.dumps(told)
        return LINK_PATH + (signed if isinstance(signed, str) else signed.decode())

    def read(self, signed: str) -> tuple[str, Download]:
        """The key that a link's signed part tells, and how to save it. Raises `BadLink`."""
        try:
            key, file_name, media_type, expires_at = self._serializer.loads(signed)
        except BadData:
            raise BadLink("not a link of this installation") from None
        if clock.now().timestamp() >= expires_at:
            raise BadLink("the link has expired")
        return key, Download(file_name, media_type)
