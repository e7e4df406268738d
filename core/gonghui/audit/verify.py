"""Verify files of a sealed trail. This one file needs Python 3.9 and nothing else; it can be read in one sitting.

    python verify.py FILE [FILE …] --key-fingerprint F [--head H]

FILE is what `gonghui audit export` wrote, or segments of one chain in their order. F is the fingerprint of the key
that signs, which you were told by another way than the file. H is a file with a head that somebody else kept.

Each entry is hashed with the hash before it; now and then a head, that is the hash reached so far, is signed
(Ed25519, RFC 8032). What follows from that is named line by line in `SENTENCES`. The status is 0 where everything
holds, 1 where something does not, 2 where there is nothing to verify.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "gonghui-audit-1"

#: What can be found, in Chinese and in English. `row` is the number of an entry in its chain, from 1.
SENTENCES = {
    "edited": (
        "第 {row} 条与其哈希不符：该条或前一条的哈希被改动。{entry}",
        "row {row} does not fit its hash: it was edited, or the hash of the row before it. {entry}",
    ),
    "values": (
        "第 {row} 条的内容与封存时的摘要不符。{entry}",
        "the values told with row {row} are not those that were sealed. {entry}",
    ),
    "removed": ("第 {row} 至 {last} 条缺失。", "rows {row} to {last} were removed."),
    "reordered": (
        "第 {row} 条不在其位置：此处是第 {found} 条。",
        "row {row} is not in its place: row {found} stands there.",
    ),
    "unreadable": ("第 {row} 条（第 {line} 行）无法读取。", "row {row} (line {line}) cannot be read."),
    "other_chain": (
        "从第 {row} 条起是另一链条或另一段的内容。",
        "from row {row} on stands another chain, or another segment.",
    ),
    "other_key": (
        "从第 {row} 条起没有可信的签名：第 {last} 条处的链头由另一密钥 {key} 签署。",
        "from row {row} on nothing is vouched for: the head at row {last} is signed by another key, {key}.",
    ),
    "bad_head": (
        "从第 {row} 条起没有可信的签名：第 {last} 条处的链头与各条不符或签名无效。",
        "from row {row} on nothing is vouched for: the head at row {last} does not fit the rows or is not signed.",
    ),
    "no_head": ("没有由该密钥签署的链头。", "no head in the file is signed by that key."),
    "cut": (
        "末尾被截去：第 {row} 至 {last} 条缺失，另存的链头证明其存在。",
        "the tail was cut: rows {row} to {last} are missing; the head that was kept elsewhere proves them.",
    ),
    "other_past": (
        "第 {row} 至 {last} 条之间被改写：与另存的链头不符。",
        "between rows {row} and {last} the past was rewritten: it does not fit the head that was kept elsewhere.",
    ),
    "complete": (
        "第 {first} 至 {last} 条完整，签署时间 {at}；其中 {erased} 条不含内容。",
        "complete from row {first} to {last}, signed at {at}; {erased} of them come without their values.",
    ),
    "unsigned": (
        "第 {row} 至 {last} 条已链接但尚未签署。",
        "rows {row} to {last} are linked and not signed yet.",
    ),
    "nothing_after": ("此后的情况无从得知。", "nothing is known of what came after."),
}


class Unusable(Exception):
    """There is nothing that could be verified: no such file, or not one of ours."""


@dataclass(frozen=True)
class Finding:
    """What was found, with the first row it concerns."""

    code: str
    row: int
    told: dict[str, Any] = field(default_factory=dict)

    def sentence(self, language: str) -> str:
        """In `zh` or `en`."""
        told = {name: _printable(value) for name, value in self.told.items()}
        return SENTENCES[self.code][language != "zh"].format(row=self.row, **told).strip()


@dataclass(frozen=True)
class Head:
    """How far a chain had come at a moment; `fits` says whether it stands where the rows come to the same."""

    tenant: str
    seq: int
    hash: bytes
    at: str
    key: str
    public_key: bytes
    signature: bytes
    told: bytes
    fits: bool = True

    def is_signed_by(self, keys: frozenset[str]) -> bool:
        """Whether one of these keys, by fingerprint, has signed it."""
        named = hashlib.sha256(self.public_key).hexdigest()
        return (
            self.key == named
            and named in keys
            and verify_signature(self.public_key, self.told, self.signature)
        )


@dataclass
class Report:
    """What the files prove: `fault` is None where everything holds."""

    fault: Finding | None
    notes: list[Finding]

    def lines(self, language: str) -> list[str]:
        """One sentence each."""
        return [each.sentence(language) for each in ([self.fault] if self.fault else []) + self.notes]


def verify(files: Sequence[Path], keys: frozenset[str], elsewhere: Head | None = None) -> Report:
    """Verify files of one chain against the keys, and against a head that was kept elsewhere. Raises `Unusable`."""
    walk = _Walk(elsewhere)
    for path in files:
        walk.read(path)
    walk.end()
    if elsewhere is not None and elsewhere.seq < walk.first - 1:
        raise Unusable("the head that was kept elsewhere is older than the first of these rows")
    # From behind, because one signature proves all that came before it.
    holds = (
        n for n in reversed(range(len(walk.heads))) if walk.heads[n].fits and walk.heads[n].is_signed_by(keys)
    )
    last = next(holds, -1)
    good = walk.heads[last] if last >= 0 else None
    fault = walk.fault or _fault_of_heads(walk, keys, last) or _fault_of_elsewhere(walk, elsewhere)
    if elsewhere is not None and walk.meets_elsewhere and (good is None or elsewhere.seq > good.seq):
        good = elsewhere
    if good is None and fault is None:
        fault = Finding("no_head", walk.first)
    notes = []
    if good is not None:
        notes.append(
            Finding(
                "complete",
                good.seq,
                {"first": walk.first, "last": good.seq, "at": good.at, "erased": walk.bare},
            )
        )
        if walk.fault is None and fault is None and walk.seq > good.seq:
            notes.append(Finding("unsigned", good.seq + 1, {"last": walk.seq}))
    if elsewhere is None and fault is None:
        notes.append(Finding("nothing_after", walk.seq))
    return Report(fault, notes)


def read_head(path: Path, keys: frozenset[str]) -> Head:
    """The last head in a file: one that was kept by itself, a segment, or an earlier export. Raises `Unusable`."""
    found = [line for line in _lines(path) if line.startswith(b'{"head":')]
    head = _head(found[-1]) if found else None
    if head is None or not head.is_signed_by(keys):
        raise Unusable(f"{path}: no head that is signed by the key")
    return head


class _Walk:
    """Goes through the rows once, link by link, and stops believing at the first that does not hold."""

    def __init__(self, elsewhere: Head | None) -> None:
        self.elsewhere = elsewhere
        self.tenant = ""
        self.first = 0
        self.seq = 0  # of the last row that holds
        self.hash = b""
        self.bare = 0
        self.heads: list[Head] = []
        self.fault: Finding | None = None
        self.meets_elsewhere: bool | None = None
        self._missing: tuple[int, int] | None = None

    def read(self, path: Path) -> None:
        """Go on with the rows of a file."""
        for number, line in enumerate(_lines(path), start=1):
            if number == 1 or line.startswith(b'{"format":'):
                self._begin(path, line)
            elif line.startswith(b'{"head":'):
                self._take_head(line, number)
            elif self.fault is None:
                self._take_row(line, number)
            elif self._missing is not None:
                self._look_for_missing(line)

    def _begin(self, path: Path, line: bytes) -> None:
        try:
            told = json.loads(line)
            tenant, first, previous = told["tenant"], int(told["first"]), bytes.fromhex(told["previous"])
            if told["format"] != FORMAT or first < 1:
                raise ValueError(line)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unusable(f"{path}: not a file of a sealed trail") from None
        if not self.first:
            start = hashlib.sha256(f"{FORMAT} {tenant}".encode()).digest()
            self.tenant, self.first, self.seq, self.hash = tenant, first, first - 1, previous
            if first == 1 and previous != start:
                self._fail("other_chain", 1)
            self._meet_elsewhere()
        elif self.fault is None and (tenant, first, previous) != (self.tenant, self.seq + 1, self.hash):
            self._fail("other_chain", self.seq + 1)

    def _take_row(self, line: bytes, number: int) -> None:
        row = self.seq + 1
        read = _entry(line)
        if read is None:
            return self._fail("unreadable", row, line=number)
        entry, told = read
        if told["seq"] != row:
            if told["seq"] > row:
                self._missing = (row, told["seq"] - 1)
            return self._fail("reordered", row, found=told["seq"])
        reached = hashlib.sha256(self.hash + entry).digest()
        if reached.hex().encode() != line[9:73]:
            return self._fail("edited", row, entry=_named(told))
        if told["payload"] is None:
            self.bare += 1
        elif not _has_digest(told["payload"], told["digest"]):
            return self._fail("values", row, entry=_named(told))
        self.seq, self.hash = row, reached
        self._meet_elsewhere()

    def _look_for_missing(self, line: bytes) -> None:
        """Rows that stand further down were moved, not removed."""
        read = _entry(line)
        if self._missing and read and self._missing[0] <= read[1]["seq"] <= self._missing[1]:
            self._missing = None

    def _take_head(self, line: bytes, number: int) -> None:
        head = _head(line, self)
        if head is not None:
            self.heads.append(head)
        elif self.fault is None:
            self._fail("unreadable", self.seq + 1, line=number)

    def _meet_elsewhere(self) -> None:
        if self.elsewhere is not None and self.elsewhere.seq == self.seq:
            self.meets_elsewhere = (self.elsewhere.tenant, self.elsewhere.hash) == (self.tenant, self.hash)

    def _fail(self, code: str, row: int, **told: object) -> None:
        self.fault = Finding(code, row, told)

    def end(self) -> None:
        """Say of rows that are missing whether they stand anywhere else."""
        if self._missing is not None:
            self.fault = Finding("removed", self._missing[0], {"last": self._missing[1]})


def _fault_of_heads(walk: _Walk, keys: frozenset[str], last: int) -> Finding | None:
    """The first head behind the last one that holds."""
    if last + 1 == len(walk.heads):
        return None
    bad, row = walk.heads[last + 1], (walk.heads[last].seq + 1 if last >= 0 else walk.first)
    if bad.key in keys:
        return Finding("bad_head", row, {"last": bad.seq})
    return Finding("other_key", row, {"last": bad.seq, "key": bad.key})


def _fault_of_elsewhere(walk: _Walk, elsewhere: Head | None) -> Finding | None:
    if elsewhere is None or walk.meets_elsewhere:
        return None
    if elsewhere.seq > walk.seq and elsewhere.tenant == walk.tenant:
        return Finding("cut", walk.seq + 1, {"last": elsewhere.seq})
    return Finding("other_past", walk.first, {"last": elsewhere.seq})


# --- lines


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\r\n")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _entry(line: bytes) -> tuple[bytes, dict[str, Any]] | None:
    """The bytes of an entry as they were hashed, and what they say; None for what is no entry.

    Within the texts of JSON every quote is escaped, so what is looked for stands in no text.
    """
    entry, mark, payload = line[83:].partition(b',"payload":')
    if line[:9] != b'{"hash":"' or line[73:83] != b'","entry":' or not mark:
        return None
    try:
        told = json.loads(entry.decode())
        told["payload"] = json.loads(payload[:-1].decode())
        if payload[-1:] != b"}" or type(told["seq"]) is not int or type(told["digest"]) is not str:
            raise ValueError(line)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return entry, told


def _has_digest(payload: Any, digest: str) -> bool:
    try:
        salt, content = bytes.fromhex(payload["salt"]), payload["content"].encode()
        is_exact = salt.hex() == payload["salt"] and len(payload) == 2
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return is_exact and hashlib.sha256(salt + content).hexdigest() == digest


def _printable(value: object) -> str:
    """A value out of the file as a terminal may be given it."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value)[:200])


