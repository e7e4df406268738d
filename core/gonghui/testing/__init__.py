"""The kit that plugin authors and our own suite test with: a real database, two federations, every kind of asker.

`pytest_plugins = ["gonghui.testing.fixtures"]` in a `conftest.py` brings the fixtures in.
"""

import typing as _typing

from gonghui.sdk.deprecation import names_going as _names_going
from gonghui.testing.contract import Contract, Tally
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.federation import OFFICERS, UNITS, Asker, Federation, World
from gonghui.testing.queries import counted_statements

# A type checker should not know the names that are going, nor believe in any other.
if not _typing.TYPE_CHECKING:
    __getattr__ = _names_going(__name__)

__all__ = [
    "OFFICERS",
    "UNITS",
    "Asker",
    "Contract",
    "Federation",
    "Tally",
    "World",
    "cloned_database",
    "counted_statements",
    "worker_name",
]
