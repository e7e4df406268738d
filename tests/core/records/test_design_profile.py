"""Singles' profiles and likes: nobody's subtree, mutual or nothing, a trail of hours alone (domain 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from tests.designs.asking import AT, LIKES, PROFILES, change, faults, made, take
from tests.designs.profile import Like

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.audit.replay import replay
from gonghui.records.transitions import RecordTransition
from gonghui.testing import Federation
from gonghui.testing.federation import Asker
from gonghui.values import clock

OFFICERS = ("district", "auditor", "admin", "east", "garden", "firm", "guest")


def single(federation: Federation, **more: Any) -> tuple[Asker, str]:
    asker = federation.client(federation.add_worker())
    body = {"nickname": "小星", "birth_year": 1995, "consented": True, "marital_history": "未婚"} | more
    record = f"{PROFILES}/{made(asker.post(PROFILES, json=body))['id']}"
    return asker, record


def shown(federation: Federation, **more: Any) -> tuple[Asker, str]:
    asker, record = single(federation, **more)
    made(take(asker, record, "activate"))
    return asker, record


def like(asker: Asker, profile: str) -> str:
    return f"{LIKES}/{made(asker.post(LIKES, json={'profile_id': profile.rsplit('/', 1)[1]}))['id']}"


def test_a_profile_is_shown_after_separate_consent_and_not_before(federation: Federation) -> None:
    asker, record = single(federation, consented=False)
    assert faults(take(asker, record, "activate")) == {("/consented", "not_consented")}
    made(change(asker, record, consented=True))
    assert made(take(asker, record, "activate"))["state"] == "active"
    made(take(asker, record, "pause"))
    assert made(take(asker, record, "leave"))["state"] == "left"
    assert change(asker, record, nickname="又来").status_code == 409


def test_a_profile_is_for_adults_and_one_each(federation: Federation) -> None:
    asker = federation.client(federation.add_worker())
    body = {"nickname": "小星", "consented": True}
    young = asker.post(PROFILES, json=body | {"birth_year": clock.today().year - 17})
    assert faults(young) == {("/birth_year", "too_young")}
    made(asker.post(PROFILES, json=body | {"birth_year": 1995}))
    again = asker.post(PROFILES, json=body | {"birth_year": 1995})
    assert (again.status_code, again.json["code"]) == (409, "already_exists")


def test_no_office_sees_a_profile_or_a_like(federation: Federation) -> None:
    (ann, hers), (ben, his) = shown(federation), shown(federation)
    liked = like(ann, his)
    for login in OFFICERS:
        asker = federation.client(login)
        for path in (hers, f"{hers}/history", liked, f"{liked}/history"):
            assert asker.get(path).status_code in (403, 404), (login, path)
        for path in (PROFILES, LIKES):
            answer = asker.get(f"{path}?count=true")
            assert answer.status_code == 403 or answer.json == {"items": [], "next": None, "count": 0}
        assert asker.get(f"{LIKES}/export").status_code in (404, 405)
    assert ben.get(hers).status_code == 404
    assert ben.get(liked).status_code == 404
    assert ben.get(LIKES).json["items"] == []


def test_a_like_is_learnt_of_when_it_is_mutual_and_not_before_or_after(federation: Federation) -> None:
    (ann, hers), (ben, his) = shown(federation), shown(federation)
    first = like(ann, his)
    assert ann.get(first).json["is_mutual"] is False
    second = like(ben, hers)
    assert ann.get(first).json["is_mutual"] is True
    assert ben.get(LIKES).json["items"][0]["is_mutual"] is True
    made(take(ben, second, "withdraw"))
    assert ann.get(first).json["is_mutual"] is False
    assert ben.get(second).json["is_mutual"] is False


def test_who_took_a_like_back_does_not_learn_of_one_that_comes_later(federation: Federation) -> None:
    (ann, hers), (ben, his) = shown(federation), shown(federation)
    first = like(ann, his)
    made(take(ann, first, "withdraw"))
    like(ben, hers)
    assert ann.get(first).json["is_mutual"] is False


def test_one_likes_profiles_that_are_shown_and_not_ones_own(federation: Federation) -> None:
    (ann, hers), (_ben, hidden) = shown(federation), single(federation)
    for profile in (hers, hidden):
        refused = ann.post(LIKES, json={"profile_id": profile.rsplit("/", 1)[1]})
        assert faults(refused) == {("/profile_id", "not_choosable")}
    offered = ann.get(f"{LIKES}/choices/profile-id").json
    assert hers.rsplit("/", 1)[1] not in {choice["id"] for choice in offered}


def test_the_trail_tells_the_act_and_the_hour_and_neither_actor_nor_object(
    federation: Federation, table_texts: Callable[[Federation], dict[str, list[str]]]
) -> None:
    (ann, _hers), (_ben, his) = shown(federation), shown(federation)
    liked = like(ann, his)
    made(take(ann, liked, "withdraw"))
    with federation.uow() as uow:
        of_likes = AuditEntry.action.in_(("designs.like.created", "designs.like.withdraw"))
        entries = uow.session.scalars(select(AuditEntry).where(of_likes).order_by(AuditEntry.number)).all()
        assert [entry.action for entry in entries] == ["designs.like.created", "designs.like.withdraw"]
        for entry in entries:
            named = (
                entry.account_id,
                entry.person_id,
                entry.org_unit_id,
                entry.object_table,
                entry.object_id,
            )
            assert named == (None,) * 5
            assert (entry.at.minute, entry.at.second, entry.at.microsecond) == (0, 0, 0)
            assert (entry.request_id, entry.on_behalf_by) == ("", None)
            assert entry.id.version == 4  # the id of other entries tells the millisecond
        contents = uow.session.scalars(
            select(AuditPayload.content).where(AuditPayload.entry_id.in_([entry.id for entry in entries]))
        ).all()
        assert set(contents) == {"{}"}
        assert "designs.profile_like" not in replay(uow)
        steps = uow.session.scalars(
            select(RecordTransition).where(RecordTransition.record_type == "designs.profile_like")
        ).all()
        assert {(step.account_id, step.person_id, step.recorded_at.minute) for step in steps} == {
            (None, None, 0)
        }
        assert uow.session.scalar(select(func.count()).select_from(Like)) == 1
    # Nor does anything else in the trail name the like.
    like_id = liked.rsplit("/", 1)[1]
    texts = table_texts(federation)
    assert not any(
        like_id in text for name in ("core.audit_entry", "core.audit_payload") for text in texts[name]
    )
    auditor = federation.client("auditor").get("/api/v1/audit?action=designs.like.created")
    assert [item["object_id"] for item in auditor.json["items"]] == [None]


def test_the_owner_opens_their_own_sealed_value(federation: Federation) -> None:
    ann, hers = shown(federation)
    opened = ann.post(f"{hers}/reveal", json={"field": "marital_history", "reason": "看看自己写的"})
    assert made(opened)["value"] == "未婚"
    assert ann.get(f"{AT}/profiles?height_band=above").json["items"] == []
