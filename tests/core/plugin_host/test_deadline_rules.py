"""Rules of deadlines that a plugin declares: its own, with a length that can be counted, or refused at load."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gonghui.i18n import Text
from gonghui.plugin_host.checks import ManifestError
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.records.deadline_rules import DeadlineRule, RuleBroken, length_of
from gonghui.tenancy.parameters import Parameter, Parameters
from gonghui.values.time_limits import LimitRefused, LimitUnit, TimeLimit

RULE = DeadlineRule("sample.reply", Text("批复"), "sample.reply_days", "sample.thing.read")


def plugin(tmp_path: Path, *rules: DeadlineRule) -> Plugin:
    return Plugin(
        "sample", Text("样本"), "1.0.0", tmp_path, {"sample.thing.read": Text("查看")}, deadlines=rules
    )


def parameter(value: Any, unit: str, code: str = "sample.reply_days") -> Parameter:
    return Parameter(code, "nation", value, unit, date(2020, 1, 1), None, "示例办法第一条", "D")


@pytest.mark.parametrize("unit", list(LimitUnit))
def test_a_rule_with_a_whole_number_of_a_known_unit_is_taken(tmp_path: Path, unit: LimitUnit) -> None:
    registry = Registry(parameters=Parameters([parameter(15, unit.value)]))
    registry.add(plugin(tmp_path, RULE))
    assert registry.deadline_rules() == registry.deadline_rules(frozenset({"sample"})) == [RULE]
    assert registry.deadline_rules(frozenset()) == []
    assert length_of(parameter(15, unit.value)) == TimeLimit(15, unit)


@pytest.mark.parametrize(
    ("value", "unit"),
    [([3, 5], "years"), (True, "days"), (1.5, "days"), (15, "working days"), (15, "weeks"), (15, "")],
)
def test_a_figure_that_is_no_length_keeps_its_plugin_out(tmp_path: Path, value: Any, unit: str) -> None:
    registry = Registry(parameters=Parameters([parameter(value, unit)]))
    with pytest.raises(RuleBroken, match="no length of a deadline"):
        registry.add(plugin(tmp_path, RULE))
    assert registry.plugins == {}


def test_a_length_of_nothing_keeps_its_plugin_out(tmp_path: Path) -> None:
    with pytest.raises(LimitRefused):
        Registry(parameters=Parameters([parameter(0, "days")])).add(plugin(tmp_path, RULE))


def test_a_rule_without_any_figure_keeps_its_plugin_out(tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match=r"no pack holds sample\.reply_days"):
        Registry(parameters=Parameters()).add(plugin(tmp_path, RULE))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "other.reply"}, "deadlines of sample must begin with its id"),
        ({"parameter": "other.days"}, "parameters of deadlines of sample must begin with its id"),
        ({"permission": "sample.thing.delete"}, "deadlines of sample name undeclared permissions"),
        ({"permission": "core.audit.read"}, "deadlines of sample name undeclared permissions"),
    ],
)
def test_a_plugin_declares_deadlines_of_its_own_only(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    registry = Registry(parameters=Parameters([parameter(15, "days")]))
    with pytest.raises(ManifestError, match=said):
        registry.add(plugin(tmp_path, replace(RULE, **change)))
