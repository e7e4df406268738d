"""Photos: made anew from their picture alone, upright, so that no place, camera or hidden content comes along."""

from __future__ import annotations

from io import BytesIO
from typing import Any, BinaryIO

import pi_heif
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from gonghui.errors import FieldFault, Invalid, invalid
from gonghui.i18n import _
from gonghui.records.attachments.rules import FileKind

MOST_PIXELS = 64_000_000
"""Of a picture: about 200 MB while it is worked on. Telephones take 12 to 50 million."""
_FORMATS = {FileKind.JPEG: ("JPEG", "MPO"), FileKind.PNG: ("PNG",), FileKind.HEIC: ("HEIF",)}
_QUALITY = 92
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

pi_heif.register_heif_opener(thumbnails=False)


def cleaned(file: BinaryIO, kind: FileKind) -> tuple[BytesIO, FileKind]:
    """The picture in `file`, upright and without anything else, and what it is now: HEIC becomes JPEG.

    A JPEG keeps its own quantisation tables, so that it looks as before. Raises `Invalid` for a broken picture and
    for one with too many pixels.
    """
    try:
        with Image.open(file, formats=_FORMATS[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            return _made_anew(picture, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Invalid:
        raise
    except Exception as broken:
        message = _("图片已损坏，无法打开。请重新拍照或导出后再上传。")
        raise invalid(FieldFault("/file", "picture_broken", message)) from broken


def _made_anew(picture: Image.Image, kind: FileKind) -> tuple[BytesIO, FileKind]:
    options = _jpeg_options(picture)  # a picture that was turned has forgotten them
    upright = _in_srgb(ImageOps.exif_transpose(picture))
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    made = BytesIO()
    if kind is FileKind.PNG:
        upright.save(made, "PNG")
        return made, kind
    if upright.mode not in ("RGB", "L"):
        upright = upright.convert("RGB")
    upright.save(made, "JPEG", **options)
    return made, FileKind.JPEG


def _jpeg_options(picture: Image.Image) -> dict[str, Any]:
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and picture.mode in ("RGB", "L"):
        return {"qtables": picture.quantization, "subsampling": JpegImagePlugin.get_sampling(picture)}
    return {"quality": _QUALITY}


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The picture in the colours that are meant where no profile stands: a profile may hold anything."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(picture, own, _SRGB, outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError):  # a profile that nobody can read changes no colours either
        return picture


def _too_many_pixels() -> Invalid:
    message = _("图片的像素太多，最多 {n} 万像素。请缩小后再上传。", n=MOST_PIXELS // 10_000)
    return invalid(FieldFault("/file", "too_many_pixels", message))
