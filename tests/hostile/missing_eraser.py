"""Keeps something sealed about people whom nothing names, and offers no way to erase it."""

from pathlib import Path

from sqlalchemy.orm import Mapped

from gonghui.sdk import Plugin, Sensitive, TenantTable, Text, sensitive


class Note(TenantTable, schema="missing_eraser"):
    __tablename__ = "note"

    illness: Mapped[Sensitive] = sensitive("illness")


plugin = Plugin("missing_eraser", Text("样本"), "1.0.0", Path(__file__).parent / "nothing")
