"""What a file is, by its content: names that disagree, files that are two at once, macros, bombs, and photos."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from gonghui.errors import DomainError, TooLarge
from gonghui.records.attachments import office
from gonghui.records.attachments.contents import Content, accepted
from gonghui.records.attachments.rules import AttachmentRules, FileKind
from gonghui.testing.attachment_samples import PDF, sample_file

_OFFICE = "application/vnd.openxmlformats-officedocument"
SAMPLE_HEIC = Path(__file__).parents[2] / "samples" / "photo.heic"
WORD = f"{_OFFICE}.wordprocessingml.document.main+xml"


def take(content: bytes, name: str, rules: AttachmentRules | None = None) -> Content:
    return accepted(BytesIO(content), name, rules or AttachmentRules())


def refusal(content: bytes, name: str, rules: AttachmentRules | None = None) -> str:
    with pytest.raises(DomainError) as refused:
        take(content, name, rules)
    assert str(refused.value.detail)
    return refused.value.faults[0].code if refused.value.faults else refused.value.code


def document(*parts: tuple[str, bytes], types: str = WORD) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{types}"/></Types>')
        for name, content in parts:
            archive.writestr(name, content)
    return made.getvalue()


def photo(*, size: tuple[int, int] = (40, 30), orientation: int = 1, **options: object) -> bytes:
    """A photo as a telephone takes it: with place, camera, and a turn of its own; its left half is red."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Model] = orientation, "样本手机"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (22.0, 33.0, 1.0)
    made = BytesIO()
    picture.save(made, "JPEG", exif=exif, quality=87, comment=b"hidden note", **options)  # type: ignore[arg-type]
    return made.getvalue()


def opened(content: Content) -> Image.Image:
    picture = Image.open(content.stream)
    picture.load()
    return picture


@pytest.mark.parametrize("kind", [kind for kind in FileKind if kind is not FileKind.HEIC])
def test_a_file_of_each_kind_is_known_by_its_content(kind: FileKind) -> None:
    content = take(sample_file(kind), f"样本{kind.endings[0].upper()}")
    assert (content.kind, content.size) == (kind, len(content.stream.read()))


def test_a_real_workbook_is_one() -> None:
    import openpyxl

    made = BytesIO()
    openpyxl.Workbook().save(made)
    assert take(made.getvalue(), "名册.xlsx").kind is FileKind.XLSX


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", "empty_file"),
        (PDF, "a.jpg", "name_disagrees"),
        (PDF, "a.pdf.exe", "name_disagrees"),
        (sample_file(FileKind.DOCX), "a.xlsx", "name_disagrees"),
        (b"MZ\x90\0" + b"\0" * 200, "a.pdf", "kind_unknown"),
        (b"#!/bin/sh\nrm -rf /\n", "a.pdf", "kind_unknown"),
        (b"<html><script>alert(1)</script></html>", "a.pdf", "kind_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.png", "kind_unknown"),
        (b"GIF89a" + b"\0" * 20, "a.png", "kind_unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "kind_unknown"),
        (document(types="text/plain"), "a.docx", "kind_unknown"),
        (document(types=f"{WORD}, x"), "a.docx", "kind_unknown"),
        (b"PK\x03\x04 and nothing more", "a.docx", "kind_unknown"),
        (document(("word/vbaProject.bin", b"x")), "a.docx", "macros"),
        (document(("WORD/VBAPROJECT.BIN", b"x")), "a.docx", "macros"),
        (document(("word/activeX/activeX1.bin", b"x")), "a.docx", "macros"),
        (document(("xl/macrosheets/sheet1.xml", b"x")), "a.xlsx", "macros"),
        (document(types="application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docx", "macros"),
        (b"%PDF-1.4\nno end", "a.pdf", "pdf_broken"),
        (b"junk before\n" + PDF, "a.pdf", "kind_unknown"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "a.png", "picture_broken"),
        (photo()[:500], "a.jpg", "picture_broken"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "a.heic", "picture_broken"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_says_is_refused(content: bytes, name: str, code: str) -> None:
    assert refusal(content, name) == code


def test_a_refusal_names_the_name_and_the_content() -> None:
    with pytest.raises(DomainError) as refused:
        take(PDF, "照片.jpg")
    assert (
        str(refused.value.faults[0].detail) == "文件名以 .jpg 结尾，内容却是PDF 文件。请检查是否选错了文件。"
    )


def test_a_pdf_that_is_a_zip_as_well_is_refused() -> None:
    both = PDF + document(("evil.js", b"x")) + b"\n%%EOF"
    with ZipFile(BytesIO(both)) as archive:
        assert "evil.js" in archive.namelist()
    assert refusal(both, "a.pdf") == "pdf_broken"


def test_a_document_that_would_grow_beyond_measure_is_refused_without_unpacking_it() -> None:
    assert refusal(document(("word/document.xml", b"\0" * 20_000_000)), "a.docx") == "bomb"


def test_a_list_of_parts_that_would_grow_beyond_measure_is_refused() -> None:
    assert refusal(document(types=" " * 2_000_000), "a.docx") == "bomb"


def test_a_document_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "_MOST_ENTRIES", 3)
    assert refusal(document(*((f"{n}", b"") for n in range(3))), "a.docx") == "bomb"


def test_a_kind_that_a_record_type_does_not_take_is_refused() -> None:
    rules = AttachmentRules(kinds=(FileKind.PDF, FileKind.PNG))
    with pytest.raises(DomainError) as refused:
        take(sample_file(FileKind.DOCX), "a.docx", rules)
    assert str(refused.value.faults[0].detail) == "这里不收Word 文档，可以上传：PDF 文件、PNG 图片。"


def test_a_file_is_no_larger_than_the_record_type_says() -> None:
    assert take(PDF, "a.pdf", AttachmentRules(largest=len(PDF))).size == len(PDF)
    with pytest.raises(TooLarge):
        take(PDF, "a.pdf", AttachmentRules(largest=len(PDF) - 1))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../etc/建会申请.pdf", "建会申请.pdf"),
        ("C:\\文件\\决议.PDF", "决议.PDF"),
        ("a\0b\r\nc\u202efdp.pdf", "ab cfdp.pdf"),
        ("..", "file.pdf"),
        ("", "file.pdf"),
        (" . 名单.pdf. ", "名单.pdf"),
        ("决议", "决议.pdf"),
        ("长" * 300 + ".pdf", "长" * 146 + ".pdf"),
    ],
)
def test_a_name_loses_folders_and_whatever_cannot_be_seen(told: str, kept: str) -> None:
    assert take(PDF, told).name == kept


