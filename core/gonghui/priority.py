"""The processor goes first to those who wait for a page: tasks and registers give way."""

from __future__ import annotations

import os

from gonghui.settings import settings


def give_way() -> None:
    """Let this process and its children give way from now on, by no more than the setting says."""
    os.nice(max(settings().niceness - os.nice(0), 0))
