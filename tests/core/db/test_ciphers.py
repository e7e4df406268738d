"""Ciphers: a sealed value opens at its place alone, equal values are found by their index, keys are kept apart."""

from __future__ import annotations

import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.db.ciphers import KEY_BYTES, KeyLost, Keyring, MasterKeys, Sealed, random_bytes
from gonghui.values.ids import new_id

#: Of 12067669007, under the index key 00 01 … 1f.
PHONE_INDEX, PHONE_TAIL = "e258cb595b70030efe3bc6efbcb04e6e", -8924716378345285004
PLACE, ROW, NUMBER = "core.person.id_number", new_id(), "990406199504192588"


def new_ring(*versions: int) -> Keyring:
    return Keyring(
        {version: secrets.token_bytes(KEY_BYTES) for version in versions or (1,)},
        secrets.token_bytes(KEY_BYTES),
    )


@pytest.fixture(scope="module")
def ring() -> Keyring:
    return new_ring()


# --- sealing


@given(text=st.text(max_size=200))
def test_what_is_sealed_comes_back_at_its_place(ring: Keyring, text: str) -> None:
    assert ring.open(PLACE, ROW, ring.seal(PLACE, ROW, text)) == text


def test_a_value_opens_at_no_other_column_row_or_tenant(ring: Keyring) -> None:
    sealed = ring.seal(PLACE, ROW, NUMBER)
    for other, place, row in (
        (ring, "core.person.phone", ROW),
        (ring, PLACE, new_id()),
        (new_ring(), PLACE, ROW),
    ):
        with pytest.raises(KeyLost):
            other.open(place, row, sealed)
    assert ring.open(PLACE, ROW, sealed) == NUMBER


def test_a_value_with_any_byte_flipped_is_refused(ring: Keyring) -> None:
    raw = ring.seal(PLACE, ROW, NUMBER).raw
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(KeyLost):
            ring.open(PLACE, ROW, Sealed(bytes(changed)))


def test_a_value_that_was_cut_short_is_refused(ring: Keyring) -> None:
    raw = ring.seal(PLACE, ROW, NUMBER).raw
    for length in (2 + 12 + 16, len(raw) - 1):
        with pytest.raises(KeyLost):
            ring.open(PLACE, ROW, Sealed(raw[:length]))


def test_the_same_value_is_never_sealed_the_same_way_twice(ring: Keyring) -> None:
    assert len({ring.seal(PLACE, ROW, NUMBER).raw for _ in range(10_000)}) == 10_000


def test_threads_draw_random_bytes_of_their_own() -> None:
    barrier = Barrier(4)

    def draw(_number: int) -> list[bytes]:
        barrier.wait()
        return [random_bytes(12) for _ in range(5_000)]

    with ThreadPoolExecutor(4) as pool:
        drawn = [each for many in pool.map(draw, range(4)) for each in many]
    assert len(set(drawn)) == 20_000
    assert {len(each) for each in drawn} == {12}


def test_a_forked_process_draws_other_bytes_than_its_parent() -> None:
    random_bytes(12)  # so that there are some left over
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, random_bytes(12))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 12) != random_bytes(12)
    os.close(reader)
    os.close(writer)


def test_a_column_is_sealed_value_by_value_and_stays_empty_where_it_is(ring: Keyring) -> None:
    rows = [new_id() for _ in range(3)]
    first, nothing, last = ring.seal_each(PLACE, rows, [NUMBER, None, NUMBER])
    assert nothing is None
    assert first is not None
    assert last is not None
    assert first != last
    assert ring.open(PLACE, rows[0], Sealed(first)) == ring.open(PLACE, rows[2], Sealed(last)) == NUMBER
    with pytest.raises(KeyLost):
        ring.open(PLACE, rows[1], Sealed(first))


def test_nothing_of_a_value_is_printed(ring: Keyring) -> None:
    sealed = ring.seal(PLACE, ROW, NUMBER)
    assert {repr(sealed), str(sealed), f"{sealed}", repr([sealed])} == {"…", "[…]"}
    assert NUMBER.encode() not in sealed.raw


