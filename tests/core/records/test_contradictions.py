"""A declaration that contradicts itself is refused when it is made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.designs.dispute import from_acceptance
from tests.designs.profile import Like
from tests.designs.rooms import Inspection, NursingRoom

from gonghui.i18n import Text
from gonghui.records.fields import Field
from gonghui.records.record_types import RECORD_TYPES, Child, RecordType, RecordTypeError
from gonghui.records.workflow import Transition, Workflow

NAME, PHONE = Field("name", Text("名称"), required=True), Field("contact_phone", Text("电话"))
STATES = {"planned": Text("筹建"), "open": Text("启用")}


def workflow(**step: Any) -> Workflow:
    named = {"name": "open"} | step
    return Workflow("planned", STATES, (Transition(step="planned -> open", title=Text("启用"), **named),))


def declare(model: Any = NursingRoom, **more: Any) -> None:
    known = dict(RECORD_TYPES)
    declared = {"fields": (NAME,), "workflow": workflow()} | more
    try:
        RecordType(model, code="designs.made_up", path="made-up", title=Text("样"), **declared)
    finally:
        RECORD_TYPES.clear()
        RECORD_TYPES.update(known)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"fields": (NAME, NAME)}, "named twice"),
        ({"workflow": workflow(name="change")}, "verb of every record"),
        ({"workflow": workflow(name="history")}, "verb of every record"),
        ({"search": ("contact_phone",), "fields": (NAME, PHONE)}, "not a text"),
        ({"search": ("opened_on",)}, "no column"),
        ({"fields": (NAME, Field("contact_phone", Text("电话"), filtered=True))}, "cannot be filtered"),
        ({"published": {"shut"}}, "published in a state"),
        ({"own": ("read",)}, "only a record with a subject"),
        ({"subject": "nobody_id"}, "no column"),
        ({"subtree": False}, "nobody could ever see"),
        ({"workflow": workflow(starts=(from_acceptance,))}, "deadline"),
        ({"workflow": workflow(timer=from_acceptance)}, "deadline"),
        (
            {"children": (Child("rows", Text("行"), Inspection, (), states=frozenset({"shut"})),)},
            "open in a state",
        ),
        (
            {
                "children": (Child("rows", Text("行"), Inspection, (), states=frozenset({"open"})),),
                "verbs": ("read", "create"),
            },
            "needs a permission",
        ),
    ],
)
def test_a_contradiction_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordTypeError, match=said):
        declare(**more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"workflow": workflow(not_by=("create",))}, "names nobody"),
        ({"deadlines": (from_acceptance,)}, "would name the record"),
        ({"shared": ("read",)}, "would name the record"),
    ],
)
def test_nothing_tells_what_a_sealed_trail_does_not(more: dict[str, Any], said: str) -> None:
    subject = {"fields": (), "subject": "person_id", "subtree": False, "own": ("read",)}
    with pytest.raises(RecordTypeError, match=said):
        declare(Like, **(subject | more))


@pytest.mark.parametrize("scope", ["own", "shared"])
def test_a_step_of_ones_own_gives_nothing_else_away(scope: str) -> None:
    step: dict[str, Any] = {"permission": "designs.made_up.change", scope: True}
    more = {"subject": "employer_id"} if scope == "own" else {"shared": ("read",)}
    with pytest.raises(RecordTypeError, match=f"change would be {scope}"):
        declare(workflow=workflow(**step), **more)


def test_a_plain_declaration_is_accepted() -> None:
    declare(search=("name",), fields=(NAME, PHONE))
