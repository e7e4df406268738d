"""The contract of one plugin, for `gonghui plugin check`, which says which: the class that authors inherit."""

from gonghui.testing.plugin_contract import PluginContract


class TestContract(PluginContract):
    plugin = ""
