"""Problem documents: one form for every error, in the caller's language, and no input that makes a 500."""

from __future__ import annotations

import base64
import re
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonghui.testing import Federation
from gonghui_organising.union_samples import founding_values

UNIONS, UNITS = "/api/v1/organising/unions", "/api/v1/org-units"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def union(federation: Federation, **changed: Any) -> dict[str, Any]:
    return {**founding_values(federation.units["east"]), **changed}


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


# --- the form


@pytest.mark.parametrize(
    ("who", "method", "path", "status", "code"),
    [
        (None, "GET", UNIONS, 401, "unauthenticated"),
        ("worker", "GET", UNIONS, 403, "forbidden"),
        ("east", "GET", "/api/v1/nothing", 404, "not_found"),
        ("east", "GET", f"{UNIONS}/no-identifier", 404, "not_found"),
        ("east", "PUT", UNIONS, 405, "method_not_allowed"),
        ("east", "GET", f"{UNIONS}?limit=0", 422, "invalid_content"),
    ],
)
def test_every_error_has_one_form(
    shared_federation: Federation, who: str | None, method: str, path: str, status: int, code: str
) -> None:
    answer = shared_federation.client(who)(method, path)
    assert answer.content_type == "application/problem+json"
    content = answer.json
    assert (answer.status_code, content["status"], content["code"]) == (status, status, code)
    assert content["type"] == f"urn:gonghui:problem:{code}"
    assert content["title"]
    assert content["detail"]


@pytest.mark.parametrize(
    ("wanted", "chinese"), [("zh-CN", True), ("en", False), ("en-GB,zh;q=0.5", False), ("fr", True)]
)
def test_a_problem_speaks_the_callers_language(
    shared_federation: Federation, wanted: str, chinese: bool
) -> None:
    answer = shared_federation.client("east").get(f"{UNIONS}?limit=0", headers={"Accept-Language": wanted})
    told = [answer.json["title"], answer.json["detail"], answer.json["errors"][0]["detail"]]
    assert [bool(CHINESE.search(text)) for text in told] == [chinese] * 3


def test_a_language_may_be_asked_for_in_the_address(shared_federation: Federation) -> None:
    answer = shared_federation.client("east").get(f"{UNIONS}?lang=en&limit=0")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/query/limit"]
    assert not CHINESE.search(answer.text)


def test_a_fault_is_told_at_its_place_in_the_content(shared_federation: Federation) -> None:
    content = union(
        shared_federation,
        headcount="many",
        employers=[{"name": "甲"}, {"name": 5}],
        committee={"started_on": "2024-13-01", "years": 5},
    )
    answer = shared_federation.client("east").post(UNIONS, content)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert pointers == {"/headcount", "/employers/1/name", "/committee/started_on"}


def test_all_faults_of_a_rule_are_told_at_once(shared_federation: Federation) -> None:
    answer = shared_federation.client("east").post(
        UNIONS, union(shared_federation, headcount=10, members=20, women_members=30)
    )
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [
        ("/members", "members_exceed_staff"),
        ("/women_members", "women_exceed_members"),
    ]


def test_an_unknown_field_is_told(shared_federation: Federation) -> None:
    answer = shared_federation.client("east").post(UNIONS, union(shared_federation, state="approved"))
    assert [error["pointer"] for error in answer.json["errors"]] == ["/state"]


# --- who is asking, and where


def test_an_unknown_host_is_nobodys(shared_federation: Federation) -> None:
    for host in ("nobody.test", "", "x" * 300, "no host", "localhost", "core.tenant"):
        answer = shared_federation.client("east").get(UNIONS, headers={"Host": host})
        assert (answer.status_code, answer.json["code"]) == (404, "unknown_host"), host


def test_a_stranger_gets_one_answer_whether_a_path_exists_or_not(shared_federation: Federation) -> None:
    stranger = shared_federation.client()
    paths = [UNIONS, UNITS, "/api/v1/nothing", "/api/v1/aid/cases", "/nothing", "/", "/docs", f"{UNIONS}/"]
    answers = [
        stranger(method, path) for path in paths for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(name for name, _value in answer.headers) for answer in answers}) == 1


def test_a_method_that_is_not_there_is_told_with_those_that_are(shared_federation: Federation) -> None:
    answer = shared_federation.client("east")("DELETE", UNIONS)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


# --- content that cannot be read


