"""The kit that plugin authors and our own suite test with: a real database, two federations, every kind of asker."""

from gonghui.testing.federation import Federation, World

__all__ = ["Federation", "World"]
