"""Writes a new plugin from the templates beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gonghui import __version__
from gonghui.i18n import _
from gonghui.scaffold.names import BadName, Names

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".jinja"


def write_plugin(names: Names, directory: Path) -> Path:
    """Write the package below `directory` and give its folder. Raises `BadName` where the folder is there already."""
    target = directory / names.distribution
    if target.exists():
        raise BadName(_("{folder} 已经存在，请换一个名字或目录。", folder=target))
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it writes Python and TOML, no pages
    )
    for path in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        template = path.relative_to(_TEMPLATES).as_posix()
        written = target / _named(template.removesuffix(_SUFFIX), names)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(environment.get_template(template).render(_words(names)), encoding="utf-8")
    return target


def _named(template: str, names: Names) -> str:
    """Where a template goes: NAME is the plugin's id, RECORDS the module of its records."""
    return template.replace("NAME", names.plugin).replace("RECORDS", names.records)


def _words(names: Names) -> dict[str, Any]:
    return {
        "plugin": names.plugin,
        "title": names.title,
        "english": names.english,
        "package": names.package,
        "distribution": names.distribution,
        "record": names.record,
        "records": names.records,
        "Model": names.model,
        "code": f"{names.plugin}.{names.record}",
        "version": ".".join(__version__.split(".")[:2]),
    }
