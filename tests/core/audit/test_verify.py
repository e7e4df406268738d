"""Verifying a file of the sealed trail: whatever was done to it is named, with the first row that does not hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.audit.forging import HEADS, ROWS, Trail, made_up, row_line

from gonghui.audit import verify as verifier
from gonghui.audit.signing import SigningKey
from gonghui.audit.verify import Finding, Report, Unusable, read_head, verify, verify_signature

KEY, OTHER_KEY = SigningKey.generate(), SigningKey.generate()
KEYS = frozenset({KEY.fingerprint})
OTHER_CHAIN = UUID("01990000-0000-7000-8000-000000000002")

Check = Callable[..., Report]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Verifies lines as files, against a head that somebody else kept where there is one."""

    def run(*files: list[bytes], head: bytes | None = None, keys: frozenset[str] = KEYS) -> Report:
        paths = []
        for number, lines in enumerate(files):
            paths.append(tmp_path / f"{number}.jsonl")
            paths[-1].write_bytes(b"".join(lines))
        kept = None
        if head is not None:
            (tmp_path / "head").write_bytes(head)
            kept = read_head(tmp_path / "head", keys)
        return verify(paths, keys, kept)

    return run


def place(lines: list[bytes], seq: int) -> int:
    """Where the line of an entry stands in a file."""
    return next(n for n, line in enumerate(lines) if f'"seq":{seq}}}'.encode() in line and b'"entry"' in line)


def fault(report: Report) -> tuple[str, int]:
    assert report.fault is not None
    return report.fault.code, report.fault.row


# --- what holds


def test_an_untouched_file_is_complete_and_nothing_is_known_of_what_came_after(check: Check) -> None:
    report = check(made_up(KEY).lines())
    assert report.fault is None
    assert [(note.code, note.told.get("last")) for note in report.notes] == [
        ("complete", ROWS),
        ("nothing_after", None),
    ]


def test_with_a_head_that_somebody_else_kept_it_is_complete_up_to_there(check: Check) -> None:
    trail = made_up(KEY)
    report = check(trail.lines(), head=trail.head(20))
    assert report.fault is None
    assert [note.code for note in report.notes] == ["complete"]


def test_rows_behind_the_last_head_are_told_as_not_signed(check: Check) -> None:
    trail = made_up(KEY)
    trail.heads = (10, 20)
    report = check(trail.lines())
    assert report.fault is None
    assert [(note.code, note.row) for note in report.notes][:2] == [("complete", 20), ("unsigned", 21)]


def test_segments_in_their_order_are_one_trail(check: Check) -> None:
    trail = made_up(KEY)
    assert check(trail.lines(0, 10), trail.lines(10, 20), trail.lines(20, 30)).fault is None
    assert check([*trail.lines(0, 10), *trail.lines(10, 20), *trail.lines(20, 30)]).fault is None
    assert check(trail.lines(10, 20)).notes[0].told["first"] == 11


def test_heads_by_an_earlier_key_do_not_hinder(check: Check) -> None:
    trail = made_up(KEY)
    lines = trail.lines()
    lines[place(lines, 10) + 1] = trail.head(10, OTHER_KEY)
    assert check(lines).fault is None
    assert check(lines, keys=KEYS | {OTHER_KEY.fingerprint}).fault is None


def test_an_entry_whose_values_were_erased_holds_and_is_counted(check: Check) -> None:
    lines = made_up(KEY).lines()
    cut, _mark, _values = lines[7].partition(b',"payload":')
    lines[7] = cut + b',"payload":null}\n'
    report = check(lines)
    assert report.fault is None
    assert report.notes[0].told["erased"] == 1


# --- what does not


def test_an_edit_is_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    lines[place(lines, 17)] = lines[place(lines, 17)].replace(b"core.person.created", b"core.person.merged")
    report = check(lines)
    assert fault(report) == ("edited", 17)
    assert "core.person.merged" in str(report.fault and report.fault.sentence("en"))
    assert [(note.code, note.row) for note in report.notes] == [("complete", 10)]


