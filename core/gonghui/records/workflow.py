"""Workflows: the states of a record and the transitions between them, which are the only way to change a state.

A workflow is data. `steps.py` takes the transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault
from gonghui.i18n import Text
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.fields import Field

Answers = Mapping[str, Any]
#: What stands in the way of a transition, each with the field that mends it and a reason that a person can read.
Guard = Callable[[UnitOfWork, Any, Answers], Iterable[FieldFault]]
#: What follows from a transition, in the same transaction; the record is in its new state already.
Effect = Callable[[UnitOfWork, Any, Answers], None]

ANY = "*"
#: The step by which a record comes into being, as its history calls it.
CREATE = "create"
_ARROW = "->"


class Comment(StrEnum):
    """Whether a transition takes words along: 退回补正 must say what is missing."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class WorkflowError(ValueError):
    """A workflow contradicts itself."""


@dataclass(frozen=True, eq=False)
class Transition:
    """A step from some states to one.

    `step` reads `"submitted, returned -> approved"`; `"* -> closed"` starts from every state but the last ones. A step
    within another act may lead back to one of several states: `"transferring -> active, retained"`.
    `permission` is that of the record type and the name, unless one is given. `above`: it has to be held over the
    record's own unit, because the next upper body decides. `not_by`: names of steps whose person may not take this
    one. `own`: the record's subject may take it too; `shared`: so may somebody with whom the record was shared;
    `in_bulk`: it may be taken for many records at once. `asks` names what has to be said; an answer whose name is a
    column of the record is kept there.

    `guards` tell what stands in the way, `effect` does what follows, in the same transaction and with the record in
    its new state; both get the unit of work, the record and the answers. `backdate` is the permission for a day of
    effect before today; the record type's, unless one is given. Raises `WorkflowError` for a `step` that is none.

    `starts`, `meets` and `cancels` are deadlines; those that start run from the day of effect. `timer`: the
    transition is taken by the system once that deadline has passed, and by nobody else. `within`: it is part of
    another act, such as the transfer that takes a membership along, and has no operation of its own. `leads_to` says
    to which of several states a record goes, where its past decides. `awaited`:
    somebody is expected to take it, so whoever may, and stands nearest to the record, is told when it becomes open.
    """

    name: str
    step: str
    title: Text
    permission: str | None = None
    asks: tuple[Field, ...] = ()
    comment: Comment = Comment.OPTIONAL
    guards: tuple[Guard, ...] = ()
    effect: Effect | None = None
    not_by: tuple[str, ...] = ()
    above: bool = False
    own: bool = False
    shared: bool = False
    in_bulk: bool = False
    backdate: str | None = None
    starts: tuple[DeadlineRule, ...] = ()
    meets: tuple[DeadlineRule, ...] = ()
    cancels: tuple[DeadlineRule, ...] = ()
    timer: DeadlineRule | None = None
    within: bool = False
    leads_to: Callable[[UnitOfWork, Any], str] | None = None
    awaited: bool = False
    #: How the trail calls it; the name, unless one is given (`approved`).
    verb: str | None = None
    sources: tuple[str, ...] = field(init=False)
    targets: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        left, arrow, right = self.step.partition(_ARROW)
        sources, targets = (tuple(part.strip() for part in side.split(",")) for side in (left, right))
        if (
            not arrow
            or not all((*sources, *targets))
            or (len(targets) > 1 and not (self.within or self.leads_to))
        ):
            raise WorkflowError(f"{self.name}: {self.step!r} is no step; write 'draft -> submitted'")
        object.__setattr__(self, "sources", sources)
        object.__setattr__(self, "targets", targets)

    @property
    def target(self) -> str:
        """The state that it leads to, the first of them where there are several."""
        return self.targets[0]

    @property
    def is_offered(self) -> bool:
        """Whether somebody may take it by itself."""
        return self.timer is None and not self.within

    @property
    def act(self) -> str:
        """The last part of its name in the trail."""
        return self.verb or self.name.replace("-", "_")


class Workflow:
    """States with their names for people, the first of them, and the transitions.

    `changeable` are the states in which the record's content may be changed; `also_initial`, further states in
    which a record may begin: a member of a paper register is one already. `in_order`: no step takes effect before
    the one that was taken before it. Raises `WorkflowError` where a state cannot be reached, a transition names a
    state that there is not, or two transitions have one name.
    """

    def __init__(
        self,
        initial: str,
        states: Mapping[str, Text],
        transitions: Iterable[Transition] = (),
        *,
        changeable: Iterable[str] = (),
        also_initial: Iterable[str] = (),
        in_order: bool = False,
    ) -> None:
        self.initial = initial
        self.states = dict(states)
        self.transitions = tuple(transitions)
        self.changeable = frozenset(changeable) or frozenset({initial})
        self.also_initial = frozenset(also_initial)
        self.in_order = in_order
        self._by_name = {transition.name: transition for transition in self.transitions}
        self._check()

    def named(self, name: str) -> Transition:
        """The transition called `name`. Raises `KeyError`."""
        return self._by_name[name]

    def sources(self, transition: Transition) -> frozenset[str]:
        """States from which a transition may be taken."""
        if transition.sources != (ANY,):
            return frozenset(transition.sources)
        leaving = {state for other in self.transitions for state in other.sources if state != ANY}
        return frozenset(leaving - {transition.target})

    def open_from(self, state: str) -> list[Transition]:
        """Transitions that lead on from a state."""
        return [transition for transition in self.transitions if state in self.sources(transition)]

    def awaited_from(self, state: str) -> list[Transition]:
        """Transitions that somebody is expected to take in a state."""
        return [transition for transition in self.open_from(state) if transition.awaited]

    def _check(self) -> None:
        if len(self._by_name) != len(self.transitions):
            raise WorkflowError("two transitions have one name")
        begun = {self.initial, *self.also_initial}
        named = {*begun, *self.changeable, *(state for t in self.transitions for state in t.targets)}
        named |= {state for t in self.transitions for state in t.sources if state != ANY}
        unknown = named - self.states.keys()
        if unknown:
            raise WorkflowError(f"states that nobody declared: {', '.join(sorted(unknown))}")
        lost = self.states.keys() - begun - {state for t in self.transitions for state in t.targets}
        if lost:
            raise WorkflowError(f"states that nothing leads to: {', '.join(sorted(lost))}")
        for timed in (t for t in self.transitions if t.timer is not None):
            if timed.own or timed.shared or timed.in_bulk or timed.above:
                raise WorkflowError(f"{timed.name}: the system takes it, so nobody else does")
        for kept in (t for t in self.transitions if t.awaited and not t.is_offered):
            raise WorkflowError(f"{kept.name}: nobody can be expected to take it")
        strange = {other for t in self.transitions for other in t.not_by} - self._by_name.keys() - {CREATE}
        if strange:
            raise WorkflowError(f"not_by names no transition: {', '.join(sorted(strange))}")
