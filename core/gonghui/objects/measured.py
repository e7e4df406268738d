"""Content that is as long as it was said to be, or is not kept."""

from __future__ import annotations

from gonghui.objects.port import Readable, WrongSize


class Measured:
    """Reads `size` bytes of `content`, and raises `WrongSize` where it ends before or goes on behind."""

    def __init__(self, content: Readable, size: int) -> None:
        self._content = content
        self._rest = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        if not self._rest:
            return b""
        chunk = self._content.read(min(size, self._rest))
        self._rest -= len(chunk)
        if not chunk:
            raise WrongSize(f"the content ends {self._rest} bytes too early")
        if not self._rest and self._content.read(1):
            raise WrongSize("the content is longer than was said")
        return chunk