def test_an_edit_with_its_own_hash_made_anew_breaks_the_link_to_the_next(check: Check) -> None:
    trail = made_up(KEY)
    lines = trail.lines()
    trail.entries[16] = {**trail.entries[16], "action": "core.person.merged"}
    lines[place(lines, 17)] = row_line(trail.entries[16], trail.hashes()[17])
    report = check(lines)
    assert fault(report) == ("edited", 18)
    assert "the hash of the row before it" in str(report.fault and report.fault.sentence("en"))


def test_values_that_were_not_sealed_are_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    lines[place(lines, 17)] = lines[place(lines, 17)].replace("样17".encode(), "样18".encode())
    assert fault(check(lines)) == ("values", 17)


@pytest.mark.parametrize("count", [1, 3])
def test_rows_that_were_removed_are_named(check: Check, count: int) -> None:
    lines = made_up(KEY).lines()
    del lines[place(lines, 13) : place(lines, 13) + count]
    report = check(lines)
    assert fault(report) == ("removed", 13)
    assert report.fault is not None
    assert report.fault.told["last"] == 12 + count


def test_a_row_removed_and_the_others_numbered_anew_is_named(check: Check) -> None:
    trail = made_up(KEY)
    lines = trail.lines()
    del lines[place(lines, 13)]
    for seq in range(14, 31):
        at = place(lines, seq)
        lines[at] = lines[at].replace(f'"seq":{seq}}}'.encode(), f'"seq":{seq - 1}}}'.encode())
    assert fault(check(lines)) == ("edited", 13)


def test_rows_that_changed_places_are_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    one, two = place(lines, 13), place(lines, 16)
    lines[one], lines[two] = lines[two], lines[one]
    assert fault(check(lines)) == ("reordered", 13)


def test_a_row_that_stands_twice_is_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    lines.insert(place(lines, 13), lines[place(lines, 13)])
    assert fault(check(lines)) == ("reordered", 14)


@pytest.mark.parametrize("left", [29, 25, 20])
def test_a_cut_tail_is_named_by_a_head_that_somebody_else_kept(check: Check, left: int) -> None:
    trail = made_up(KEY)
    lines = trail.lines()
    del lines[place(lines, left) + 1 + (left in HEADS) :]
    report = check(lines, head=trail.head(30))
    assert fault(report) == ("cut", left + 1)


def test_without_such_a_head_a_cut_tail_is_told_as_the_end_of_what_is_known(check: Check) -> None:
    lines = made_up(KEY).lines()
    del lines[place(lines, 20) + 2 :]
    report = check(lines)
    assert report.fault is None
    assert [(note.code, note.row) for note in report.notes] == [("complete", 20), ("nothing_after", 20)]


def rewritten(key: SigningKey = KEY) -> Trail:
    """The trail with another row 17, linked anew from there."""
    trail = made_up(key)
    trail.entries[16] = {**trail.entries[16], "action": "core.person.merged"}
    return trail


def test_a_chain_made_anew_and_signed_by_another_key_is_named(check: Check) -> None:
    trail, lines = rewritten(), rewritten().lines()
    for seq in (20, 30):
        lines[place(lines, seq) + 1] = trail.head(seq, OTHER_KEY)
    report = check(lines)
    assert fault(report) == ("other_key", 11)
    assert report.fault is not None
    assert OTHER_KEY.fingerprint in report.fault.sentence("zh")


def test_a_chain_made_anew_under_the_old_heads_is_named(check: Check) -> None:
    lines = rewritten().lines()
    for seq in (20, 30):
        lines[place(lines, seq) + 1] = made_up(KEY).head(seq)
    assert fault(check(lines)) == ("bad_head", 11)


