"""Sealing: each committed entry gets its place in the chain of its tenant, once, and none is skipped."""

from __future__ import annotations

from pathlib import Path

from gonghui.audit.chain import latest_head, lines
from gonghui.audit.sealing import seal
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.audit.verify import verify
from gonghui.testing import Federation

KEY = SigningKey.generate()


def exported(federation: Federation, path: Path, *, values: bool = True) -> Path:
    with federation.uow() as uow:
        head = latest_head(uow.session, federation.view.id)
        path.write_bytes(b"".join(lines(uow.session, federation.view.id, last=head.seq, with_values=values)))
    return path


def test_what_is_sealed_and_exported_verifies(federation: Federation, tmp_path: Path) -> None:
    database, chain = federation.world.database, federation.view.id
    assert seal(database, chain) > 10
    assert sign_heads(database, KEY, chain=chain) == (1, [])
    report = verify([exported(federation, tmp_path / "trail")], frozenset({KEY.fingerprint}))
    assert report.fault is None