def _named(told: dict[str, Any]) -> str:
    return f"({told.get('at')} {told.get('action')} {told.get('id')})"


def _head(line: bytes, walk: _Walk | None = None) -> Head | None:
    told, mark, rest = line[8:].partition(b',"public_key":')
    try:
        said, signed = json.loads(told), json.loads(b'{"public_key":' + rest)
        head = Head(
            said["tenant"], int(said["seq"]), bytes.fromhex(said["hash"]), str(said["at"]), str(said["key"]),
            bytes.fromhex(signed["public_key"]), bytes.fromhex(signed["signature"]), told,
            walk is None or (said["tenant"], said["seq"], said["hash"]) == (walk.tenant, walk.seq, walk.hash.hex()),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return head if mark else None


# --- Ed25519, RFC 8032: a point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature over the message was made by the owner of the key."""
    point = _point(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or scalar >= _ORDER:
        return False
    told = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _ORDER
    x, y, z, t = point
    found = _sum(_times(scalar, _BASE), _times(told, (-x % _P, y, z, -t % _P)))
    return _bytes(found) == signature[:32]


def _sum(a: _Point, b: _Point) -> _Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    w, x, y, z = f - e, h - g, h + g, f + e
    return w * x % _P, y * z % _P, x * y % _P, w * z % _P


def _times(scalar: int, point: _Point) -> _Point:
    found = _NEUTRAL
    while scalar:
        if scalar & 1:
            found = _sum(found, point)
        point = _sum(point, point)
        scalar >>= 1
    return found


def _point(encoded: bytes) -> _Point | None:
    if len(encoded) != 32:
        return None
    whole = int.from_bytes(encoded, "little")
    sign, y = whole >> 255, whole & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else -x % _P
    return x, y, 1, x * y % _P


def _bytes(point: _Point) -> bytes:
    x, y, z, _t = point
    inverse = pow(z, -1, _P)
    whole: int = y * inverse % _P | (x * inverse % _P & 1) << 255
    return whole.to_bytes(32, "little")


_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE = _point(_BASE_Y.to_bytes(32, "little")) or _NEUTRAL


# --- the command


def main(arguments: list[str] | None = None) -> int:
    """Verify as the command line says, and print what was found."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify files of a sealed trail.")
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
    parser.add_argument("--key-fingerprint", required=True, action="append", metavar="F")
    parser.add_argument("--head", type=Path, metavar="H", help="a file with a head that was kept elsewhere")
    parser.add_argument("--lang", choices=["zh", "en"], default=os.environ.get("GONGHUI_LANG", "zh"))
    options = parser.parse_args(arguments)
    keys = frozenset(key.lower() for key in options.key_fingerprint)
    try:
        report = verify(options.files, keys, read_head(options.head, keys) if options.head else None)
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in report.lines(options.lang)))
    return 1 if report.fault else 0


if __name__ == "__main__":
    sys.exit(main())
