"""Where a record stands in its workflow: what was done, what it waits for, what comes, and in which colour."""

from __future__ import annotations

from gonghui.records.record_types import RecordType
from gonghui.records.workflow import Comment, Transition, Workflow

_MOST_AHEAD = 4


def ahead(workflow: Workflow, state: str) -> list[Transition]:
    """Steps that are expected from a state on, in their order: the way on, never the way back.

    A step that takes words along (退回补正) leads off the way. Where a workflow says whose turn it is, only the steps
    that somebody is waited for count.
    """
    only_awaited = any(step.awaited for step in workflow.transitions)
    found: list[Transition] = []
    seen = {state}
    while len(found) < _MOST_AHEAD:
        step = next((one for one in workflow.open_from(state) if _leads_on(one, seen, only_awaited)), None)
        if step is None:
            break
        state = step.target
        seen.add(state)
        found.append(step)
    return found


def tone(kind: RecordType, state: str) -> str:
    """The colour of a state's dot: blue while something comes, amber where it came back, grey at an end."""
    workflow = kind.workflow
    if ahead(workflow, state):
        came_back = any(
            step.target == state and step.comment is Comment.REQUIRED and step.is_offered
            for step in workflow.transitions
        )
        return "amber" if came_back else "blue"
    is_over = not any(step.is_offered for step in workflow.open_from(state))
    return "" if is_over else "green"


def _leads_on(step: Transition, seen: set[str], only_awaited: bool) -> bool:
    is_expected = step.awaited or not only_awaited
    return (
        step.is_offered and is_expected and step.comment is not Comment.REQUIRED and step.target not in seen
    )
