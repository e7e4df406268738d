"""Versions: an ETag with every record, and no change that does not name the version it changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gonghui.testing import Federation
from gonghui.testing.federation import Asker
from gonghui_organising.union_samples import founding_values

UNIONS = "/api/v1/organising/unions"


@pytest.fixture
def drafted(shared_federation: Federation) -> tuple[Asker, str, str]:
    """Somebody, the path of his draft, and its tag."""
    east = shared_federation.client("east")
    created = east.post(UNIONS, founding_values(shared_federation.units["east"]))
    assert created.status_code == 201, created.text
    return east, f"{UNIONS}/{created.json['id']}", created.headers["ETag"]


def patch(asker: Asker, path: str, tag: str | None, **values: object) -> tuple[int, str | None]:
    headers = {} if tag is None else {"If-Match": tag}
    answer = asker("PATCH", path, json=values, headers=headers)
    return answer.status_code, answer.headers.get("ETag")


def test_the_tag_of_a_record_is_that_of_its_change(drafted: tuple[Asker, str, str]) -> None:
    east, path, tag = drafted
    assert east.get(path).headers["ETag"] == tag
    status, changed = patch(east, path, tag, chair_name="李示例")
    assert (status, east.get(path).headers["ETag"]) == (200, changed)
    assert changed != tag


def test_a_change_without_a_version_is_refused(drafted: tuple[Asker, str, str]) -> None:
    east, path, _tag = drafted
    refused = east("PATCH", path, json={"chair_name": "李示例"})
    assert (refused.status_code, refused.json["code"]) == (428, "version_required")
    assert east.get(path).json["chair_name"] == "样示例"


@pytest.mark.parametrize("step", ["submit", "return", "approve"])
def test_a_step_without_a_version_is_refused(drafted: tuple[Asker, str, str], step: str) -> None:
    east, path, _tag = drafted
    body = {"return": {"comment": "缺签名"}, "approve": {"approval_no": "x", "term_years": 5}}.get(step)
    with_upper = east.post(f"{path}/{step}", body)
    assert with_upper.status_code == 428


@pytest.mark.parametrize(
    "tag", ['"v0"', '"v99"', "v1", "*", 'W/"v1"', '""', '"v1", "v2"', '"v' + "9" * 30 + '"']
)
def test_a_version_that_is_not_the_present_one_is_stale(drafted: tuple[Asker, str, str], tag: str) -> None:
    east, path, _tag = drafted
    assert patch(east, path, tag, chair_name="李示例")[0] == 412
    assert east.get(path).json["chair_name"] == "样示例"


def test_the_second_of_two_who_read_the_same_version_is_refused(drafted: tuple[Asker, str, str]) -> None:
    east, path, tag = drafted
    assert patch(east, path, tag, chair_name="李示例")[0] == 200
    assert patch(east, path, tag, chair_name="王示例")[0] == 412
    assert east.get(path).json["chair_name"] == "李示例"


def test_of_two_changes_at_the_same_moment_one_is_kept(drafted: tuple[Asker, str, str]) -> None:
    east, path, tag = drafted
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda name: patch(east, path, tag, chair_name=name)[0], ["李示例", "王示例"])
        )
    assert sorted(answers) == [200, 412]
    kept = ["李示例", "王示例"][answers.index(200)]
    assert east.get(path).json["chair_name"] == kept


@pytest.mark.parametrize(
    "values",
    [
        {"chair_name": "李示例"},
        {"employers": [{"name": "深圳市另一电子有限公司"}]},
        {"papers": []},
        {"committee": {"started_on": "2024-06-12", "years": 3, "seats": 3}},
        {"chair_name": "李示例", "papers": [{"kind": "minutes"}]},
    ],
    ids=["field", "employers", "papers", "committee", "field and part"],
)
def test_a_change_of_any_part_is_one_new_version(
    drafted: tuple[Asker, str, str], values: dict[str, object]
) -> None:
    east, path, _tag = drafted
    before = east.get(path).json["version"]
    assert patch(east, path, f'"v{before}"', **values)[0] == 200
    assert east.get(path).json["version"] == before + 1


def test_a_step_that_the_state_forbids_says_which_are_allowed(drafted: tuple[Asker, str, str]) -> None:
    east, path, tag = drafted
    body = {"approval_no": "x", "term_years": 5}
    refused = east.post(f"{path}/approve", body, headers={"If-Match": tag})
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")
    assert (refused.json["state"], set(refused.json["allowed"])) == ("draft", {"change", "submit"})
