"""Names of files in headers: whole in any script, and harmless in every browser."""

from __future__ import annotations

import pytest
from werkzeug.http import parse_options_header

from gonghui.values.file_names import content_disposition


@pytest.mark.parametrize(
    ("name", "simple"),
    [
        ("会员名册_20240630-1530.xlsx", "export_20240630-1530.xlsx"),
        ("会员.csv", "export.csv"),
        ('a"\r\nb.csv', "export_a_b.csv"),
        ("100%.csv", "export_100.csv"),
    ],
)
def test_content_disposition_names_the_file_twice(name: str, simple: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert f"filename={simple};" in header
    value, options = parse_options_header(header.partition("; ")[0] + "; " + header.rpartition("; ")[2])
    assert value == "attachment"
    assert options["filename"] == name


def test_content_disposition_of_a_plain_name() -> None:
    assert content_disposition("members_20240630.csv") == "attachment; filename=members_20240630.csv"
