"""Schemas made from fields: what the contract kit has to send."""

from __future__ import annotations

from tests.designs.hardship import HardshipFile

from gonghui.api.record_schemas import _writable
from gonghui.i18n import Text
from gonghui.records.fields import Field, bind


def test_a_field_that_may_be_left_out_is_sent_by_the_contract_kit_where_it_says_so() -> None:
    fields = (Field("cause", Text("原因"), sent=True), Field("panel", Text("人数")))
    bounds = bind(fields, HardshipFile.__table__)  # type: ignore[arg-type]
    made = _writable(bounds, is_new=True, subject=None)
    assert [field.metadata.get("x-send") for field in made.values()] == [True, None]
    assert not any(field.required for field in made.values())
    changed = _writable(bounds, is_new=False, subject=None)
    assert not any("x-send" in field.metadata for field in changed.values())
