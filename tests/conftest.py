"""The suite's fixtures come from the kit that plugin authors use."""

pytest_plugins = ["gonghui.testing.fixtures"]
