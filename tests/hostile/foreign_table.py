"""Declares a table in the schema of the core."""

from pathlib import Path

from gonghui.sdk import Plugin, TenantTable, Text


class Stowaway(TenantTable, schema="core"):
    __tablename__ = "stowaway"


plugin = Plugin("foreign_table", Text("样本"), "1.0.0", Path(__file__).parent / "nothing")
