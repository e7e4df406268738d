"""The reference of the public packages: Markdown made from signatures and docstrings, read without running them.

`make reference` writes it to `plugins/REFERENCE.md`. What is read are sources and not objects, so the page is the
same whatever Python makes it, and constants and aliases, which cannot carry a docstring, have theirs too. The reader
of sources, griffe, comes with the tools for development.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TextIO

import click
import griffe
from griffe_sphinx import SphinxCommentsExtension

from gonghui.plugin_host.sdk_version import VERSION
from gonghui.sdk import themes
from gonghui.sdk.deprecation import GOING
from gonghui.sdk.signatures import call, members, titled
from gonghui.sdk.themes import Theme

_PACKAGES = {"gonghui.sdk": themes.SDK, "gonghui.testing": themes.TESTING}
_ABOUT = {
    "gonghui.sdk": "What a plugin imports of the core; it imports nothing else.",
    "gonghui.testing": "What a plugin's tests import. They import the SDK as well, and nothing else of the core.",
}
_FIXTURES = "gonghui.testing.fixtures"
_HEAD = f"""# Reference of the SDK

Version {VERSION}. This page is made from the docstrings by `make reference`: change those, not the page.
What each thing is for, and how a plugin is put together, [the page about plugins](README.md) tells.
"""


@cache
def sources() -> griffe.Module:
    """The sources of the product, with every name of the public packages led back to its definition."""
    loader = griffe.GriffeLoader(
        search_paths=[Path(__file__).parents[2]],
        extensions=griffe.load_extensions(SphinxCommentsExtension()),
    )
    product = loader.load("gonghui")
    loader.resolve_aliases(external=False)
    if not isinstance(product, griffe.Module):
        raise TypeError("gonghui is no package")
    return product


def definition(package: str, name: str) -> griffe.Object:
    """Where a name of a public package is defined. Raises `KeyError` for a name that it does not have."""
    found = sources()[f"{package}.{name}".removeprefix("gonghui.")]
    return found.final_target if isinstance(found, griffe.Alias) else found


def page() -> str:
    """The whole reference."""
    parts = [_HEAD, *_contents(), *_going()]
    for package, of_package in _PACKAGES.items():
        parts.append(f"## {package}\n\n{_ABOUT[package]}\n")
        for theme in of_package:
            parts.append(f"### {theme.title}\n\n{theme.about}\n")
            parts += [_entry(name, definition(package, name)) for name in theme]
    return "\n".join([*parts, *_fixtures()])


def _contents() -> Iterator[str]:
    """Each theme with its names, as a reader looks for one."""
    for package, of_package in _PACKAGES.items():
        yield f"**`{package}`**\n"
        yield (
            "\n".join(f"- {_linked(theme)}: {', '.join(f'`{n}`' for n in theme)}" for theme in of_package)
            + "\n"
        )


def _linked(theme: Theme) -> str:
    anchor = theme.title.lower().replace(",", "").replace(" ", "-")
    return f"[{theme.title}](#{anchor})"


def _going() -> Iterator[str]:
    """What is deprecated, where anything is."""
    rows = [
        f"| `{package}.{name}` | `{one.use}` | {one.since} | {one.until} |"
        for package, names in GOING.items()
        for name, one in sorted(names.items())
    ]
    if rows:
        head = "| name | use instead | warns since | gone in |\n|---|---|---|---|"
        yield "\n".join(["## Names that are going\n", head, *rows, ""])


def _entry(name: str, of: griffe.Object) -> str:
    parts = [f"#### `{name}`", f"```python\n{titled(name, of)}\n```", *_told(of)]
    listed = list(members(of))
    return "\n\n".join([*parts, *(["\n".join(listed)] if listed else [])]) + "\n"


def _told(of: griffe.Object) -> Iterator[str]:
    """The docstring; where it lists attributes, they become a table."""
    if of.docstring is None:
        return
    for section in of.docstring.parse("google"):
        if isinstance(section, griffe.DocstringSectionAttributes):
            yield _table(of, section.value)
        else:
            yield str(section.value)


def _table(of: griffe.Object, attributes: Iterable[griffe.DocstringAttribute]) -> str:
    lines = ["| field | type | what it says |", "|---|---|---|"]
    for each in attributes:
        kind = str(of[each.name].annotation).replace("|", "\\|")
        lines.append(f"| `{each.name}` | `{kind}` | {' '.join(each.description.split())} |")
    return "\n".join(lines)


def _fixtures() -> Iterator[str]:
    """The fixtures of the kit, by which most tests begin."""
    yield f'### Fixtures\n\n`pytest_plugins = ["{_FIXTURES}"]` in a `conftest.py` brings them in.\n'
    for name, found in definition("gonghui.testing", "fixtures").members.items():
        if isinstance(found, griffe.Function) and any("fixture" in str(d.value) for d in found.decorators):
            about = found.docstring.value if found.docstring else ""
            yield f"#### `{name}`\n\n```python\n{call(name, found.parameters, found.returns)}\n```\n\n{about}\n"


@click.command()
@click.argument("to", type=click.File("w", encoding="utf-8", atomic=True), default="-")
def main(to: TextIO) -> None:
    """Write the reference to a file, or to the terminal."""
    to.write(page())


if __name__ == "__main__":
    main()
