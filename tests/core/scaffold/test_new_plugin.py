"""A new plugin: any id that can be one gives a package that reads and compiles; any other gets a sentence."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from gonghui.cli import gonghui
from gonghui.commands import plugin_authoring
from gonghui.commands.plugins import plugin
from gonghui.errors import NotFound
from gonghui.scaffold import BadName, Names, write_plugin
from gonghui.testing import World
from gonghui.testing.operations import operations
from gonghui.testing.texts import text_faults


@pytest.mark.parametrize(
    ("plugin_id", "record", "model"),
    [
        ("nursing_rooms", "room", "Room"),
        ("clubs", "club", "Club"),
        ("childcare", "childcare", "Childcare"),
        ("legal_aid_classes", "classe", "Classe"),
        ("our_records", "file", "File"),  # a Record is something else
        ("our_imports", "file", "File"),  # a word of Python
        ("samples", "file", "File"),  # a module of the package
        ("employers", "file", "File"),  # a class of the SDK
        ("a1", "a1", "A1"),
    ],
)
def test_the_names_of_a_plugin_come_from_its_id(plugin_id: str, record: str, model: str) -> None:
    names = Names.of(plugin_id)
    assert (names.record, names.records, names.model) == (record, f"{record}s", model)
    assert (names.package, names.distribution) == (f"gonghui_{plugin_id}", f"gonghui-{plugin_id}")


@pytest.mark.parametrize("plugin_id", ["nursing_rooms", "our_records", "samples"])
def test_what_is_written_can_be_read(tmp_path: Path, plugin_id: str) -> None:
    folder = write_plugin(Names.of(plugin_id, "爱心妈妈小屋"), tmp_path)
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*")}
    for name, content in files.items():
        assert "{{" not in content, name
        if name.endswith(".py"):
            compile(content, name, "exec", ast.PyCF_ONLY_AST)
    declared = tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]["gonghui.plugins"]
    assert declared == {plugin_id: f"gonghui_{plugin_id}:plugin"}
    assert f"gonghui_{plugin_id}/migrations/{plugin_id}_0001_first_tables.py" in files
    assert list(text_faults(folder / f"gonghui_{plugin_id}")) == []


@pytest.mark.parametrize(
    ("plugin_id", "said"),
    [
        ("", "不能作插件名"),
        ("x", "不能作插件名"),
        ("Rooms", "不能作插件名"),
        ("nursing-rooms", "不能作插件名"),
        ("1rooms", "不能作插件名"),
        ("../rooms", "不能作插件名"),
        ("爱心小屋", "不能作插件名"),
        ("r" * 42, "不能作插件名"),
        ("core", "保留字"),
        ("class", "保留字"),
        ("select", "保留字"),
        ("pg_rooms", "保留字"),
        ("portal", "保留字"),
        ("figures", "保留字"),  # an address of the core's
        ("timers", "保留字"),  # a command of the core's
        ("organising", "已经装有"),
    ],
)
def test_a_name_that_no_plugin_can_have_gets_a_sentence(plugin_id: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadName, match=said):
        run("new", plugin_id, "--directory", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ['小"屋', "小{屋}", "小\\屋", "小\n屋", "屋" * 61, ""])
def test_a_title_that_would_break_a_text_is_refused(title: str) -> None:
    with pytest.raises(BadName, match="双引号"):
        Names.of("nursing_rooms", title)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gonghui-nursing_rooms").mkdir()
    with pytest.raises(BadName, match="已经存在"):
        run("new", "nursing_rooms", "--directory", str(tmp_path))
    assert list((tmp_path / "gonghui-nursing_rooms").iterdir()) == []


@pytest.mark.parametrize("command", ["migration", "check"])
def test_a_plugin_that_is_not_installed_is_named(command: str) -> None:
    with pytest.raises(NotFound, match="unheard_of"):
        run(command, "unheard_of", *(["what changed"] if command == "migration" else []))


def test_checking_without_pytest_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_authoring, "find_spec", lambda _name: None)
    answer = CliRunner().invoke(plugin, ["check", "organising"])
    assert (answer.exit_code, "gonghui[testing]" in answer.output) == (1, True)


def run(*arguments: str) -> None:
    CliRunner().invoke(gonghui, ("plugin", *arguments), catch_exceptions=False)


def test_every_address_of_the_core_is_refused(world: World) -> None:
    """A plugin of that name would take the address along when it is off."""
    core = {
        path
        for operation in operations(world.app)
        if not world.registry.owner_of_path(path := operation.path)
    }
    words = {
        path.split("/")[3].replace("-", "_").split(".")[0] for path in core if path.startswith("/api/v1/")
    }
    assert sorted(word for word in words if not is_refused(word)) == []


def is_refused(plugin_id: str) -> bool:
    try:
        Names.of(plugin_id)
    except BadName:
        return True
    return False
