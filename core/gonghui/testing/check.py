"""`python -m gonghui.testing.check NAME`: the contract of one installed plugin, told in sentences.

It runs the tests that the plugin's author runs, on a database of its own that is thrown away.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gonghui.i18n import Text, _, load_catalogues, set_locale
from gonghui.plugin_host.installed import installed
from gonghui.testing import contract_of_one
from gonghui.testing.installation import throw_away_var

#: What each test of the contract holds, in words.
HELD = {
    "test_it_claims_nothing_that_is_not_its_own": _("只声明自己名下的权限、数据表、路径和指标"),
    "test_every_operation_asks_for_a_permission_of_the_plugins_own": _("每个接口和页面都写明本插件的权限"),
    "test_every_table_is_closed_to_other_federations": _("每张数据表都按工会隔离，键以工会打头"),
    "test_models_and_migrations_say_the_same": _("模型与迁移一致"),
    "test_nobody_gets_what_is_not_theirs": _("不该看的人什么也看不到"),
    "test_whoever_may_is_served_on_every_operation": _("有权的人每个接口都办得成"),
    "test_no_operation_is_left_out": _("没有漏掉的接口"),
    "test_off_it_is_not_there_on_any_path_and_verb": _("停用后每个路径、每种请求都是 404"),
    "test_off_and_on_again_keeps_every_row": _("停用再启用，一行不少"),
    "test_a_cookie_alone_changes_nothing": _("只凭 Cookie 改不了任何数据"),
    "test_a_list_costs_the_same_for_one_row_and_for_thirty": _("列表的查询次数不随行数增加"),
    "test_every_figure_is_the_records_that_it_opens_to": _("每个指标等于它展开的记录数"),
    "test_every_text_has_an_english_one": _("每条文字都有英文"),
}


@dataclass
class Outcome:
    """A test of the contract: whether it holds, and what was found where it does not."""

    name: str
    held: str
    passed: bool
    findings: list[str] = field(default_factory=list)


class Recorder:
    """Notes what pytest says, for us to tell."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.tally = ""
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each part of each test."""
        name = report.nodeid.rsplit("::", 1)[-1]
        if report.when == "call" or report.failed:
            outcome = self.outcomes.setdefault(name, Outcome(name, str(HELD.get(name, Text(name))), True))
            outcome.passed = outcome.passed and report.passed
            if report.failed:
                outcome.findings += _sentences(report)
        self.tally = str(dict(report.user_properties).get("contract", self.tally))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Called by pytest for what it could not read."""
        if report.failed:
            self.broken.append(report.longreprtext)


def main(arguments: list[str]) -> int:
    """Check the plugin; 0 where the contract holds, 1 where it does not."""
    parser = ArgumentParser(prog="gonghui plugin check")
    parser.add_argument("name")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    set_locale(os.environ.get("GONGHUI_LANG", "zh"))
    load_catalogues(Path(__file__).parents[1] / "locale")
    recorder = run(asked.name)
    content = _content(asked.name, recorder)
    if asked.as_json:
        print(json.dumps(content, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        print("\n".join(_lines(content)))  # noqa: T201
    return 0 if content["passed"] else 1


def run(plugin_id: str) -> Recorder:
    """Hold an installed plugin to the contract."""
    recorder = Recorder()
    with throw_away_var("check") as var:
        os.environ |= {"GONGHUI_TEST_VAR": str(var), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        os.environ.pop("PYTEST_ADDOPTS", None)
        options = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "gonghui.testing.fixtures"]
        where = ["-c", os.devnull, "--rootdir", str(var)]
        contract_of_one.TestContract.plugin = plugin_id
        pytest.main([*options, *where, str(contract_of_one.__file__)], plugins=[recorder])
    return recorder


def _content(plugin_id: str, recorder: Recorder) -> dict[str, Any]:
    outcomes = list(recorder.outcomes.values())
    passed = bool(outcomes) and not recorder.broken and all(outcome.passed for outcome in outcomes)
    return {
        "plugin": plugin_id,
        "version": installed(plugin_id).version,
        "passed": passed,
        "tally": recorder.tally,
        "checks": [asdict(outcome) for outcome in outcomes],
        "broken": recorder.broken,
    }


def _lines(content: dict[str, Any]) -> list[str]:
    """What a terminal shows: each check with its findings, then the tally."""
    lines = [f"{content['plugin']} {content['version']}"]
    for check in content["checks"]:
        lines.append(f"{'✓' if check['passed'] else '✗'} {check['held']}")
        lines += [f"    {finding}" for finding in check["findings"]]
    lines += [*content["broken"], *([content["tally"]] if content["tally"] else [])]
    failed = sum(not check["passed"] for check in content["checks"]) + len(content["broken"])
    held = len(content["checks"]) - failed
    return [*lines, str(_("{held} 项符合，{failed} 项不符合。", held=held, failed=failed))]


def _sentences(report: pytest.TestReport) -> list[str]:
    """A fault a line, where the contract told it; the end of the traceback, where something broke."""
    lines = [line for line in report.longreprtext.splitlines() if line.strip()]
    broke = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return broke[:3] or lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
