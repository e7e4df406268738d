"""Professional union workers (职业化工会工作者): in post since when, in which grade, posted where (domain §5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from gonghui.sdk import (
    Child,
    Comment,
    Computed,
    Field,
    FieldFault,
    Kind,
    OrgUnit,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    cancel_deadline,
    clock,
    figure,
)
from gonghui_organising.staff_certificate import StaffCertificate, expiry
from gonghui_organising.staff_tables import (
    ENTERED,
    IN_POST,
    LEFT,
    SHARES,
    Share,
    StaffGrade,
    StaffMember,
    StaffPosting,
)

GRADES = "organising.staff.grades"
_FOREVER = date.max


def overlapping(spans: Sequence[tuple[date, date | None]]) -> Iterator[tuple[int, int]]:
    """Pairs of spans that share a day, each by its place and that of one before it in time. An open end never comes."""
    order = sorted(range(len(spans)), key=lambda i: (spans[i][0], spans[i][1] or _FOREVER))
    latest: int | None = None
    for i in order:
        if latest is not None and spans[i][0] <= (spans[latest][1] or _FOREVER):
            yield i, latest
        if latest is None or (spans[i][1] or _FOREVER) > (spans[latest][1] or _FOREVER):
            latest = i


def postings_are_apart(uow: UnitOfWork, member: Any, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """Nobody is posted full-time to two places at once, and no posting ends before it begins."""
    rows = list(_whole(uow, member, StaffPosting, values.get("postings"), ("share", "from_on", "to_on")))
    for index, row in enumerate(rows):
        if row["to_on"] is not None and row["from_on"] is not None and row["to_on"] < row["from_on"]:
            yield FieldFault(f"/postings/{index}/to_on", "before_first_day", _("结束日期不能早于开始日期。"))
    full = [i for i, row in enumerate(rows) if row["share"] == Share.FULL and row["from_on"] is not None]
    for later, earlier in overlapping([(rows[i]["from_on"], rows[i]["to_on"]) for i in full]):
        since = rows[full[earlier]]["from_on"]
        message = _("与从 {day} 开始的全职派驻重叠。", day=since)
        yield FieldFault(f"/postings/{full[later]}/from_on", "postings_overlap", message)


def grades_are_known(uow: UnitOfWork, member: Any, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """A grade is one of those in force on its day, and not of a day to come."""
    for index, row in enumerate(_whole(uow, member, StaffGrade, values.get("grades"), ("grade", "from_on"))):
        if row["from_on"] is None or row["grade"] is None:
            continue
        if row["from_on"] > clock.today():
            yield FieldFault(f"/grades/{index}/from_on", "in_future", _("定级日期不能晚于今天。"))
            continue
        known = list(figure(uow, GRADES, row["from_on"]).value)
        if row["grade"] not in known:
            message = _("没有这个任职资格等级。可用：{known}。", known=known)
            yield FieldFault(f"/grades/{index}/grade", "grade_unknown", message)


def is_hired_once(uow: UnitOfWork, member: StaffMember, _values: object) -> Iterable[FieldFault]:
    """One file for one person, as long as they are here."""
    same = select(StaffMember.id).where(
        StaffMember.person_id == member.person_id,
        StaffMember.state.in_((ENTERED, IN_POST)),
        StaffMember.id != member.id,
    )
    if member.person_id is not None and member.state != LEFT and uow.session.scalars(same).first():
        yield FieldFault("/person", "is_one_already", _("此人已登记为职业化工会工作者。"))


def _whole(
    uow: UnitOfWork, member: Any, model: Any, rows: Sequence[Mapping[str, Any]] | None, names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Rows that were sent, perhaps in part, with the rest of their values."""
    if rows is None:
        return
    there: dict[Any, Any] = {}
    if member in uow.session and any(row.get("id") for row in rows):
        mine = select(model).where(model.staff_member_id == member.id)
        there = {row.id: row for row in uow.session.scalars(mine)}
    for row in rows:
        known = there.get(row.get("id"))
        yield {name: row[name] if name in row else getattr(known, name, None) for name in names}


def keep_hired(_uow: UnitOfWork, member: StaffMember, answers: Mapping[str, Any]) -> None:
    """The day from which somebody is in post."""
    member.hired_on = answers["effective_on"]


