"""A singles' profile (婚恋驿站, domain §6.2): nobody's subtree, and likes of which the trail keeps the hour alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Computed,
    Field,
    FieldFault,
    Kind,
    Person,
    Record,
    RecordType,
    Sensitive,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    figure,
    ref,
    sensitive,
    unique,
    whole_federation,
)

BANDS = {"to_165": _("165 厘米以下"), "to_175": _("165 至 175 厘米"), "above": _("175 厘米以上")}


class SinglesProfile(Record, schema="designs"):
    __tablename__ = "singles_profile"
    __table_args__ = (unique("person_id"),)

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    nickname: Mapped[str]
    height_band: Mapped[str | None]
    birth_year: Mapped[int]
    marital_history: Mapped[Sensitive] = sensitive("marital_history")
    consented: Mapped[bool] = mapped_column(default=False)


class Like(Record, schema="designs"):
    """Who likes whom is nobody's business: not the street's, and not the auditor's."""

    __tablename__ = "profile_like"
    __table_args__ = (unique("person_id", "profile_id"),)
    sealed_audit = True

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    profile: Mapped[SinglesProfile] = ref(SinglesProfile)
    profile_id: Mapped[UUID]


def old_enough(uow: UnitOfWork, profile: SinglesProfile, _values: object) -> Iterable[FieldFault]:
    least = figure(uow, "designs.profile.minimum_age").value
    if clock.today().year - profile.birth_year < least:
        yield FieldFault("/birth_year", "too_young", _("年满 {age} 周岁才能使用。", age=least))


def has_consented(_uow: UnitOfWork, profile: SinglesProfile, _answers: object) -> Iterable[FieldFault]:
    if not profile.consented:
        yield FieldFault("/consented", "not_consented", _("请先单独同意处理婚姻状况等敏感信息。"))


def of_others(uow: UnitOfWork, _permission: str) -> Select[Any]:
    """Profiles that are shown, but one's own."""
    table = SinglesProfile.__table__.c
    shown = select(table.id, table.nickname.label("label")).where(table.state == "active")
    return shown.where(table.person_id.is_distinct_from(uow.principal.person_id))


def liked_back(table: Any) -> Any:
    """Whether the one who is liked likes the one who likes: only then does either learn of it."""
    mine, theirs = SinglesProfile.__table__.alias(), SinglesProfile.__table__.alias()
    back = Like.__table__.alias()
    same = table.c.tenant_id
    return exists(
        select(back.c.id).where(
            table.c.state == "given",  # who took theirs back learns no more
            theirs.c.tenant_id == same,
            theirs.c.id == table.c.profile_id,
            mine.c.tenant_id == same,
            mine.c.person_id == table.c.person_id,
            back.c.tenant_id == same,
            back.c.person_id == theirs.c.person_id,
            back.c.profile_id == mine.c.id,
            back.c.state == "given",
        )
    )


profiles = RecordType(
    SinglesProfile,
    code="designs.profile",
    path="profiles",
    title=_("交友资料"),
    fields=(
        Field("person", _("本人"), required=True),
        Field("nickname", _("昵称"), required=True, listed=True, example="小星"),
        Field("height_band", _("身高"), choices=BANDS, listed=True, filtered=True),
        Field("birth_year", _("出生年份"), required=True, listed=True, least=1930, most=2100, example=1995),
        Field("marital_history", _("婚史")),
        Field("consented", _("单独同意")),
    ),
    workflow=Workflow(
        "draft",
        {"draft": _("未公开"), "active": _("已公开"), "paused": _("已暂停"), "left": _("已退出")},
        (
            Transition("activate", "draft, paused -> active", _("公开"), own=True, guards=(has_consented,)),
            Transition("pause", "active -> paused", _("暂停"), own=True),
            Transition("note", "active -> active", _("红娘记录"), shared=True),
            Transition("leave", "* -> left", _("退出"), own=True),
        ),
        changeable={"draft", "active", "paused"},
    ),
    subtree=False,
    subject="person_id",
    own=("read", "create", "change", "reveal"),
    shared=("read",),
    place=whole_federation,
    rules=(old_enough,),
    verbs=("read", "create", "change"),
)

likes = RecordType(
    Like,
    code="designs.like",
    path="likes",
    title=_("心动"),
    fields=(
        Field("person", _("本人"), required=True, shown=False),
        Field("profile_id", _("对方"), required=True, listed=True, picker=of_others, sample="shown profile"),
    ),
    computed=(Computed("is_mutual", _("互相心动"), Kind.BOOLEAN, liked_back, listed=True),),
    workflow=Workflow(
        "given",
        {"given": _("已表示"), "withdrawn": _("已撤回")},
        (Transition("withdraw", "given -> withdrawn", _("撤回"), own=True),),
    ),
    subtree=False,
    subject="person_id",
    own=("read", "create"),
    place=whole_federation,
    verbs=("read", "create"),
)
