"""Figures of law are data: no rule of a plugin or of the core has such a number in its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonghui.plugin_host.registry import discover
from gonghui.tenancy.parameters import PACKS, Parameter

ROOT = Path(__file__).resolve().parents[2]
#: What is no rule: made-up data, samples, texts, revisions, and the edge with its status codes.
NO_RULES = ("demo", "samples", "migrations", "locale", "_api", "_schemas", "_advice")
#: Limits of form, which no law knows: lengths of texts, sizes of pages and cells, bounds of what a field takes.
FORM = frozenset(
    {"longest", "width", "most", "least", "limit", "indent", "max", "min", "warn_before", "example"}
)
#: Numbers that happen to equal a figure of law and are none, each with its reason. A stale one fails.
EXCEPTIONS: dict[tuple[str, int], str] = {
    ("ballots.py", 100): "per cent",
    ("grades.py", 100): "per cent",
    ("quotas.py", 100): "per cent",
    ("bundles.py", 16): "bytes of a salt",
    ("commands.py", 1000): "lines that a terminal is asked for",
    ("committee_records.py", 6): "place in a list of fields",
    ("committee_records.py", 7): "place in a list of fields",
    ("deadlines.py", 25): "25 December: a year's announcement changes the last days of the year before",
    ("listing.py", 100): "fen of a yuan",
    ("listing.py", 1000): "rows fetched at a time",
    ("member_register.py", 10000): "names kept in memory",
    ("questionnaire.py", 16): "characters of a digest",
    ("register.py", 4): "place in a code",
    ("unions.py", 18): "characters of a code",
    ("exporting.py", 24): "characters of a column",
    ("exporting.py", 1000): "rows between two words of progress",
    ("papers.py", 4): "blank lines of a form",
    ("waiting.py", 30): "days ahead that make a list speak up",
    ("reveal.py", 100): "openings shown at a time",
}


def sources() -> list[Path]:
    modules = [*ROOT.glob("plugins/gonghui_*/*.py"), *ROOT.glob("core/gonghui/records/*.py")]
    return [path for path in sorted(modules) if not any(part in path.stem for part in NO_RULES)]


def numbers(value: Any) -> Iterator[int]:
    """Whole numbers of a figure that could be taken for nothing else: ones and twos are everywhere."""
    if isinstance(value, bool):
        return
    if isinstance(value, int) and value > 2:
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)


def every_figure() -> list[Parameter]:
    discover()
    return [entry for code in PACKS.codes() for entry in PACKS.entries(code)]


def figures_of_law() -> set[int]:
    return {number for entry in every_figure() for number in numbers(entry.value)}


def literals(tree: ast.AST) -> Iterator[ast.Constant]:
    """Numbers in code, but for those that say how long a text or how large a page may be."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.keyword) and node.arg in FORM:
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and _names_a_form(node):
            continue
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and not isinstance(node.value, bool)
        ):
            yield node
        yield from literals(node)


def _names_a_form(node: ast.Assign | ast.AnnAssign) -> bool:
    """A constant of a module whose name says that it is a limit of form."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [target.id.strip("_").upper() for target in targets if isinstance(target, ast.Name)]
    return any(
        name.startswith(("MOST", "LONGEST", "LARGEST", "AT_ONCE", "COLUMNS", "ELECTIONS")) for name in names
    )


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_no_rule_has_a_figure_of_law_in_its_code(path: Path) -> None:
    law = figures_of_law()
    assert law
    found = {
        (path.name, node.value): node.lineno
        for node in literals(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node.value, float) or node.value in law
    }
    assert {place: line for place, line in found.items() if place not in EXCEPTIONS} == {}


def test_no_exception_is_stale() -> None:
    there = {
        (path.name, node.value)
        for path in sources()
        for node in literals(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert set(EXCEPTIONS) - there == set()


def test_every_figure_names_its_ground_and_how_sure_it_is() -> None:
    for entry in every_figure():
        assert entry.basis.strip(), entry.code
        assert entry.confidence in {"V", "V2", "K", "S", "D"}, entry.code