def keep_left(uow: UnitOfWork, member: StaffMember, answers: Mapping[str, Any]) -> None:
    """The last day; postings that run on end with it, and nobody waits for certificates to be renewed."""
    member.left_on = answers["effective_on"]
    running = select(StaffPosting).where(
        StaffPosting.staff_member_id == member.id,
        StaffPosting.from_on <= member.left_on,
        StaffPosting.to_on.is_(None) | (StaffPosting.to_on > member.left_on),
    )
    for posting in uow.session.scalars(running):
        posting.to_on = member.left_on
    held = select(StaffCertificate).where(StaffCertificate.staff_member_id == member.id)
    for certificate in uow.session.scalars(held):
        cancel_deadline(uow, certificate, expiry)


def _present_grade(table: Any) -> Any:
    grade: Any = StaffGrade.__table__.c
    mine = (grade.tenant_id == table.c.tenant_id, grade.staff_member_id == table.c.id)
    latest = select(grade.grade).where(*mine).order_by(grade.from_on.desc(), grade.id.desc()).limit(1)
    return latest.correlate(table).scalar_subquery()


def _present_posts(table: Any) -> Any:
    """Names of the units at which postings have no end yet."""
    posting: Any = StaffPosting.__table__.c
    unit: Any = OrgUnit.__table__.alias()
    mine = (posting.tenant_id == table.c.tenant_id, posting.staff_member_id == table.c.id)
    places = (
        select(func.string_agg(unit.c.name, "、"))
        .where(*mine, posting.to_on.is_(None))
        .where(unit.c.tenant_id == posting.tenant_id, unit.c.id == posting.unit_id)
    )
    return places.correlate(table).scalar_subquery()


staff_members = RecordType(
    StaffMember,
    code="organising.staff_member",
    path="staff-members",
    title=_("职业化工会工作者"),
    fields=(
        Field("person", _("本人"), required=True, fixed=True, listed=True),
        Field("hired_on", _("上岗日期"), settable=False, listed=True, filtered=True),
        Field("left_on", _("离岗日期"), settable=False, listed=True),
        Field("contract_until", _("合同到期日"), listed=True, filtered=True, example="2027-06-30"),
    ),
    children=(
        Child(
            "grades",
            _("任职资格等级"),
            StaffGrade,
            (
                Field("grade", _("等级"), required=True, longest=50, example="一级"),
                Field("from_on", _("定级日期"), required=True, example="2024-06-28"),
                Field("paper", _("文号"), longest=100),
            ),
            states=frozenset({ENTERED, IN_POST}),
            permission="organising.staff_member.grade",
        ),
        Child(
            "postings",
            _("派驻"),
            StaffPosting,
            (
                Field("unit", _("派驻组织"), required=True, sample="org_unit_id"),
                Field("task", _("工作内容"), required=True, longest=500, example="试点园区专人负责"),
                Field("share", _("全职或兼职"), required=True, choices=SHARES, example="full"),
                Field("days_a_month", _("每月工作日"), least=1, most=31),
                Field("from_on", _("开始日期"), required=True, example="2024-06-28"),
                Field("to_on", _("结束日期")),
            ),
            states=frozenset({ENTERED, IN_POST}),
            permission="organising.staff_member.post",
        ),
    ),
    computed=(
        Computed("grade", _("现任等级"), Kind.TEXT, _present_grade, listed=True),
        Computed("posts", _("现派驻"), Kind.TEXT, _present_posts, listed=True, width=30),
    ),
    workflow=Workflow(
        ENTERED,
        {ENTERED: _("已登记"), IN_POST: _("在岗"), LEFT: _("已离岗")},
        (
            Transition("appoint", "entered -> in_post", _("上岗"), effect=keep_hired, verb="appointed"),
            Transition(
                "leave", "in_post -> left", _("离岗"), comment=Comment.REQUIRED, effect=keep_left, verb="left"
            ),
        ),
        changeable={ENTERED, IN_POST},
        in_order=True,
    ),
    subject="person_id",
    own=("read",),
    rules=(is_hired_once, postings_are_apart, grades_are_known),
    backdate="organising.staff_member.backdate",
)
