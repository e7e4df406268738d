"""Jobs: asked for, told of, taken back, failed, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from tests.core.api.test_imports import csv, send, step, union_row, unions, with_streets
from tests.core.jobs.asking import JOBS, LATER, Work, ask, between_steps, inspections, told
from tests.core.lifecycle.filling import switch_off
from tests.designs.samples import OPENED, room_at

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Account, RoleAssignment
from gonghui.db.database import Database
from gonghui.errors import Conflict
from gonghui.i18n import Text
from gonghui.jobs.asking import ask_for_job
from gonghui.jobs.ending import sweep_jobs
from gonghui.jobs.kinds import JobKind, JobReport
from gonghui.jobs.parameters import packed, unpacked
from gonghui.jobs.table import Job
from gonghui.lifecycle import running_jobs
from gonghui.lifecycle.person_data import erase_person
from gonghui.objects.configured import configured_objects
from gonghui.records.registers import importing
from gonghui.settings import settings
from gonghui.testing import Federation, World
from gonghui.values import clock

ROOMS = "/api/v1/designs/rooms"
TITLE = Text("样本")


def without_time(content: str) -> list[str]:
    """The lines of a text table without those that say when it was taken out."""
    return content.splitlines()[2:]


def test_a_job_is_done_and_its_progress_grows_meanwhile(federation: Federation, work: Work) -> None:
    job_id = ask(federation)
    client, seen = federation.client("district"), []
    waiting = client.get(f"{JOBS}/{job_id}")
    assert (waiting.json["state"], waiting.json["total"], waiting.headers["Retry-After"]) == (
        "waiting",
        3,
        "1",
    )

    def look(_done: int) -> None:
        job = client.get(f"{JOBS}/{job_id}").json
        seen.append((job["state"], job["done"]))

    with between_steps(look):
        work()
    assert seen == [("running", 1), ("running", 2), ("running", 3)]
    job = client.get(f"{JOBS}/{job_id}").json
    assert (job["state"], job["done"], job["error"]) == ("done", 3, None)
    assert client.get(job["result"]).json == {"inspections": 3}
    assert inspections(federation) == 3


def test_a_job_that_is_taken_back_midway_leaves_nothing(federation: Federation, work: Work) -> None:
    job_id = ask(federation, times=100)
    client, steps = federation.client("district"), []

    def look(done: int) -> None:
        steps.append(done)
        if done == 2:
            assert client.post(f"{JOBS}/{job_id}/cancel").json["cancelling"] is True

    with between_steps(look):
        work()
    assert steps == [1, 2]
    assert client.get(f"{JOBS}/{job_id}").json["state"] == "cancelled"
    assert inspections(federation) == 0
    assert client.get(f"{JOBS}/{job_id}/result").json["code"] == "job_without_result"


def test_a_register_is_read_applied_and_undone_by_jobs(federation: Federation, work: Work) -> None:
    with_streets(federation)
    client = federation.client("district")
    content = csv(*(union_row(number) for number in range(300)), union_row(300, staff="?"))
    sent = send(federation, "district", content, name="x.csv", headers=LATER)
    assert (sent.status_code, sent.headers["Preference-Applied"]) == (202, "respond-async")
    work()
    run_id = client.get(f"{sent.headers['Location']}/result").json["run_id"]
    run = client.get(f"/api/v1/imports/{run_id}").json
    assert (run["state"], run["rows"], run["good"], run["waiting"]) == ("checked", 301, 300, 1)
    applied = step(federation, "district", run_id, "apply", headers=LATER, faulty="skip")
    assert (applied.status_code, applied.json["total"], unions(federation)) == (202, 301, 0)
    work()
    assert client.get(applied.headers["Location"]).json["state"] == "done"
    assert unions(federation) == 300
    undone = step(federation, "district", run_id, "undo", headers=LATER)
    work()
    assert client.get(undone.headers["Location"]).json["state"] == "done"
    assert unions(federation) == 0


def test_a_register_that_is_taken_back_midway_is_as_if_nobody_had_applied_it(
    federation: Federation, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_streets(federation)
    content = csv(*(union_row(number) for number in range(150)))
    run_id = send(federation, "district", content, name="x.csv").json["id"]
    asked = step(federation, "district", run_id, "apply", headers=LATER, faulty="skip")
    client, job_id, seen = federation.client("district"), asked.json["id"], []
    reporter = running_jobs._reporter

    def taking_back(database: Database, job: Job) -> JobReport:
        report = reporter(database, job)

        def tell(done: int) -> None:
            report(done)
            seen.append(told(client, job_id)["done"])
            if done == 112:
                client.post(f"{JOBS}/{job_id}/cancel")

        return tell

    monkeypatch.setattr(importing, "AT_ONCE", 50)
    monkeypatch.setattr(running_jobs, "_reporter", taking_back)
    work()
    assert (told(client, job_id)["state"], seen, unions(federation)) == ("cancelled", [12, 62, 112], 0)
    assert client.get(f"/api/v1/imports/{run_id}").json["state"] == "checked"


def test_a_job_that_waits_is_taken_back_at_once(federation: Federation, work: Work) -> None:
    job_id, client = ask(federation), federation.client("district")
    assert client.post(f"{JOBS}/{job_id}/cancel").json["state"] == "cancelled"
    work()
    assert inspections(federation) == 0
    again = client.post(f"{JOBS}/{job_id}/cancel")
    assert (again.status_code, again.json["code"], again.json["state"]) == (409, "job_ended", "cancelled")


def test_nobody_else_sees_a_job_whatever_their_role(federation: Federation, world: World, work: Work) -> None:
    job_id = ask(federation, "district")
    work()
    for client in (
        federation.client("admin"),
        federation.client("east"),
        world.federation().client("district"),
    ):
        assert client.get(JOBS).json["items"] == []
        for path in ("", "/result"):
            assert client.get(f"{JOBS}/{job_id}{path}").status_code == 404
        assert client.post(f"{JOBS}/{job_id}/cancel").status_code == 404


def test_two_who_ask_have_two_jobs_each_done_once(federation: Federation, work: Work) -> None:
    mine, theirs = ask(federation, "district", times=2), ask(federation, "east", times=3)
    work()
    assert told(federation.client("district"), mine)["state"] == "done"
    assert [job["id"] for job in federation.client("east").get(JOBS).json["items"]] == [theirs]
    assert inspections(federation) == 5


def test_the_list_goes_page_by_page_from_the_newest(federation: Federation) -> None:
    made = [ask(federation) for _number in range(3)]
    client = federation.client("district")
    first = client.get(f"{JOBS}?limit=2").json
    second = client.get(f"{JOBS}?limit=2&cursor={first['next']}").json
    assert [job["id"] for job in [*first["items"], *second["items"]]] == made[::-1]
    assert second["next"] is None


def test_a_job_runs_with_what_its_account_may_do_by_then(federation: Federation, work: Work) -> None:
    job_id = ask(federation, "east")
    with federation.uow() as uow:
        given = RoleAssignment.account_id == federation.accounts["east"]
        for assignment in uow.session.scalars(select(RoleAssignment).where(given)):
            uow.session.delete(assignment)
    work()
    job = told(federation.client("east"), job_id)
    assert (job["state"], job["error"]["code"], job["error"]["status"]) == ("failed", "forbidden", 403)
    assert inspections(federation) == 0


def test_a_result_is_not_for_somebody_who_may_no_longer_do_such_a_thing(
    federation: Federation, work: Work
) -> None:
    job_id = ask(federation, "east")
    work()
    client = federation.token("east", ["core.self.use"])
    assert told(client, job_id)["state"] == "done"
    assert client.get(f"{JOBS}/{job_id}/result").json["code"] == "forbidden"


def test_a_job_asked_for_by_a_limited_token_can_do_no_more_than_the_token(
    federation: Federation, work: Work
) -> None:
    with federation.uow("east") as uow:
        uow.become(replace(uow.principal, token_permissions=frozenset({"core.self.use"})))
        job_id = ask_for_job(uow, JobKind("designs.inspect_often", print), "designs.room.read", TITLE, {}).id
    work()
    assert told(federation.client("east"), str(job_id))["error"]["code"] == "forbidden"


def test_a_job_of_a_plugin_that_is_off_by_then_fails(federation: Federation, work: Work) -> None:
    job_id = ask(federation)
    switch_off(federation)
    work()
    assert told(federation.client("district"), job_id)["error"]["code"] == "not_found"


def test_why_it_failed_is_told_in_the_language_of_whoever_asks_now(
    federation: Federation, work: Work
) -> None:
    client = federation.client("district")
    sent = send(federation, "district", b"\x00\x01\x02", name="x.csv", headers=LATER)
    work()
    path = sent.headers["Location"]
    assert client.get(path).json["error"]["code"] == "unreadable_file"
    assert not client.get(path).json["error"]["detail"].isascii()
    assert client.get(f"{path}?lang=en").json["error"]["detail"].isascii()


def test_a_defect_is_told_of_and_not_tried_again(federation: Federation, work: Work) -> None:
    job_id, tries = ask(federation), []

    def broken(done: int) -> None:
        tries.append(done)
        raise ZeroDivisionError

    with between_steps(broken):
        work()
    job = told(federation.client("district"), job_id)
    assert (job["state"], job["error"]["code"], tries) == ("failed", "internal_error", [1])


def test_a_job_that_takes_too_long_is_stopped(
    federation: Federation, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_jobs, "_LIMIT", 0.2)
    job_id = ask(federation)

    def for_ever(_done: int) -> None:
        while True:
            pass

    with between_steps(for_ever):
        work()
    assert told(federation.client("district"), job_id)["error"]["code"] == "job_too_long"
    assert inspections(federation) == 0


def test_a_job_of_which_worker_after_worker_dies_is_given_up(federation: Federation, work: Work) -> None:
    job_id = ask(federation)
    with federation.uow() as uow:
        job = uow.session.get_one(Job, (uow.tenant_id, UUID(job_id)))
        job.state, job.attempts = "running", 3
    work()
    assert told(federation.client("district"), job_id)["error"]["code"] == "job_died"


def test_nobody_has_more_than_some_jobs_that_have_not_ended(federation: Federation) -> None:
    for _number in range(20):
        ask(federation)
    with pytest.raises(Conflict, match="too_many_jobs"):
        ask(federation)


# --- lists as files


def test_a_list_becomes_a_file_for_whoever_asked(federation: Federation, work: Work) -> None:
    client = federation.client("east")
    with federation.uow() as uow:
        for _number in range(3):
            room_at(OPENED)(uow, federation.units["garden"])
    asked = f"{ROOMS}/export?format=csv&org_unit_id={federation.units['garden']}"
    now, later = client.get(asked), client.get(asked, headers=LATER)
    assert (now.status_code, later.status_code, later.json["total"]) == (200, 202, 3)
    work()
    job = told(client, later.json["id"])
    with client.get(job["result"]) as fetched:
        assert fetched.headers["Content-Disposition"] == now.headers["Content-Disposition"]
        assert without_time(fetched.text) == without_time(now.text)
    with federation.uow("admin") as uow:
        actions = uow.session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions.count("designs.rooms.exported") == 2
    assert actions[-1] == "core.job.result_fetched"


def test_a_long_list_is_a_job_where_workers_are(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with federation.uow() as uow:
        room_at(OPENED)(uow, federation.units["garden"])
    client, asked = federation.client("east"), f"{ROOMS}/export"
    assert client.get(asked).status_code == 200
    monkeypatch.setattr(settings(), "job_rows", 1)
    assert client.get(asked).status_code == 202
    monkeypatch.setattr(settings(), "broker_url", None)
    assert client.get(asked, headers=LATER).status_code == 200


# --- until they expire


def exported(federation: Federation, work: Work) -> str:
    later = federation.client("east").get(f"{ROOMS}/export", headers=LATER)
    work()
    return str(later.json["id"])


def kept(federation: Federation) -> list[str]:
    return [found.name for found in configured_objects().of_tenant(federation.view.id).list("jobs/")]


def test_a_result_goes_with_its_job_after_some_days(federation: Federation, work: Work) -> None:
    job_id, client = exported(federation, work), federation.client("east")
    assert len(kept(federation)) == 1
    with clock.at(clock.now() + timedelta(days=8)):
        federation.secrets.clear()  # that session has ended by then
        assert federation.client("east").get(f"{JOBS}/{job_id}/result").json["code"] == "result_expired"
        with federation.uow() as uow:
            sweep_jobs(uow)
    assert kept(federation) == []
    assert client.get(f"{JOBS}/{job_id}").status_code == 404


def test_what_no_job_names_is_swept_away(federation: Federation, work: Work) -> None:
    exported(federation, work)
    with federation.uow() as uow:
        uow.session.delete(uow.session.scalars(select(Job)).one())
    with federation.uow() as uow:
        sweep_jobs(uow)
    assert len(kept(federation)) == 1  # it may be of a job that is about to name it
    with clock.at(clock.now() + timedelta(hours=2)), federation.uow() as uow:
        sweep_jobs(uow)
    assert kept(federation) == []


def test_a_job_that_no_worker_takes_ends(federation: Federation) -> None:
    job_id = ask(federation)
    with clock.at(clock.now() + timedelta(days=2)):
        with federation.uow() as uow:
            sweep_jobs(uow)
        assert told(federation.client("district"), job_id)["error"]["code"] == "job_lost"


def test_what_was_sent_in_goes_when_the_job_has_ended(federation: Federation, work: Work) -> None:
    with_streets(federation)
    send(federation, "district", csv(union_row(1)), name="x.csv", headers=LATER)
    assert len(kept(federation)) == 1
    work()
    assert kept(federation) == []


def test_files_go_when_somebody_is_erased(federation: Federation, work: Work) -> None:
    job_id, client = exported(federation, work), federation.client("east")
    waiting = client.get(f"{ROOMS}/export", headers=LATER).json["id"]
    with federation.uow() as uow:
        person_id = uow.session.scalars(
            select(Account.person_id).where(Account.id == federation.accounts["worker"])
        ).one()
        erase_person(uow, federation.world.registry, person_id, "本人申请")
    assert client.get(f"{JOBS}/{job_id}/result").json["code"] == "result_expired"
    work()
    assert kept(federation) == []
    assert told(client, waiting)["state"] == "cancelled"


def test_nothing_of_what_a_job_was_asked_with_is_kept_in_plain_words(
    federation: Federation, work: Work, table_texts: Callable[[Federation], dict[str, list[str]]]
) -> None:
    federation.client("east").get(f"{ROOMS}/export?q=样独一", headers=LATER)
    assert not any("样独一" in row for row in table_texts(federation)["core.job"])
    work()
    with federation.uow() as uow:
        assert uow.session.scalars(select(Job.parameters)).all() == [None]


def test_a_job_is_begun_again_where_the_database_failed_midway(federation: Federation, work: Work) -> None:
    job_id, failed = ask(federation), []

    def fails_once(done: int) -> None:
        if not failed:
            failed.append(done)
            raise OperationalError("", {}, Exception("the connection is gone"))

    with between_steps(fails_once):
        work()
        assert told(federation.client("district"), job_id)["state"] == "running"
        assert inspections(federation) == 0
        with clock.at(clock.now() + timedelta(minutes=1)):
            work()
    assert told(federation.client("district"), job_id)["state"] == "done"
    assert (failed, inspections(federation)) == ([1], 3)


def test_what_others_were_quicker_with_is_told_as_it_is_in_an_operation(
    federation: Federation, work: Work
) -> None:
    job_id = ask(federation)

    def outdated(_done: int) -> None:
        raise StaleDataError

    with between_steps(outdated):
        work()
    assert told(federation.client("district"), job_id)["error"]["code"] == "version_stale"


@pytest.mark.parametrize("parameters", [{"at": datetime(2024, 7, 1, tzinfo=UTC)}, {"names": {"a"}}])
def test_parameters_are_plain_values_ids_and_days(parameters: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        packed(parameters)
    plain = {"id": UUID(int=1), "day": date(2026, 1, 2), "list": [1, None, True], "of": {"q": "样"}}
    assert unpacked(packed(plain)) == plain
