"""A union's founding, from the organiser's draft to the street's reply."""

from gonghui.testing import Federation
from gonghui_organising.samples import founding_values


def test_a_founding_goes_from_draft_to_approval(federation: Federation) -> None:
    firm, east = federation.client("firm"), federation.client("east")
    created = firm.post("/api/v1/organising/unions", founding_values(federation.units["firm"]))
    assert created.status_code == 201, created.text
    path = f"/api/v1/organising/unions/{created.json['id']}"
    tag = created.headers["ETag"]
    submitted = firm.post(f"{path}/submit", headers={"If-Match": tag})
    assert submitted.status_code == 200, submitted.text
    returned = east.post(
        f"{path}/return", {"comment": "缺签名"}, headers={"If-Match": submitted.headers["ETag"]}
    )
    assert returned.status_code == 200, returned.text
    again = firm.post(f"{path}/submit", headers={"If-Match": returned.headers["ETag"]})
    assert again.status_code == 200, again.text
    reply = {"approval_no": "示工复〔2026〕1号", "term_years": 5}
    approved = east.post(f"{path}/approve", reply, headers={"If-Match": again.headers["ETag"]})
    assert approved.status_code == 200, approved.text
    assert approved.json["state"] == "approved"
    assert federation.client("district").get(path).status_code == 200
    assert federation.client("west").get(path).status_code == 404
    history = firm.get(f"{path}/history").json
    assert [step["name"] for step in history] == ["draft", "submit", "return", "submit", "approve"]
