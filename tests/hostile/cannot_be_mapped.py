"""Can be imported, and its class cannot be mapped."""

from pathlib import Path

from sqlalchemy.orm import Mapped, relationship

from gonghui.sdk import Plugin, TenantTable, Text


class Lost(TenantTable, schema="cannot_be_mapped"):
    __tablename__ = "lost"

    other: Mapped["Nowhere"] = relationship("Nowhere")  # type: ignore[name-defined]  # noqa: F821


plugin = Plugin("cannot_be_mapped", Text("样本"), "1.0.0", Path(__file__).parent / "nothing")
