"""Faults at their boxes: what schemas, rules and steps say is wrong, with the name of the box that mends it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from marshmallow import ValidationError

from gonghui.api.problems import flatten
from gonghui.errors import DomainError
from gonghui.i18n import _
from gonghui.web.records.inputs import Group, Input, Lines

#: The box that a fault belongs to, where there is one, and a sentence that says how to mend it.
Fault = tuple[str | None, str]


def of_schema(error: ValidationError, boxes: Mapping[str, str]) -> list[Fault]:
    """What a schema says; it does not know what the box is called, so the label goes before."""
    found = []
    for each in flatten(error.messages, ""):
        name = nearest(each["pointer"], boxes)
        label = boxes.get(name or "")
        detail = each["detail"]
        found.append((name, str(_("{what}：{name}", what=label, name=detail)) if label else detail))
    return found


def of_rule(error: DomainError, boxes: Collection[str]) -> list[Fault]:
    """What a rule says: a sentence for each field, or one for the whole."""
    found: list[Fault] = [(nearest(each.pointer, boxes), str(each.detail)) for each in error.faults]
    return found or [(None, str(error.detail))]


def boxes_of(groups: Iterable[Group], lines: Iterable[Lines]) -> dict[str, str]:
    """Every box of a form by its name, with its label."""
    return {each.name: str(each.label) for each in _all(groups, lines)}


def nearest(pointer: str, boxes: Collection[str]) -> str | None:
    """The box to which a pointer leads: itself, the first below it, or that of the list it stands in."""
    name = pointer.strip("/").replace("/", ".")
    if name in boxes:
        return name
    below = [box for box in boxes if box.startswith(f"{name}.")] if name else []
    if below:
        return below[0]
    # A rule speaks of the only row of a list, the form of the row itself.
    head, _sep, rest = name.partition(".0.")
    singular = [
        box for box in boxes if rest and head.startswith(box.split(".")[0]) and box.endswith(f".{rest}")
    ]
    return singular[0] if singular else None


def _all(groups: Iterable[Group], lines: Iterable[Lines]) -> Iterator[Input]:
    for group in groups:
        yield from group.inputs
    for each in lines:
        for _before, _id, inputs in each.rows:
            yield from inputs
