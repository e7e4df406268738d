"""A new plugin: an installable package outside of this repository, whose contract tests pass at once."""

from gonghui.scaffold.names import BadName, Names
from gonghui.scaffold.writing import write_plugin

__all__ = ["BadName", "Names", "write_plugin"]
