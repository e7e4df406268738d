"""Work that takes long, for the tests of jobs: inspections of a room, written down one by one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from io import BytesIO

from tests.designs.rooms import Inspection, NursingRoom

from gonghui.sdk import JobFile, JobKind, JobReport, JobTask, UnitOfWork, clock

#: What a test does between two steps.
between: list[Callable[[int], None]] = []


def inspect_often(uow: UnitOfWork, task: JobTask, report: JobReport) -> dict[str, int]:
    """So many inspections; where it is asked to, the process dies of it midway, but once."""
    for done in range(1, task.parameters["times"] + 1):
        uow.add(Inspection(room_id=task.parameters["room_id"], inspected_on=clock.today(), remark=str(done)))
        uow.session.flush()
        report(done)
        for look in between:
            look(done)
        if task.parameters.get("dies") and task.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return {"inspections": task.parameters["times"]}


def print_room(uow: UnitOfWork, task: JobTask, _report: JobReport) -> JobFile:
    """A room on paper."""
    room = uow.session.get_one(NursingRoom, (uow.tenant_id, task.parameters["room_id"]))
    sheet = BytesIO()
    sheet.write(f"{room.name}\n".encode())
    return JobFile(sheet, "样本小屋.txt", "text/plain")


INSPECT_OFTEN = JobKind("designs.inspect_often", inspect_often)
PRINT_ROOM = JobKind("designs.print_room", print_room, makes_file=True)
