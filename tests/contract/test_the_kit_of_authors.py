"""The kit that plugin authors use notices what it is there to notice: faults planted on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import jsonify
from sqlalchemy import select

from gonghui.api.operations import operation
from gonghui.app import create_app
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.testing import Federation, World
from gonghui.testing.catalogue import Catalogue, table_faults
from gonghui.testing.check import HELD, Recorder, _content, _lines
from gonghui.testing.checked_plugin import CheckedPlugin
from gonghui.testing.declarations import of_plugin, permission_faults
from gonghui.testing.figures import figure_faults
from gonghui.testing.lists import ask_lists, list_faults
from gonghui.testing.operations import Operation, operations
from gonghui.testing.plugin_contract import PluginContract
from gonghui.testing.switching import answers_while_off, told_to_strangers
from gonghui.testing.texts import text_faults
from gonghui_organising.indicators import INDICATORS
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import drafted

PLANTED = "/api/v1/organising/planted"


def planted(path: str, permission: str | None) -> Operation:
    return Operation("GET", path, permission, (), {})


@pytest.mark.parametrize(
    ("permission", "said"),
    [
        (None, "names no permission"),
        ("organising.unheard_of", "no plugin declares"),
        ("designs.room.read", "own"),
    ],
)
def test_a_permission_that_is_missing_undeclared_or_anothers(
    world: World, permission: str | None, said: str
) -> None:
    (fault,) = permission_faults(world, [planted(PLANTED, permission)])
    assert said in fault


def test_a_table_that_is_open_or_has_keys_without_a_tenant() -> None:
    rooms = "rooms.room"
    catalogue = Catalogue(
        kinds={rooms: "r", "rooms.view": "v"},
        security={rooms: (True, False)},
        owners={rooms: "somebody"},
        unique={rooms: {"uq_room_name": ["name"]}},
        primary={rooms: ["id"]},
        references={f"{rooms}.fk_room_person": (["person_id"], ["id"])},
    )
    found = list(table_faults(catalogue))
    assert len(found) == 7
    assert all(fault.startswith("rooms.") for fault in found)


def test_a_list_that_asks_once_more_for_each_row(world: World) -> None:
    @operation("organising.union.read")
    def each_by_itself(uow: UnitOfWork) -> Any:
        ids = uow.session.scalars(select(GrassrootsUnion.id)).all()
        names = select(GrassrootsUnion.name)
        return jsonify([uow.session.scalar(names.where(GrassrootsUnion.id == each)) for each in ids])

    app = create_app(world.database, world.registry, is_demo_server=False)
    app.add_url_rule(PLANTED, "planted", each_by_itself, methods=["GET"])
    federation = World(world.database, world.registry, app).federation()
    readers = [(each, "district") for each in operations(app) if each.path == PLANTED]
    asked = []
    for _time in range(2):
        with federation.uow() as uow:
            drafted(uow, federation.units["garden"])
        asked.append(ask_lists(federation, readers))
    (fault,) = list_faults(*asked)
    assert f"GET {PLANTED}" in fault


def test_a_figure_that_counts_nothing_shows_nothing(federation: Federation) -> None:
    found = list(figure_faults(federation, INDICATORS))
    assert [fault.split()[0] for fault in found] == [indicator.code for indicator in INDICATORS]


def test_a_plugin_that_answers_where_it_should_be_off(shared_federation: Federation) -> None:
    some = of_plugin(shared_federation.world, "designs")
    assert len(list(answers_while_off(shared_federation, some))) > len(some)
    public = [Operation("GET", "/healthz-not", None, (), {})]
    assert list(told_to_strangers(shared_federation, shared_federation, public)) == []


def test_texts_without_english_with_stale_english_or_with_other_placeholders(tmp_path: Path) -> None:
    package = tmp_path / "gonghui_sample"
    package.mkdir()
    (package / "__init__.py").write_text('_("一"), _("二 {n}"), _("三")\n', encoding="utf-8")
    assert list(text_faults(package)) == ["gonghui_sample has no locale/en.po"]
    (package / "locale").mkdir()
    entries = {"一": "One", "二 {n}": "Two {m}", "四": "四"}
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    body = "\n".join(f'msgid "{text}"\nmsgstr "{english}"\n' for text, english in entries.items())
    (package / "locale" / "en.po").write_text(head + body, encoding="utf-8")
    said = " | ".join(text_faults(package))
    assert "三 has no English text" in said
    assert "四 is translated and nowhere said" in said
    assert "different placeholders" in said
    assert "四 is no English text" in said


def test_a_plugin_that_is_not_installed_is_told(world: World) -> None:
    with pytest.raises(LookupError, match="unheard_of is not installed"):
        CheckedPlugin(world, "unheard_of")


# --- what `gonghui plugin check` prints


def test_every_test_of_the_contract_has_its_words() -> None:
    assert set(HELD) == {name for name in vars(PluginContract) if name.startswith("test_")}


def test_findings_are_told_a_line_each_and_counted() -> None:
    recorder = Recorder()
    recorder.tally = "contract: 1 operations"
    for name, failure in (
        (next(iter(HELD)), None),
        ("test_nobody_gets_what_is_not_theirs", "a leak\nanother"),
    ):
        recorder.pytest_runtest_logreport(
            pytest.TestReport(
                f"contract::{name}", ("", 0, ""), {}, "failed" if failure else "passed", failure, "call"
            )
        )
    content = _content("organising", recorder)
    assert content["passed"] is False
    assert [line for line in _lines(content) if line.startswith("    ")] == ["    a leak", "    another"]
    assert _lines(content)[-1] == "1 项符合，1 项不符合。"