# --- photos


def test_a_photo_loses_its_place_and_camera_and_all_that_is_hidden_in_it() -> None:
    assert b"Exif" in photo()
    content = take(photo() + b"<?php system($_GET[0]); ?>", "现场.jpg")
    made = content.stream.read()
    assert not any(mark in made for mark in (b"Exif", b"hidden", b"php", "样本".encode()))
    assert not dict(opened(content).getexif())


def test_a_photo_is_turned_upright() -> None:
    picture = opened(take(photo(orientation=6), "现场.jpg"))
    assert picture.size == (30, 40)
    assert picture.getpixel((15, 2))[0] > 200  # what was left is above  # type: ignore[index]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_keeps_its_quality(orientation: int) -> None:
    before = photo(orientation=orientation, subsampling=0)
    after = opened(take(before, "现场.jpg"))
    assert after.quantization == Image.open(BytesIO(before)).quantization  # type: ignore[attr-defined]


def test_a_png_loses_its_texts_and_keeps_what_can_be_seen_through() -> None:
    told, made = PngImagePlugin.PngInfo(), BytesIO()
    told.add_text("Author", "hidden")
    Image.new("RGBA", (8, 8), (255, 0, 0, 40)).save(made, "PNG", pnginfo=told)
    content = take(made.getvalue(), "章.png")
    assert b"hidden" not in content.stream.read()
    assert opened(content).getpixel((1, 1)) == (255, 0, 0, 40)


def test_a_profile_of_colours_is_worked_in_and_left_out() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for own in (profile, b"hidden" * 50):
        content = take(photo(icc_profile=own), "现场.jpg")
        assert "icc_profile" not in opened(content).info


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    for side in (9_000, 40_000):
        header = side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
        chunk = b"IHDR" + header
        bomb = b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        bomb += b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
        assert refusal(bomb, "a.png") == "too_many_pixels"


def test_a_photo_of_a_telephone_that_browsers_cannot_show_becomes_a_jpeg() -> None:
    content = take(SAMPLE_HEIC.read_bytes(), "现场.HEIC")
    assert (content.name, content.kind) == ("现场.jpg", FileKind.JPEG)
    picture = opened(content)
    assert (picture.format, picture.size) == ("JPEG", (64, 48))
    assert picture.getpixel((8, 24))[0] > 200  # type: ignore[index]
    assert not dict(picture.getexif())
