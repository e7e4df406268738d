"""Processes of the platform on the database of the tests."""

from __future__ import annotations

import os

from gonghui.testing import World
from gonghui.testing.places import var_of_tests


def environment_of(world: World, **more: str) -> dict[str, str]:
    """What tells a process of the platform where that database is."""
    url = world.database.admin_url._replace(username=None, password=None)
    return {
        **os.environ,
        "GONGHUI_VAR": str(var_of_tests()),
        "GONGHUI_DATABASE_URL": url.render_as_string(),
        "GONGHUI_DATABASE_NAME": world.database.name,
        **more,
    }
