"""What the public packages promise: each name is there, is documented, has its theme, and is used by a test."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import griffe
import pytest
from packaging.version import Version

import gonghui.sdk
import gonghui.testing
from gonghui.sdk import VERSION, themes
from gonghui.sdk.reference import definition
from gonghui.sdk.themes import Theme

ROOT = Path(__file__).parents[3]
PUBLIC = [gonghui.sdk, gonghui.testing]
#: The fewest words that say more than the name does.
FEWEST = 4


def undocumented(name: str, of: griffe.Object) -> list[str]:
    """The name, where it says nothing of itself, and those of its methods and properties that do not."""
    docstring = of.docstring.value if of.docstring else ""
    silent = [] if len(docstring.split()) >= FEWEST else [name]
    if isinstance(of, griffe.Class | griffe.Module):
        for inner, member in of.members.items():
            if inner.startswith("_") or isinstance(member, griffe.Alias):
                continue
            if (isinstance(member, griffe.Function) or "property" in member.labels) and not member.docstring:
                silent.append(f"{name}.{inner}")
    return silent


def imported(source: str, package: str) -> Iterator[str]:
    """The names of a public package, or of its modules, that a file imports and goes on to mention."""
    tree = ast.parse(source)
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}."):
            yield from (alias.name for alias in node.names if (alias.asname or alias.name) in mentioned)


def untested(package: str, names: list[str], sources: list[str]) -> set[str]:
    return set(names) - {name for source in sources for name in imported(source, package)}


def sources() -> list[str]:
    """The tests, the plugin of the tests, and the plugins that come along."""
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    return [file.read_text(encoding="utf-8") for file in sorted(files)]


def misplaced(names: list[str], of_package: tuple[Theme, ...]) -> list[str]:
    """Names that stand in no theme or in several, and names of themes that there are not."""
    told = [name for theme in of_package for name in theme]
    return sorted({name for name in [*names, *told] if told.count(name) != 1 or name not in names})


@pytest.mark.parametrize("package", PUBLIC, ids=lambda package: package.__name__)
def test_every_public_name_says_what_it_is(package: ModuleType) -> None:
    silent = [
        line for name in package.__all__ for line in undocumented(name, definition(package.__name__, name))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("package", "of_package"), [(gonghui.sdk, themes.SDK), (gonghui.testing, themes.TESTING)]
)
def test_every_public_name_has_one_theme(package: ModuleType, of_package: tuple[Theme, ...]) -> None:
    assert misplaced(package.__all__, of_package) == []


@pytest.mark.parametrize("package", PUBLIC, ids=lambda package: package.__name__)
def test_every_public_name_is_used_by_a_test_or_a_plugin(package: ModuleType) -> None:
    assert sorted(untested(package.__name__, package.__all__, sources())) == []


@pytest.mark.parametrize("package", PUBLIC, ids=lambda package: package.__name__)
def test_a_public_package_shows_its_names_and_no_others(package: ModuleType) -> None:
    assert all(hasattr(package, name) for name in package.__all__)
    assert sorted(set(package.__all__)) == sorted(package.__all__)
    shown = {name for name in vars(package) if not name.startswith("_")} - set(package.__all__)
    modules = {name for name in shown if isinstance(getattr(package, name), ModuleType)}
    assert shown == modules
    assert all(getattr(package, name).__name__ == f"{package.__name__}.{name}" for name in modules)


@pytest.mark.parametrize("package", PUBLIC, ids=lambda package: package.__name__)
def test_what_a_public_name_is_called_does_not_hide_a_module(package: ModuleType) -> None:
    for name in package.__all__:
        if importlib.util.find_spec(f"{package.__name__}.{name}") is not None:
            assert isinstance(getattr(package, name), ModuleType), name


def test_the_version_is_a_semantic_one() -> None:
    assert len(Version(VERSION).release) == 3
    assert str(Version(VERSION)) == VERSION


def test_an_undocumented_name_is_found() -> None:
    with griffe.temporary_visited_module(
        'LENGTH = 3\n\nclass Thing:\n    """A thing that says what it is."""\n\n    def go(self): ...\n'
    ) as module:
        assert undocumented("LENGTH", module["LENGTH"]) == ["LENGTH"]
        assert undocumented("Thing", module["Thing"]) == ["Thing.go"]


def test_an_untested_name_is_found() -> None:
    used = [
        "from gonghui.sdk import figure\nfigure()",
        "from gonghui.testing.queries import counted\ncounted()",
    ]
    assert untested("gonghui.sdk", ["figure", "counted"], used) == {"counted"}
    assert untested("gonghui.testing", ["figure", "counted"], used) == {"figure"}
    assert untested("gonghui.sdk", ["figure"], ["from gonghui.sdk import figure"]) == {"figure"}


def test_a_name_without_a_theme_is_found() -> None:
    time, figures = Theme("Time", "", "clock today"), Theme("Figures", "", "figure today gone")
    assert misplaced(["clock", "today", "figure", "new"], (time, figures)) == ["gone", "new", "today"]
