"""Declares a table, and then cannot be imported."""

from sqlalchemy.orm import Mapped, relationship

from gonghui.sdk import TenantTable


class Half(TenantTable, schema="raises_at_import"):
    __tablename__ = "half"

    #: Nobody can map this class; left in the registry, it would keep all others from being mapped.
    other: Mapped["Nowhere"] = relationship("Nowhere")  # type: ignore[name-defined]  # noqa: F821


raise RuntimeError("示例：导入时出错")
