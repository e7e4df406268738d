"""Figures: each is the number of records that it opens to, and counts something of the samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import func, select

from gonghui.records.transitions import RecordTransition
from gonghui.reporting.indicators import Indicator
from gonghui.testing.federation import Asker, Federation
from gonghui.values import clock

#: Officers whose reach differs, so that a number and its list could.
_READERS = ("district", "east")


def figure_faults(federation: Federation, indicators: Sequence[Indicator]) -> Iterator[str]:
    """Figures that differ from the records that they open to, or that no record of the federation enters."""
    counted = dict.fromkeys((indicator.code for indicator in indicators), 0)
    for login in _READERS:
        asker = federation.client(login)
        for year in _years(federation):
            answer = asker.get(f"/api/v1/figures?period={year}")
            if answer.status_code != 200:
                yield f"the figures of {year} for {login}: {answer.status_code} {answer.text[:200]}"
                continue
            for figure in answer.get_json()["figures"]:
                if figure["code"] in counted:
                    counted[figure["code"]] += figure["value"]
                    yield from _compared(asker, figure, year, login)
    for code, value in counted.items():
        if not value:
            yield f"{code} counts none of the samples: give a sample in a state that it counts"


def _compared(asker: Asker, figure: dict[str, object], year: int, login: str) -> Iterator[str]:
    code, value, parts = figure["code"], figure["value"], figure["parts"]
    opened = _opened(asker, str(code), year)
    if len(opened) != value:
        yield f"{code} in {year} for {login} says {value} and opens to {len(opened)} records"
    told = {part: opened.count(part) for part in parts} if isinstance(parts, dict) else {}
    if told != parts or (parts and sum(told.values()) != value):
        yield f"{code} in {year} for {login} has the parts {parts}, and its records {told} of {value}"


def _opened(asker: Asker, code: str, year: int) -> list[str]:
    """The part of each record behind a figure, page by page."""
    parts: list[str] = []
    path = following = f"/api/v1/figures/{code}/records?period={year}&limit=100"
    while following:
        page = asker.get(following).get_json()
        parts += [item["part"] for item in page["items"]]
        following = f"{path}&cursor={page['next']}" if page["next"] else ""
    return parts


def _years(federation: Federation) -> list[int]:
    """Years in which some step of a record took effect, and this one."""
    with federation.uow() as uow:
        days: list[date] = [
            day
            for span in uow.session.execute(
                select(func.min(RecordTransition.effective_on), func.max(RecordTransition.effective_on))
            )
            for day in span
            if day is not None
        ]
    years = {day.year for day in days} | {clock.today().year}
    return sorted(years)
