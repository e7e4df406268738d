"""What the plugin holds, as administrators read it before they switch it off or remove it."""

import re

from gonghui.i18n import locale
from gonghui.lifecycle.plugin_holdings import personal_data, tables_of, title_of
from gonghui_organising import plugin


def test_every_table_is_called_what_people_call_its_rows_and_by_no_identifier() -> None:
    told = [title_of(plugin, table) for table in tables_of(plugin)]
    told += [each.sentence for each in personal_data(plugin)]
    assert [str(text) for text in told if re.search("[A-Za-z]", str(text))] == []
    with locale("en"):
        assert [str(text) for text in told if re.search("[\u4e00-\u9fff]|_", str(text))] == []
