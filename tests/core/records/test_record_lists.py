"""Lists that belong to a record: rows take the place of others, and references of steps can be chosen from a list."""

from typing import Any

from tests.designs import samples

from gonghui.testing import Federation

ENROLMENTS = "/api/v1/designs/enrolments"


def put(federation: Federation, path: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asker = federation.client("east")
    tag = asker.get(path).headers["ETag"]
    answer = asker("PUT", f"{path}/attendance", json={"attendance": rows}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    return list(answer.json["attendance"])


def test_a_row_that_is_sent_without_its_id_takes_the_place_of_the_one_with_its_key(
    federation: Federation,
) -> None:
    with federation.uow("east") as uow:
        enrolled = samples.SAMPLES["enrolment_id"](uow, federation.units["garden"])
    path = f"{ENROLMENTS}/{enrolled}"
    put(federation, path, [{"slot": 1, "came": True}, {"slot": 2, "came": False}])
    again = put(federation, path, [{"slot": 2, "came": True}, {"slot": 3, "came": True}])
    assert [(row["slot"], row["came"]) for row in again] == [(2, True), (3, True)]


def test_what_a_step_asks_for_can_be_chosen_by_whoever_may_take_it(federation: Federation) -> None:
    path = "/api/v1/designs/dispute-cases/choices/agency-id"
    offered = federation.client("east").get(path)
    assert [choice["label"] for choice in offered.json] == ["guest"]
    assert federation.client("firm").get(path).status_code == 403
