"""Public names that are going: each still gives its object, and warns with what takes its place and until when."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name

from packaging.version import Version


@dataclass(frozen=True)
class Deprecated:
    """A name that plugins should leave.

    `use` is the name in the same package that takes its place. Where that one is not the same thing under another
    name, `still` says where the old one is (`gonghui.records.listing:old_rows`). `since` and `until` are versions
    of the SDK: the first that warns, and the one in which the name is gone, which has to be a new major one.
    Raises `ValueError` for another.
    """

    use: str
    since: str
    until: str
    still: str | None = None

    def __post_init__(self) -> None:
        gone = Version(self.until)
        if gone.release[1:] != (0, 0) or gone.major <= Version(self.since).major:
            raise ValueError(f"a name that warns since {self.since} cannot go in {self.until}")


#: The names that are going, by the package that they are in.
GOING: dict[str, dict[str, Deprecated]] = {"gonghui.sdk": {}, "gonghui.testing": {}}


def names_going(package: str) -> Callable[[str], object]:
    """The `__getattr__` of a public package: finds what is going, refuses the rest as Python does."""

    def find(name: str) -> object:
        going = GOING[package].get(name)
        if going is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        warnings.warn(
            f"{package}.{name} is deprecated since {going.since} and gone in {going.until}: "
            f"use {package}.{going.use}",
            DeprecationWarning,
            stacklevel=2,
        )
        return resolve_name(going.still or f"{package}:{going.use}")

    return find
