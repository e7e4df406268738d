"""Segments in the object store: what a head covers, once, readable without the database."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gonghui.audit import segments
from gonghui.audit.sealing import seal
from gonghui.audit.segments import store_segments, stored_segments
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.audit.verify import read_head, verify
from gonghui.objects.configured import objects_at
from gonghui.objects.port import ObjectLocked, StoreUnavailable
from gonghui.objects.store import Objects
from gonghui.testing import Federation

KEY = SigningKey.generate()
KEYS = frozenset({KEY.fingerprint})
YEAR = timedelta(days=365)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return objects_at("file:objects", tmp_path)


def happened(federation: Federation, *names: str) -> None:
    for name in names:
        with federation.uow() as uow:
            uow.note(f"test.{name}", name=name)


def signed(federation: Federation) -> None:
    seal(federation.world.database, federation.view.id)
    assert sign_heads(federation.world.database, KEY, chain=federation.view.id) == (1, [])


def stored(federation: Federation, objects: Objects) -> list[str]:
    """Names of what is stored, without the chain they begin with."""
    chain = str(federation.view.id)
    return [found.name.removeprefix(f"{chain}/") for found in objects.of_audit().list(f"{chain}/")]


def store(federation: Federation, objects: Objects) -> int:
    return store_segments(federation.world.database, objects, locked_for=YEAR)


def test_each_head_is_stored_with_the_segment_before_it(
    federation: Federation, objects: Objects, tmp_path: Path
) -> None:
    signed(federation)
    store(federation, objects)
    happened(federation, "one", "two")
    signed(federation)
    signed(federation)  # nothing happened: a head, and no segment
    assert store(federation, objects) == 2
    assert store(federation, objects) == 0
    names = stored(federation, objects)
    heads = [name for name in names if name.startswith("heads/")]
    first, second = (name for name in names if name.startswith("segments/"))
    last = int(first[-18:-6])
    assert (len(heads), first) == (3, f"segments/{1:012}-{last:012}.jsonl")
    assert second == f"segments/{last + 1:012}-{last + 2:012}.jsonl"
    (tmp_path / "kept").write_bytes(b"".join(stored_segments(objects, federation.view.id)))
    with closing(objects.of_audit().open(f"{federation.view.id}/{heads[-1]}")) as newest:
        (tmp_path / "head").write_bytes(newest.read())
    report = verify([tmp_path / "kept"], KEYS, read_head(tmp_path / "head", KEYS))
    assert report.fault is None
    assert report.notes[0].row == last + 2


def test_a_stored_segment_holds_no_values_and_is_locked(federation: Federation, objects: Objects) -> None:
    happened(federation, "secretive")
    signed(federation)
    store(federation, objects)
    segment = next(name for name in stored(federation, objects) if name.startswith("segments/"))
    content = b"".join(stored_segments(objects, federation.view.id))
    assert b'"action":"test.secretive"' in content
    assert content.count(b'"payload":null') == content.count(b'"entry":')
    with pytest.raises(ObjectLocked):
        objects.of_audit().delete(f"{federation.view.id}/{segment}")


def test_a_run_that_died_before_it_could_note_what_it_stored_is_made_good(
    federation: Federation, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(federation)

    def killed(_head: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(segments, "head_name", killed)  # once the segment is there, before that is noted
        with pytest.raises(KeyboardInterrupt):
            store(federation, objects)
    before = stored(federation, objects)
    happened(federation, "later")
    signed(federation)
    store(federation, objects)
    assert set(before) < set(stored(federation, objects))
    (tmp_path / "kept").write_bytes(b"".join(stored_segments(objects, federation.view.id)))
    assert verify([tmp_path / "kept"], KEYS).fault is None


def test_a_store_that_does_not_answer_is_asked_again_the_next_time(
    federation: Federation, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(federation)

    def unavailable(*_args: Any, **_options: Any) -> None:
        raise StoreUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(objects._backend, "put", unavailable)
        assert store(federation, objects) == 0
    store(federation, objects)
    assert len(stored(federation, objects)) == 2
