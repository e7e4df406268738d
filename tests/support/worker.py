"""A worker that knows the plugins of the tests: `python -m tests.support.worker QUEUE…`."""

from __future__ import annotations

import sys

from tests.designs import plugin as designs

from gonghui.plugin_host.registry import discover

discover().add(designs)

from gonghui.worker import run  # noqa: E402 - it looks plugins up when it is loaded

if __name__ == "__main__":
    run(sys.argv[1:])
