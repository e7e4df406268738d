"""Designs: a plugin of the tests, with four kinds of records that are unlike a union, and one that is a single file.

They hold the form of a record type: what these need must be said without a way round it.
"""

from pathlib import Path

from tests.designs import hooks, samples
from tests.designs.course import courses, enrolments
from tests.designs.dispute import dispute
from tests.designs.figures import rooms_at, rooms_opened
from tests.designs.hardship import hardship
from tests.designs.long_work import INSPECT_OFTEN, PRINT_ROOM
from tests.designs.profile import likes, profiles
from tests.designs.reacting import NOTIFICATIONS, SUBSCRIBERS
from tests.designs.rooms import rooms

from gonghui.sdk import Plugin, RoleTemplate, _

RECORD_TYPES = (hardship, dispute, courses, enrolments, profiles, likes, rooms)
_SUBTREE = tuple(sorted(code for kind in RECORD_TYPES if kind.subtree for code in kind.permissions))

plugin = Plugin(
    id="designs",
    name=_("样本"),
    version="1.0.0",
    package=Path(__file__).parent,
    record_types=RECORD_TYPES,
    roles=(
        RoleTemplate("street_officer", "街道工会干部", _SUBTREE),
        RoleTemplate("district_officer", "区总工会干部", _SUBTREE),
        RoleTemplate(
            "community_officer",
            "社区工会干部",
            tuple(code for code in _SUBTREE if not code.endswith((".approve", ".export"))),
        ),
    ),
    samples=samples.SAMPLES,
    subscribers=SUBSCRIBERS,
    jobs=(INSPECT_OFTEN, PRINT_ROOM),
    notifications=NOTIFICATIONS,
    hooks=hooks,
    indicators=(rooms_opened,),
    provides={"designs.rooms_at": rooms_at},
)
