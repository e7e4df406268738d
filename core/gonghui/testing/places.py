"""Where the kit keeps the data of tests: outside of any repository, and never in the current folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def var_of_tests() -> Path:
    """The folder of the test server: `GONGHUI_TEST_VAR`, or one in the user's cache for each environment."""
    chosen = os.environ.get("GONGHUI_TEST_VAR")
    if chosen:
        return Path(chosen).resolve()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = hashlib.sha256(os.fsencode(sys.prefix)).hexdigest()[:12]
    return cache / "gonghui" / f"test-{environment}"