def test_a_signature_that_was_made_for_another_head_is_named(check: Check) -> None:
    trail, lines = rewritten(), rewritten().lines()
    right, forged = made_up(KEY).head(30), trail.head(30)
    cut = right.index(b',"public_key"')
    lines[-1] = forged[: forged.index(b',"public_key"')] + right[cut:]
    lines[place(lines, 20) + 1 : place(lines, 20) + 2] = []
    assert fault(check(lines)) == ("bad_head", 11)


def test_a_past_rewritten_with_the_right_key_is_named_by_a_head_that_somebody_else_kept(check: Check) -> None:
    report = check(rewritten().lines(), head=made_up(KEY).head(20))
    assert fault(report) == ("other_past", 1)
    assert check(rewritten().lines(), head=made_up(KEY).head(10)).fault is None


def test_a_file_whose_heads_are_all_by_another_key_is_vouched_for_from_no_row_on(check: Check) -> None:
    assert fault(check(made_up(OTHER_KEY).lines())) == ("other_key", 1)


def test_a_file_without_heads_is_vouched_for_by_nothing(check: Check) -> None:
    trail = made_up(KEY)
    trail.heads = ()
    assert fault(check(trail.lines())) == ("no_head", 1)
    assert check(trail.lines(), head=trail.head(20)).fault is None
    assert fault(check(trail.lines(0, 19), head=trail.head(20))) == ("cut", 20)


def test_stretches_that_changed_places_are_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    two, three = place(lines, 11), place(lines, 21)
    swapped = [*lines[:two], *lines[three:], *lines[two:three]]
    assert fault(check(swapped)) == ("reordered", 11)


def test_segments_that_changed_places_are_named(check: Check) -> None:
    trail = made_up(KEY)
    assert fault(check(trail.lines(0, 10), trail.lines(20, 30), trail.lines(10, 20))) == ("other_chain", 11)


def test_a_segment_of_another_chain_is_named(check: Check) -> None:
    theirs = made_up(KEY, OTHER_CHAIN)
    ours = made_up(KEY)
    assert fault(check(ours.lines(0, 10), theirs.lines(10, 20), ours.lines(20, 30))) == ("other_chain", 11)
    stretch = [*ours.lines(0, 10), *theirs.lines(10, 20)[1:], *ours.lines(20, 30)[1:]]
    assert fault(check(stretch)) == ("edited", 11)


def test_a_chain_that_is_said_to_be_anothers_is_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    lines[0] = lines[0].replace(str(made_up(KEY).chain).encode(), str(OTHER_CHAIN).encode())
    assert fault(check(lines)) == ("other_chain", 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[:-20] + b"\n",
        lambda line: line.replace(b"}\n", b',"entry":{"action":"another"}}\n'),
        lambda line: line.replace(b'"hash"', b'"Hash"'),
        lambda line: b"\n",
    ],
    ids=["torn", "told twice", "misnamed", "empty"],
)
def test_a_line_that_cannot_be_read_in_one_way_only_is_named(
    check: Check, spoil: Callable[[bytes], bytes]
) -> None:
    lines = made_up(KEY).lines()
    lines[place(lines, 17)] = spoil(lines[place(lines, 17)])
    assert fault(check(lines)) == ("unreadable", 17)


WHOLE = made_up(KEY).lines()


@given(st.integers(1, ROWS), st.integers(0, 10_000), st.integers(0, 255))
def test_whichever_byte_of_a_row_is_changed_that_row_is_named(seq: int, at: int, byte: int) -> None:
    lines, row = list(WHOLE), bytearray(WHOLE[place(WHOLE, seq)][:-1])
    at %= len(row)
    assume(row[at] != byte and byte not in b"\r\n")
    row[at] = byte
    lines[place(WHOLE, seq)] = bytes(row) + b"\n"
    with TemporaryDirectory() as folder:
        report = verify([_file(Path(folder), b"".join(lines))], KEYS)
    assert fault(report)[1] == seq
    assert report.lines("zh") != report.lines("en")