def test_the_latest_data_key_seals_and_the_older_ones_still_open() -> None:
    keys, index = {1: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES)
    old = Keyring(keys, index).seal(PLACE, ROW, NUMBER)
    both = Keyring(keys | {2: secrets.token_bytes(KEY_BYTES)}, index)
    fresh = both.seal(PLACE, ROW, NUMBER)
    assert (old.version, fresh.version) == (1, 2)
    assert both.open(PLACE, ROW, old) == both.open(PLACE, ROW, fresh) == NUMBER
    with pytest.raises(KeyLost, match="version 2"):
        Keyring(keys, index).open(PLACE, ROW, fresh)


# --- blind indexes


@given(one=st.text(max_size=30), other=st.text(max_size=30))
def test_values_have_equal_indexes_exactly_where_they_are_equal(ring: Keyring, one: str, other: str) -> None:
    assert (ring.index("phone", one) == ring.index("phone", other)) is (one == other)


def test_an_index_is_the_keyed_digest_under_which_it_was_stored_before() -> None:
    ring = Keyring({1: bytes(32)}, bytes(range(32)))
    assert ring.index("phone", "12067669007").hex() == PHONE_INDEX
    assert ring.tail("phone", "12067669007") == PHONE_TAIL


def test_an_index_says_nothing_to_another_tenant_or_another_kind(ring: Keyring) -> None:
    assert len(ring.index("phone", NUMBER)) == 16
    assert ring.index("phone", NUMBER) != new_ring().index("phone", NUMBER)
    assert ring.index("phone", NUMBER) != ring.index("id_number", NUMBER)
    assert ring.tail("phone", NUMBER) != new_ring().tail("phone", NUMBER)


def test_the_tail_is_that_of_the_last_four_characters(ring: Keyring) -> None:
    assert ring.tail("id_number", NUMBER) == ring.tail("id_number", "2588")
    assert ring.tail("id_number", NUMBER) != ring.tail("id_number", "2589")
    assert -(2**63) <= ring.tail("id_number", NUMBER) < 2**63


# --- master keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "master-keys.json"


def test_the_first_start_makes_a_key_that_only_its_owner_reads(file: Path) -> None:
    MasterKeys.at(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_keys_that_are_saved_again_stay_closed_to_others(file: Path) -> None:
    keys = MasterKeys.at(file)
    keys.renew()
    keys.save(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert MasterKeys.at(file).current == keys.current
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_processes_that_start_at_once_have_one_key(file: Path) -> None:
    barrier = Barrier(8)

    def start(_number: int) -> MasterKeys:
        barrier.wait()
        return MasterKeys.at(file)

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(start, range(8)))
    assert len({keys.current for keys in started}) == 1
    wrapped = started[0].wrap(b"a key", "tenant")
    assert {keys.unwrap(keys.current, wrapped, "tenant") for keys in started} == {b"a key"}
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_lost_master_key_is_named_with_what_to_do(file: Path, tmp_path: Path) -> None:
    before, after = MasterKeys.at(file), MasterKeys.at(tmp_path / "fresh.json")
    wrapped = before.wrap(b"a key", "tenant")
    with pytest.raises(KeyLost, match=f"{before.current}.*put that file back"):
        after.unwrap(before.current, wrapped, "tenant")


def test_a_wrapped_key_serves_for_nothing_else(file: Path) -> None:
    keys = MasterKeys.at(file)
    wrapped = keys.wrap(b"a key", "tenant/data/1")
    with pytest.raises(KeyLost, match="has been changed"):
        keys.unwrap(keys.current, wrapped, "tenant/index/1")
    with pytest.raises(KeyLost, match="has been changed"):
        keys.unwrap(keys.current, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), "tenant/data/1")


def test_a_renewed_key_wraps_and_the_older_one_unwraps_until_it_is_forgotten(file: Path) -> None:
    keys = MasterKeys.at(file)
    first, old = keys.current, keys.wrap(b"a key", "tenant")
    second = keys.renew()
    fresh = keys.wrap(keys.unwrap(first, old, "tenant"), "tenant")
    assert second != first
    keys.keep_only({second})
    keys.save(file)
    assert keys.unwrap(second, fresh, "tenant") == b"a key"
    with pytest.raises(KeyLost, match=first):
        keys.unwrap(first, old, "tenant")
