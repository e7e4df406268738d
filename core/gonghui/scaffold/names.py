"""Names of a new plugin, all of them made from its id, and the ids that it may not have."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from gonghui import sdk
from gonghui.errors import Invalid
from gonghui.i18n import Text, _

_ID = re.compile(r"[a-z][a-z0-9_]{1,40}")
#: Schemas and parts of addresses that are taken, whatever is installed.
_TAKEN = frozenset(
    ["core", "public", "information_schema", "gonghui", "api", "console", "portal", "static", "open"]
)
#: What the core has below /api/v1/.
_ADDRESSES = frozenset(
    ["accounts", "audit", "calendar", "deadlines", "events", "explain", "figures", "imports", "jobs", "me", "messages",
     "openapi", "org_units", "parameters", "platform", "plugins", "registers", "roles", "session", "sign_in", "tokens"]
)  # fmt: skip
#: What the templates call things of their own; a record cannot be called so too.
_USED = frozenset(
    [
        "check",
        "demo",
        "indicator",
        "locale",
        "migration",
        "opened",
        "plugin",
        "role",
        "sample",
        "step",
        "value",
    ]
)
_INSTEAD = "file"
#: A title stands in Python texts and in a catalogue: nothing that would end or fill in either.
_TITLE = re.compile(r'[^"\\{}\n]{1,60}')


class BadName(Invalid):
    """A plugin cannot be called so."""

    def __init__(self, sentence: Text) -> None:
        super().__init__("bad_plugin_name", sentence)


@dataclass(frozen=True)
class Names:
    """What a plugin and its first kind of record are called, in code and for people."""

    plugin: str
    title: str

    @classmethod
    def of(
        cls,
        plugin: str,
        title: str | None = None,
        *,
        installed: Collection[str] = (),
        reserved: Collection[str] = (),
    ) -> Names:
        """Names made from an id. Raises `BadName`, saying what is wrong with it.

        `installed` are ids of plugins that are there, `reserved` the core's own commands.
        """
        _refuse(plugin, installed, reserved)
        if title is not None and not _TITLE.fullmatch(title):
            raise BadName(_("名称不超过 60 个字，不能有双引号、反斜线、花括号或换行。"))
        return cls(plugin, title or plugin)

    @property
    def package(self) -> str:
        """The importable package."""
        return f"gonghui_{self.plugin}"

    @property
    def distribution(self) -> str:
        """The folder and what is installed."""
        return f"gonghui-{self.plugin}"

    @property
    def record(self) -> str:
        """One record: the last word of the id, in the singular."""
        last = self.plugin.rstrip("_").rsplit("_", 1)[-1]
        single = last[:-1] if last.endswith("s") and not last.endswith("ss") else last
        return single if _is_free(single) else _INSTEAD

    @property
    def records(self) -> str:
        """Several of them: the module, the variable and the end of the address."""
        return f"{self.record}s"

    @property
    def model(self) -> str:
        """The class of a record."""
        return self.record.capitalize()

    @property
    def english(self) -> str:
        """The English title."""
        return self.plugin.replace("_", " ").strip().capitalize()


def _is_free(word: str) -> bool:
    """Whether a word can be the name of a module, a table, a class and a variable beside those of the templates."""
    reserved = keyword.iskeyword(word) or hasattr(builtins, word) or word in RESERVED_WORDS or word in _USED
    taken = any(hasattr(sdk, name) for name in (word, f"{word}s", word.capitalize()))
    return len(word) > 1 and word.isidentifier() and not reserved and not taken


def _refuse(plugin: str, installed: Collection[str], reserved: Collection[str]) -> None:
    if not _ID.fullmatch(plugin):
        raise BadName(
            _(
                "{name} 不能作插件名：以小写字母开头，只用小写字母、数字和下划线，2 至 41 个字符，如 nursing_rooms。",
                name=plugin,
            )
        )
    if plugin in installed or find_spec(f"gonghui_{plugin}") is not None:
        raise BadName(_("已经装有名为 {name} 的插件，请换一个名字。", name=plugin))
    taken = plugin in _TAKEN | _ADDRESSES | RESERVED_WORDS | set(reserved)
    if taken or keyword.iskeyword(plugin) or plugin.startswith("pg_"):
        raise BadName(_("{name} 是保留字，请换一个插件名。", name=plugin))
