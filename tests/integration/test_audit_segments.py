"""Segments of the sealed trail on MinIO: not even the owner of the store deletes one before its time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.test_object_store import objects_on

from gonghui.audit.sealing import seal
from gonghui.audit.segments import store_segments, stored_segments
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.audit.verify import verify
from gonghui.objects.port import ObjectLocked
from gonghui.testing import Federation


def test_a_segment_is_locked_in_the_store_and_verifies_from_there(
    federation: Federation, minio_url: str, tmp_path: Path
) -> None:
    database, chain, key = federation.world.database, federation.view.id, SigningKey.generate()
    objects = objects_on(minio_url)
    seal(database, chain)
    sign_heads(database, key, chain=chain)
    store_segments(database, objects, locked_for=timedelta(minutes=10))
    names = [each.name for each in objects.of_audit().list(f"{chain}/")]
    assert [name.split("/")[1] for name in names] == ["heads", "segments"]
    for name in names:
        with pytest.raises(ObjectLocked):
            objects.of_audit().delete(name)
    (tmp_path / "stored").write_bytes(b"".join(stored_segments(objects, chain)))
    assert verify([tmp_path / "stored"], frozenset({key.fingerprint})).fault is None
