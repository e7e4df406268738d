"""Organising (建会入会、会籍、换届): founding grassroots unions and the figures that follow from it."""

from pathlib import Path

from gonghui.sdk import Plugin, RegisterImport, _
from gonghui_organising import commands, demo, indicators, register_import, roles, samples, union_api

plugin = Plugin(
    id="organising",
    name=_("建会入会"),
    version="0.1.0",
    package=Path(__file__).parent,
    permissions=roles.PERMISSIONS,
    roles=roles.ROLES,
    blueprints=(union_api.blueprint,),
    indicators=indicators.INDICATORS,
    imports=(
        RegisterImport(
            code="organising.unions",
            permission=register_import.IMPORT,
            title=_("基层工会名册"),
            run=register_import.import_unions,
        ),
    ),
    commands=(commands.union_commands,),
    samples=samples.SAMPLES,
    demo=demo.fill,
)
