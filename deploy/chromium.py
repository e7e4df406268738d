"""`python -m deploy.chromium`: Debian's Chromium and a Chinese font, installed where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PROGRAM = "chromium"
#: The packages that make it complete: without a Chinese font every character is an empty box.
_PACKAGES = ("chromium", "fonts-noto-cjk")


class ChromiumMissing(RuntimeError):
    """The browser is not there and cannot be installed; the message says why."""


def install() -> None:
    """Install what is missing. Raises `ChromiumMissing`."""
    missing = _missing()
    if not missing:
        return
    wanted = " ".join(missing)
    apt_get = shutil.which("apt-get")
    if apt_get is None:
        raise ChromiumMissing(f"missing: {wanted}; this machine has no apt-get, so install them by hand")
    if os.geteuid() != 0:
        raise ChromiumMissing(f"missing: {wanted}; run as root: apt-get install {wanted}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run([apt_get, "-q", *arguments], env=environment, check=True)
    if left := _missing():
        raise ChromiumMissing(f"still missing after apt-get: {' '.join(left)}")


def _missing() -> list[str]:
    return [
        name for name, is_there in zip(_PACKAGES, (_has_chromium(), _has_font()), strict=True) if not is_there
    ]


def _has_chromium() -> bool:
    return shutil.which(PROGRAM) is not None


def _has_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    found = subprocess.run([lister, ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


if __name__ == "__main__":
    try:
        install()
    except (ChromiumMissing, subprocess.CalledProcessError) as error:
        sys.exit(f"chromium: {error}")
