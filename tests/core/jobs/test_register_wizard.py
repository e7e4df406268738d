"""A large register through the wizard: a worker checks, applies and undoes it, while a page tells how far it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from tests.core.api.test_imports import csv, union_row, with_streets
from tests.core.jobs.test_jobs import unions
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from gonghui.db.database import Database
from gonghui.jobs.kinds import JobReport
from gonghui.jobs.table import Job
from gonghui.lifecycle import running_jobs
from gonghui.lifecycle.core_jobs import sweep_registers
from gonghui.lifecycle.person_data import erase_person
from gonghui.parties.persons import new_person
from gonghui.records.registers import importing, uploads
from gonghui.records.registers.runs import RegisterRun
from gonghui.settings import settings
from gonghui.testing import Federation
from gonghui.values import clock

Work = Callable[[], None]
HOME = "/console/imports"
_HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is long enough for a worker, and done in batches of 50 rows."""
    monkeypatch.setattr(settings(), "job_bytes", 1)
    monkeypatch.setattr(settings(), "job_rows", 1)
    monkeypatch.setattr(importing, "AT_ONCE", 50)


def post(federation: Federation, path: str, **form: Any) -> TestResponse:
    boundary, content = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return federation.client("district")("POST", path, data=content, content_type=kind, headers=_HTML)


def page(federation: Federation, path: str) -> TestResponse:
    return federation.client("district")("GET", path, headers=_HTML)


def uploaded(federation: Federation, content: bytes) -> str:
    file = FileStorage(BytesIO(content), "x.csv")
    answer = post(with_streets(federation), f"{HOME}/new/organising.unions", file=file)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> Iterator[None]:
    """Looks each time a worker has told how far it is."""
    reporter = running_jobs._reporter

    def telling(database: Database, job: Job) -> JobReport:
        report = reporter(database, job)

        def tell(done: int) -> None:
            report(done)
            look()

        return tell

    with monkeypatch.context() as patch:
        patch.setattr(running_jobs, "_reporter", telling)
        yield


def test_a_page_tells_how_far_the_worker_is_until_there_is_a_report(
    federation: Federation, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = uploaded(federation, csv(*(union_row(number) for number in range(120))))
    assert post(federation, f"{path}/check").status_code == 303
    busy = page(federation, path).text
    assert ("正在检查" in busy, 'http-equiv="refresh"' in busy) == (True, True)
    seen: list[str] = []

    def look() -> None:
        told = page(federation, f"{path}/progress")
        found = re.search(r"<b[^>]*>(\d+)</b>", told.text)
        seen.append(found[1] if found else "")
        refused = post(federation, f"{path}/apply")
        assert (refused.status_code, "正在办理" in refused.text) == (409, True)

    with watching(monkeypatch, look):
        work()
    assert seen == ["12", "62", "112", "120"]
    assert page(federation, f"{path}/progress").headers["HX-Refresh"] == "true"
    assert 'id="counts"' in page(federation, path).text
    post(federation, f"{path}/apply", faulty="skip")
    work()
    assert (unions(federation), "新增工会 120 个" in page(federation, path).text) == (120, True)
    post(federation, f"{path}/undo")
    work()
    assert (unions(federation), "已撤销" in page(federation, path).text) == (0, True)


def test_whoever_takes_the_check_back_finds_the_columns_again(
    federation: Federation, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = uploaded(federation, csv(*(union_row(number) for number in range(120))))
    post(federation, f"{path}/check")

    def take_back() -> None:
        assert post(federation, f"{path}/cancel").status_code == 303

    with watching(monkeypatch, take_back):
        work()
    again = page(federation, path).text
    assert ("什么也没有改动" in again, "是哪一列" in again) == (True, True)
    post(federation, f"{path}/check")
    work()
    assert 'id="counts"' in page(federation, path).text


def test_a_file_that_a_worker_cannot_read_says_why_and_can_be_given_up(
    federation: Federation, work: Work
) -> None:
    path = uploaded(federation, csv(*(union_row(number) for number in range(300)), union_row(300) + '"'))
    post(federation, f"{path}/check")
    work()
    assert "引号" in page(federation, path).text
    assert post(federation, f"{path}/discard").status_code == 303


def test_a_file_whose_columns_nobody_confirms_goes_after_a_week(federation: Federation) -> None:
    path = uploaded(federation, csv(union_row(1)))
    assert kept(federation) == 1
    with federation.uow() as uow:
        sweep_registers(uow)
    assert kept(federation) == 1
    with clock.at(clock.now() + timedelta(days=8)), federation.uow() as uow:
        sweep_registers(uow)
    assert kept(federation) == 0
    assert "已放弃" in page(federation, path).text
    with federation.uow() as uow:
        assert uow.session.query(RegisterRun.upload).all() == [(None,)]


def test_a_file_that_may_tell_of_somebody_erased_goes_at_once(federation: Federation) -> None:
    path = uploaded(federation, csv(union_row(1)))
    with federation.uow() as uow:
        person = new_person("样某")
        uow.add(person)
        uow.session.flush()
        told = erase_person(uow, federation.world.registry, person.id, "本人要求")
    assert told["core.register_run"] == 1
    assert kept(federation) == 0
    assert "已放弃" in page(federation, path).text


def kept(federation: Federation) -> int:
    """Files of registers in the store."""
    return len(list(uploads._store(federation.view.id).list("registers/")))
