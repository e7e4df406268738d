"""The command line on the sample register: what goes in, what is named, what the figures then say."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gonghui.testing.installation import Shell, throw_away

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["unions"]
REGISTER = str(SAMPLES / "unions.xlsx")
HALF_YEARS = ("2012H1", "2017H2", "2019H1", "2023H2", "2024H1")


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with throw_away("command-line", ROOT) as shell:
        yield shell


@pytest.fixture(scope="module")
def imported(shell: Shell) -> dict[str, Any]:
    dry = json.loads(shell.gonghui(*IMPORT, "--dry-run").stdout)
    first = json.loads(shell.gonghui(*IMPORT).stdout)
    second = json.loads(shell.gonghui(*IMPORT).stdout)
    return {"dry": dry, "first": first, "second": second}


IMPORT = ("import", "organising.unions", REGISTER, "--tenant", "longhua", "--json")


def figures(shell: Shell, period: str, *more: str) -> dict[str, Any]:
    content = json.loads(
        shell.gonghui("figures", "--tenant", "longhua", "--period", period, "--json", *more).stdout
    )
    return {figure["code"]: figure for figure in content["figures"]}


def good_rows() -> list[dict[str, Any]]:
    """The rows that are not planted as faulty, read slowly and independently of the product."""
    sheet = openpyxl.load_workbook(SAMPLES / "unions.xlsx").worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    bad = {fault["row"] for fault in EXPECTED["faulty"]}
    headings = lines[EXPECTED["header_row"] - 1]
    return [
        dict(zip(headings, line, strict=True))
        for number, line in enumerate(lines, 1)
        if number > EXPECTED["header_row"] and number not in bad and line[1]
    ]


def as_date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    digits = [int(part) for part in re.findall(r"\d+", value)]
    if len(digits) == 1:
        whole = digits[0]
        digits = [whole // 10_000, whole // 100 % 100, whole % 100]
    return date(*digits)


def test_exactly_the_planted_faults_are_reported(imported: dict[str, Any]) -> None:
    planted = [(fault["row"], fault["column"], fault["fault"]) for fault in EXPECTED["faulty"]]
    for report in imported.values():
        assert [(f["row"], f["column"], f["code"]) for f in report["faults"]] == planted
        assert all(f["sheet"] == "基层工会名册" and f["message"] for f in report["faults"])
        assert (report["rows"], report["good"]) == (EXPECTED["rows"], EXPECTED["good"])


def test_a_dry_run_writes_nothing_and_a_second_run_changes_nothing(imported: dict[str, Any]) -> None:
    assert [imported[run]["created"] for run in ("dry", "first", "second")] == [0, EXPECTED["good"], 0]
    assert imported["second"]["known"] == EXPECTED["good"]


@pytest.mark.parametrize("period", HALF_YEARS)
def test_figures_agree_with_a_slow_count_over_the_file(
    shell: Shell, imported: dict[str, Any], period: str
) -> None:
    assert imported["first"]["created"] == EXPECTED["good"]
    year, half = int(period[:4]), period[4:]
    first, last = (
        (date(year, 1, 1), date(year, 6, 30)) if half == "H1" else (date(year, 7, 1), date(year, 12, 31))
    )
    rows = [(as_date(row["建会日期"]), row) for row in good_rows()]
    found = figures(shell, period)
    founded = Counter(row["建会类型"] for on, row in rows if first <= on <= last)
    in_force = Counter(row["建会类型"] for on, row in rows if on <= last)
    covered = {row["单位统一社会信用代码"] or row["单位名称"] for on, row in rows if on <= last}
    assert parts(found["organising.unions_founded"]) == (founded["独立"], founded["联合"])
    assert parts(found["organising.unions_in_force"]) == (in_force["独立"], in_force["联合"])
    assert found["organising.units_covered"]["value"] == len(covered)
    for figure in found.values():
        assert len(figure["opens_to"]) == figure["records"] == figure["value"]


def parts(figure: dict[str, Any]) -> tuple[int, int]:
    assert figure["value"] == sum(figure["parts"].values())
    return figure["parts"]["independent"], figure["parts"]["joint"]


def test_the_figures_of_the_streets_add_up_to_the_districts(shell: Shell, imported: dict[str, Any]) -> None:
    assert imported["first"]["created"] == EXPECTED["good"]
    by_street = Counter(row["所属街道"] for row in good_rows())
    streets = {
        street: figures(shell, "2024H1", "--org-unit", f"{street}总工会")["organising.unions_in_force"][
            "value"
        ]
        for street in by_street
    }
    assert streets == dict(by_street)


def test_an_officer_of_another_street_gets_no_figure_of_this_one(
    shell: Shell, imported: dict[str, Any]
) -> None:
    assert imported["first"]["created"] == EXPECTED["good"]
    refused = shell.gonghui(
        "figures", "--tenant", "longhua", "--period", "2024H1", "--as", "minzhi", "--org-unit", "观湖街道总工会",
        check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "not_found" in refused.stderr


def test_terms_that_end_are_opened_once(shell: Shell, imported: dict[str, Any]) -> None:
    assert imported["first"]["created"] == EXPECTED["good"]
    opened = [
        int(
            re.sub(
                r"\D",
                "",
                shell.gonghui("organising", "re-election", "open-due", "--tenant", "longhua").stdout,
            )
        )
        for _run in range(2)
    ]
    assert opened[0] > 0
    assert opened[1] == 0


def test_a_time_limit_is_answered_without_any_data(tmp_path: Path) -> None:
    nowhere = Shell(tmp_path / "var", 18_999, ROOT)
    answer = nowhere.gonghui("calendar", "due", "2024-02-01", "--days", "15")
    assert answer.stdout.splitlines()[0] == "2024-02-18"
    assert "第 15 日是2024年2月16日" in answer.stdout
    assert not nowhere.var.exists()


def test_a_federation_answers_by_its_own_calendar(shell: Shell) -> None:
    asked = ("calendar", "due", "2024-09-27", "--working-days", "5", "--json")
    answers = [json.loads(shell.gonghui(*asked, *more).stdout) for more in ((), ("--tenant", "longhua"))]
    assert answers[0] == answers[1]
    assert (answers[0]["due_on"], answers[0]["is_provisional"]) == ("2024-10-10", False)


def test_a_year_is_recomputed_by_whoever_may_change_the_calendar(shell: Shell) -> None:
    asked = ("calendar", "recompute", "2027", "--tenant", "longhua")
    assert shell.gonghui(*asked).returncode == 0
    refused = shell.gonghui(*asked, "--as", "minzhi", check=False)
    assert (refused.returncode, "forbidden" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("calendar", "due", "2024-02-30", "--days", "15"), "2024-06-30"),
        (("calendar", "due", "2024-02-01"), "只写一个"),
        (("calendar", "due", "2024-02-01", "--days", "1", "--years", "1"), "只写一个"),
        (("calendar", "due", "2024-02-01", "--days", "0"), "应在 1 与 36500 之间"),
        (("calendar", "due", "0001-01-01", "--days", "1"), "1900"),
        (("calendar", "due", "2024-02-01", "--days", "1", "--tenant", "nowhere"), "nowhere"),
        (("import", "organising.unions", REGISTER, "--tenant", "nowhere"), "nowhere"),
        (("import", "organising.people", REGISTER, "--tenant", "longhua"), "organising.unions"),
        (("import", "organising.unions", "missing.xlsx", "--tenant", "longhua"), "unreadable_file"),
        (("import", "organising.unions", "README.md", "--tenant", "longhua"), "找不到表头"),
        (("figures", "--tenant", "longhua", "--period", "2024H3"), "2024H1"),
        (("figures", "--tenant", "longhua", "--period", "2024H1", "--as", "nobody"), "nobody"),
        (("figures", "--tenant", "longhua", "--period", "2024H1", "--org-unit", "没有的街道"), "not_found"),
    ],
)
def test_bad_input_gets_a_sentence_and_no_traceback(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    answer = shell.gonghui(*arguments, check=False)
    assert answer.returncode != 0
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
