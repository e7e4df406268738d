"""The reference page is what the docstrings say now, and says it of everything that plugin authors may use."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

import gonghui.sdk
import gonghui.testing
from gonghui.sdk import Plugin, deprecation, reference
from gonghui.sdk.deprecation import Deprecated

PLUGINS = Path(__file__).parents[3] / "plugins"
PAGE = PLUGINS / "REFERENCE.md"


def headings(page: str) -> list[str]:
    return re.findall(r"^#### `(\w+)`$", page, flags=re.MULTILINE)


def test_the_page_is_what_the_docstrings_say_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "run `make reference`"


def test_the_page_tells_of_every_public_name_and_of_the_fixtures() -> None:
    told = headings(reference.page())
    fixtures = ["checked_plugin", "federation", "plugin_tally", "shared_federation", "world"]
    assert sorted(told) == sorted([*gonghui.sdk.__all__, *gonghui.testing.__all__, *fixtures])


def test_the_page_tells_of_every_field_of_a_plugin() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `.+` \| \S.+ \|$", reference.page(), flags=re.MULTILINE)
    assert rows == [field.name for field in fields(Plugin)]


def test_the_contents_lead_to_headings_of_the_page() -> None:
    page = reference.page()
    titles = re.findall(r"^### (.+)$", page, flags=re.MULTILINE)
    anchors = {title.lower().replace(",", "").replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def test_the_page_about_plugins_leads_to_the_reference() -> None:
    assert "(REFERENCE.md)" in (PLUGINS / "README.md").read_text(encoding="utf-8")


def test_a_long_signature_has_a_line_for_each_parameter() -> None:
    page = reference.page()
    assert "\nfigure(uow: UnitOfWork, code: str, on: date | None = None) -> Parameter\n" in page
    assert "\ncreate_record(uow: UnitOfWork, kind: RecordType, values: Values) -> Record\n" in page
    assert "    *,\n    above: bool = False,\n) -> None\n" in page


def test_what_is_going_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Names that are going" not in reference.page()
    monkeypatch.setitem(deprecation.GOING["gonghui.sdk"], "law", Deprecated("figure", "1.1.0", "2.0.0"))
    assert "| `gonghui.sdk.law` | `figure` | 1.1.0 | 2.0.0 |" in reference.page()


def test_the_page_is_written_where_one_says(tmp_path: Path) -> None:
    to = tmp_path / "page.md"
    assert CliRunner().invoke(reference.main, [str(to)]).exit_code == 0
    assert to.read_text(encoding="utf-8") == reference.page()