def test_what_a_tampered_row_says_cannot_steer_a_terminal(check: Check) -> None:
    lines = made_up(KEY).lines()
    lines[place(lines, 17)] = lines[place(lines, 17)].replace(b"core.person.created", b"\\u001b[2Jcomplete")
    (said, _complete) = check(lines).lines("en")
    assert "?[2Jcomplete" in said
    assert said.isprintable()


def test_a_row_nested_without_end_is_named(check: Check) -> None:
    lines = made_up(KEY).lines()
    cut, mark, _values = lines[place(lines, 17)].partition(b',"payload":')
    lines[place(lines, 17)] = cut + mark + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    assert fault(check(lines)) == ("unreadable", 17)


# --- the command, as an outsider runs it


def outsider(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the one file by itself, in a Python that knows nothing of the platform."""
    alone = folder / "alone.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", str(alone), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_one_file_verifies_by_itself_in_both_languages(tmp_path: Path) -> None:
    trail = made_up(KEY)
    (tmp_path / "whole").write_bytes(b"".join(trail.lines()))
    (tmp_path / "cut").write_bytes(b"".join(trail.lines(0, 20)))
    (tmp_path / "head").write_bytes(trail.head(30))
    asked = ("--key-fingerprint", KEY.fingerprint.upper())
    whole = outsider(tmp_path, str(tmp_path / "whole"), *asked, "--lang", "en")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("complete from row 1 to 30, signed at 2026-01-02T06:00:00+00:00;")
    cut = outsider(tmp_path, str(tmp_path / "cut"), *asked, "--head", str(tmp_path / "head"), "--lang", "zh")
    assert cut.returncode == 1
    assert cut.stdout.startswith("末尾被截去：第 21 至 30 条缺失")


def test_what_is_no_trail_or_no_head_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "trail").write_bytes(b"".join(made_up(KEY).lines()))
    asked = ("--key-fingerprint", KEY.fingerprint)
    for arguments in (("text",), ("missing",), ("trail", "--head", str(tmp_path / "text"))):
        done = outsider(tmp_path, str(tmp_path / arguments[0]), *arguments[1:], *asked)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
    kept = read_head(_file(tmp_path, made_up(KEY).head(10)), KEYS)
    with pytest.raises(Unusable, match="older"):
        verify([_file(tmp_path, b"".join(made_up(KEY).lines(20, 30)), "late")], KEYS, kept)


def _file(folder: Path, content: bytes, name: str = "kept") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_every_sentence_can_be_said_in_both_languages() -> None:
    told = dict.fromkeys(("last", "found", "line", "entry", "key", "first", "at", "erased"), "x")
    for code in verifier.SENTENCES:
        for language in ("zh", "en"):
            assert "{" not in Finding(code, 1, told).sentence(language)


# --- signatures

#: RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS, ids=["empty", "one byte", "two bytes"])
def test_the_vectors_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    public, told, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify_signature(public, told, signed)
    assert not verify_signature(public, told + b"x", signed)


@given(
    st.binary(max_size=64), st.integers(0, 511), st.sampled_from(["key", "message", "signature", "nothing"])
)
def test_it_agrees_with_cryptography(message: bytes, bit: int, spoilt: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    parts = {"key": key.public_key().public_bytes_raw(), "message": message or b"x"}
    parts["signature"] = key.sign(parts["message"])
    if spoilt in parts:
        place, mask = divmod(bit % (len(parts[spoilt]) * 8), 8)
        part = bytearray(parts[spoilt])
        part[place] ^= 1 << mask
        parts[spoilt] = bytes(part)
    assert verify_signature(parts["key"], parts["message"], parts["signature"]) is _cryptography_says(**parts)


def _cryptography_says(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_a_signature_that_is_right_modulo_the_order_is_refused() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signature, public = key.sign(b"x"), key.public_key().public_bytes_raw()
    larger = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert not verify_signature(public, b"x", signature[:32] + larger.to_bytes(32, "little"))
