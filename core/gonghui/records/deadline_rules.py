"""Rules of deadlines: by which parameter, in which direction, and how early the watch list speaks up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.tenancy.parameters import Parameter, figure
from gonghui.values.time_limits import LimitUnit, TimeLimit


class Direction(StrEnum):
    """Whether a limit runs from its day, or has to be kept before it."""

    FORWARD = "forward"
    BACKWARD = "backward"


class RuleBroken(ValueError):
    """A parameter says no length that a rule could count by."""


@dataclass(frozen=True)
class DeadlineRule:
    """By when something must happen.

    The length is the value of `parameter`, a whole number whose unit is a word of `LimitUnit` (`days`,
    `working_days`, `months`, `years`) and nothing else. Whoever holds `permission`, the one to read the record,
    sees the deadline. `warn_before`: so many days ahead, largest first or not, the watch list marks it; or, where the
    days are a rule and not a convenience, the code of the parameter that lists them.
    """

    code: str
    title: Text
    parameter: str
    permission: str
    direction: Direction = Direction.FORWARD
    warn_before: tuple[int, ...] | str = ()

    def marks(self, uow: UnitOfWork) -> tuple[int, ...]:
        """The days ahead at which the watch list speaks up."""
        if isinstance(self.warn_before, str):
            return tuple(figure(uow, self.warn_before).value)
        return self.warn_before


def warning(marks: Sequence[int], days_left: int) -> int | None:
    """The nearest mark that has been reached; None before the first."""
    return min((mark for mark in marks if days_left <= mark), default=None)


def length_of(parameter: Parameter) -> TimeLimit:
    """The length that a parameter gives to a deadline. Raises `RuleBroken` where it gives none."""
    value = parameter.value
    if isinstance(value, bool) or not isinstance(value, int) or parameter.unit not in set(LimitUnit):
        raise RuleBroken(
            f"{parameter.code} at {parameter.jurisdiction} from {parameter.effective_from} is no length of a "
            f"deadline: {value!r} {parameter.unit!r}"
        )
    return TimeLimit(value, LimitUnit(parameter.unit))


def check_lengths(rule: DeadlineRule, entries: Iterable[Parameter]) -> None:
    """Raise `RuleBroken` unless the packs hold lengths, and only lengths, for a rule."""
    found = [length_of(entry) for entry in entries]
    if not found:
        raise RuleBroken(f"{rule.code}: no pack holds {rule.parameter}")