@pytest.mark.parametrize(
    "content",
    [b"{", b"nonsense", b'{"name": NaN}', b'{"name":"\xff"}', b'{"name":"\\ud800"}', b"[" * 50_000, b"\0"],
    ids=["cut short", "no JSON", "NaN", "no UTF-8", "half a character", "endless nesting", "NUL"],
)
def test_what_is_no_json_is_a_bad_request(shared_federation: Federation, content: bytes) -> None:
    east = shared_federation.client("east")
    answer = east("POST", UNIONS, data=content, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"]
)
def test_what_does_not_say_that_it_is_json_is_not_read(
    shared_federation: Federation, content_type: str
) -> None:
    content = orjson.dumps(union(shared_federation))
    answer = shared_federation.client("east")("POST", UNIONS, data=content, content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content", [b"[]", b"5", b'"text"', b"null", b""])
def test_json_that_is_no_object_is_invalid(shared_federation: Federation, content: bytes) -> None:
    east = shared_federation.client("east")
    answer = east("POST", UNIONS, data=content, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_content")


def test_too_much_content_is_refused(shared_federation: Federation) -> None:
    east = shared_federation.client("east")
    answer = east("POST", UNIONS, data=b" " * (33 * 1024 * 1024), content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


# --- content that the database cannot hold


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "甲\0乙"),
        ("name", "  "),
        ("chair_name", "\0"),
        ("headcount", 10_000_001),
        ("headcount", -1),
        ("headcount", 1.5),
        ("committee", {"started_on": "9999-12-31", "years": 5}),
        ("committee", {"started_on": "1950-01-01", "years": 5}),
        ("committee", {"started_on": "2024-06-12", "years": 2**62}),
        ("uscc", "\0" * 18),
        ("employers", [{"name": "甲\0"}]),
        ("employer_informed_on", "0000-00-00"),
        ("org_unit_id", "no identifier"),
    ],
)
def test_a_value_that_cannot_be_kept_is_invalid(
    shared_federation: Federation, field: str, value: object
) -> None:
    answer = shared_federation.client("east").post(UNIONS, union(shared_federation, **{field: value}))
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_content")


def test_a_number_of_forty_digits_is_told_at_its_field(shared_federation: Federation) -> None:
    content = orjson.dumps(union(shared_federation)).replace(b'"headcount":40', b'"headcount":1' + b"0" * 40)
    east = shared_federation.client("east")
    answer = east("POST", UNIONS, data=content, content_type="application/json")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/headcount")


def test_a_login_with_nul_is_invalid(shared_federation: Federation) -> None:
    answer = shared_federation.client().post("/api/v1/sign-in", {"login": "east\0", "password": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        (f"limit={10**30}", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("sort=length", "/query/sort"),
        ("state=unheard_of", "/query/state"),
        ("org_unit_id=x", "/query/org_unit_id"),
        ("count=perhaps", "/query/count"),
        ("stat=approved", "/query/stat"),
        (f"q={'x' * 101}", "/query/q"),
        ("cursor=x", "/query/cursor"),
        ("cursor=bnVsbA", "/query/cursor"),
        (f"cursor={cursor(5)}", "/query/cursor"),
        (f"cursor={cursor('a', 'b')}", "/query/cursor"),
        (f"sort=name&cursor={cursor('01a20a51-ced7-7189-9caf-daa3ba48105e')}", "/query/cursor"),
    ],
)
def test_a_query_that_means_nothing_is_told_at_its_part(
    shared_federation: Federation, query: str, pointer: str
) -> None:
    answer = shared_federation.client("east").get(f"{UNIONS}?{query}")
    assert (answer.status_code, [e["pointer"] for e in answer.json["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    "path",
    [
        f"{UNIONS}?q=%00",
        f"{UNIONS}?sort=name&cursor={cursor(chr(0), '01a20a51-ced7-7189-9caf-daa3ba48105e')}",
        f"{UNITS}?cursor={cursor(chr(0))}",
        f"/api/v1/audit?cursor={cursor(2**63)}",
        "/api/v1/audit?action=%00",
        f"/api/v1/figures/organising.unions_founded/records?period=2024&cursor={cursor('x', 'y', 'z')}",
        "/api/v1/figures?period=0000",
    ],
)
def test_a_query_beyond_what_can_be_asked_is_invalid(federation: Federation, path: str) -> None:
    federation.add_officer(
        "everything",
        "everything",
        "district",
        [
            "core.audit.read",
            "core.org_unit.read",
            "core.figure.read",
            "organising.union.read",
        ],
    )
    assert federation.client("everything").get(path).status_code == 422


TEXTS = st.text(max_size=30)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXTS
    | st.dates().map(date.isoformat),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(list(founding_values(None))), VALUES, max_size=4))  # type: ignore[arg-type]
def test_no_content_makes_a_defect(shared_federation: Federation, changes: dict[str, Any]) -> None:
    answer = shared_federation.client("east").post(UNIONS, union(shared_federation, **changes))
    assert answer.status_code in (201, 404, 422), answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["cursor", "q", "limit", "sort", "count", "state"]), TEXTS, max_size=3
    )
)
def test_no_query_makes_a_defect(shared_federation: Federation, query: dict[str, str]) -> None:
    answer = shared_federation.client("east").get(UNIONS, query_string=query)
    assert answer.status_code in (200, 422), answer.text
