"""The headings of a file that waits, and the column that each of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gonghui.i18n import Text, _
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun


@dataclass(frozen=True)
class Heading:
    """A heading of the file: the column that it was `recognised` as (`""`: none), and the one that it is to be."""

    number: int
    text: str
    recognised: str
    key: str

    @property
    def field(self) -> str:
        """What its choice is called in the form."""
        return f"column-{self.number}"

    @property
    def is_changed(self) -> bool:
        """Whether somebody says otherwise."""
        return self.key != self.recognised


def headings_of(
    run: RegisterRun, register: RegisterImport, chosen: Mapping[str, str] | None = None
) -> list[Heading]:
    """The headings of a file, those that were recognised first; with what was chosen in a form."""
    known = [(run.headings[c.key], c.key) for c in register.columns if c.key in run.headings]
    found = [*known, *((text, "") for text in run.ignored)]
    keys = {column.key for column in register.columns}
    headings = []
    for number, (text, recognised) in enumerate(found):
        key = (chosen or {}).get(f"column-{number}", recognised)
        headings.append(Heading(number, text, recognised, key if key in keys else ""))
    return headings


def missing_columns(register: RegisterImport, headings: Sequence[Heading]) -> list[Text]:
    """One sentence where columns are missing that the register must have."""
    named = {heading.key for heading in headings}
    missing = [c.heading for c in register.columns if c.required and c.key not in named]
    if not missing:
        return []
    return [_("文件里还缺这些列：{columns}。指明哪个表头是它；确实没有的，补上再上传。", columns=missing)]
