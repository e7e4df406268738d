"""Values: identifiers, names, credit codes and the one clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from threading import Thread
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from gonghui.values import clock
from gonghui.values.identifiers import UNION_PREFIXES, UsccFault, uscc_fault
from gonghui.values.ids import new_id, parse_id
from gonghui.values.names import sort_key
from gonghui.values.principal import Grant, Principal, PrincipalKind, anonymous

CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

# --- ids


def test_ids_sort_by_the_moment_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {each.version for each in ids} == {7}


@given(st.uuids())
def test_an_id_is_read_as_it_was_written(value: UUID) -> None:
    assert parse_id(str(value)) == value


@pytest.mark.parametrize(
    "text", ["", "x", "0" * 31, "01a20a51-ced7-7189-9caf-daa3ba48105e0", "01a20a51-ced7"]
)
def test_what_spells_no_id_is_none(text: str) -> None:
    assert parse_id(text) is None


# --- names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("深圳市", "shenzhenshi"),
        ("张 三", "zhangsan"),
        ("ABC电子", "abcdianzi"),
        ("", ""),
        ("\u3000", ""),
    ],
)
def test_a_name_sorts_by_how_it_is_read(name: str, key: str) -> None:
    assert sort_key(name) == key


@given(st.text("深圳市龙华区电子厂有限公司ABCabc123 ", max_size=20), st.integers(0, 20))
def test_the_key_of_a_names_beginning_begins_the_names_key(name: str, length: int) -> None:
    assert sort_key(name).startswith(sort_key(name[:length]))


@given(st.text(max_size=30))
def test_blanks_and_case_make_no_other_key(name: str) -> None:
    assert sort_key(f" {name}\t") == sort_key(name)


# --- credit codes


def code(body: str) -> str:
    return body + str(uscc.calc_check_digit(body + "0"))


BODIES = st.tuples(
    st.sampled_from(["91", "81", "52"]),
    st.integers(110000, 659999),
    st.text(CODE_CHARACTERS, min_size=9, max_size=9),
).map(lambda parts: f"{parts[0]}{parts[1]}{parts[2]}")


@given(BODIES)
def test_a_code_with_its_check_digit_is_sound_and_with_any_other_is_not(body: str) -> None:
    sound = code(body)
    assert uscc_fault(sound, of_union=False, demo_numbers=False) is None
    for wrong in set(CODE_CHARACTERS) - {sound[-1]}:
        assert uscc_fault(sound[:-1] + wrong, of_union=False, demo_numbers=False) is UsccFault.CHECK_DIGIT


@given(BODIES, st.integers(0, 16))
def test_two_neighbours_exchanged_are_found(body: str, place: int) -> None:
    sound = code(body)
    swapped = sound[:place] + sound[place + 1] + sound[place] + sound[place + 2 :]
    if swapped != sound:
        assert uscc_fault(swapped, of_union=False, demo_numbers=True) is UsccFault.CHECK_DIGIT


@pytest.mark.parametrize("prefix", ["91", "52", "12"])
def test_a_union_carries_a_unions_code(prefix: str) -> None:
    firms = code(f"{prefix}440300123456789")
    assert uscc_fault(firms, of_union=True, demo_numbers=False) is UsccFault.NOT_A_UNION
    for union in UNION_PREFIXES:
        assert uscc_fault(code(f"{union}440300123456789"), of_union=True, demo_numbers=False) is None


def test_a_number_that_nobody_can_have_passes_in_a_demonstration_only() -> None:
    nobodys = code("91990001000000001")
    assert uscc_fault(nobodys, of_union=False, demo_numbers=True) is None
    assert uscc_fault(nobodys, of_union=False, demo_numbers=False) is UsccFault.NOT_ISSUED


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    assert uscc_fault(text, of_union=True, demo_numbers=True) in {None, *UsccFault}


# --- the clock

NOON = datetime(2024, 6, 30, 12, tzinfo=UTC)


def test_the_clock_stands_within_the_block_and_goes_on_after_it() -> None:
    with clock.at(NOON):
        with clock.at(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() > NOON + timedelta(days=1)


def test_an_exception_lets_the_clock_go_on() -> None:
    with pytest.raises(ZeroDivisionError), clock.at(NOON):
        raise ZeroDivisionError
    assert clock.now() != NOON


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 6, 30, 15, 59, 59, tzinfo=UTC), date(2024, 6, 30)),
        (datetime(2024, 6, 30, 16, 0, tzinfo=UTC), date(2024, 7, 1)),
        (datetime(2024, 6, 30, 20, 0, tzinfo=timezone(timedelta(hours=-5))), date(2024, 7, 1)),
    ],
)
def test_a_day_of_law_begins_at_midnight_in_shanghai(instant: datetime, day: date) -> None:
    with clock.at(instant):
        assert clock.today() == day


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(NOON.replace(tzinfo=None)):
        pass


def test_a_clock_that_stands_here_goes_on_in_another_thread() -> None:
    seen = []
    thread = Thread(target=lambda: seen.append(clock.now()))
    with clock.at(NOON):
        thread.start()
        thread.join()
    assert seen[0] > NOON


# --- principals

TENANT = uuid4()


def principal(*paths: str, token: frozenset[str] | None = None) -> Principal:
    grants = tuple(Grant(uuid4(), path, "role", frozenset({"a.b.read"})) for path in paths)
    return Principal(PrincipalKind.OFFICER, TENANT, grants=grants, token_permissions=token)


@given(st.lists(st.sampled_from(["a.", "a.b.", "a.b.c.", "ab.", "a.bc.", "d."]), max_size=6))
def test_roots_are_the_uppermost_of_the_paths_held(paths: list[str]) -> None:
    roots = principal(*paths).roots("a.b.read")
    assert set(roots) <= set(paths)
    assert all(any(path.startswith(root) for root in roots) for path in paths)
    assert not any(one != other and one.startswith(other) for one in roots for other in roots)


def test_nobody_known_holds_nothing_and_the_platform_itself_everything() -> None:
    assert not anonymous(TENANT).holds("a.b.read")
    assert Principal(PrincipalKind.SYSTEM, TENANT).holds("a.b.read")


def test_a_token_narrows_and_never_widens() -> None:
    assert principal("a.", token=frozenset({"a.b.read", "a.b.write"})).holds("a.b.read")
    assert not principal("a.", token=frozenset({"a.b.write"})).holds("a.b.read")
    assert not principal("a.", token=frozenset({"a.b.write"})).holds("a.b.write")
