"""Pictures of strangers made harmless: looked at, decoded, drawn anew without anything else."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any, NamedTuple, Optional

from PIL import Image, ImageOps

from ..values import AftersaleError

logger = logging.getLogger(__name__)

#: Largest file, as it is sent.
MAX_BYTES = 8 * 1024 * 1024
#: What is kept of it.
MAX_KEPT_BYTES = 1024 * 1024
MAX_SIDE = 2400
#: Pixels: a JPEG is decoded at a fraction of its size, anything else as a whole.
MAX_JPEG_PIXELS = 120_000_000
MAX_PIXELS = 30_000_000

#: As browsers name them, for a form's field.
ACCEPTED = "image/jpeg,image/png,image/webp"

_FORMATS = ("JPEG", "PNG", "WEBP")
#: Brands of the container that phones use for HEIC and AVIF; Pillow reads neither by itself.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"avif")
#: Longest side and quality, tried in this order until the result is small enough.
_ATTEMPTS = ((MAX_SIDE, 85), (MAX_SIDE, 70), (1600, 70), (1200, 60))


class FileRefused(AftersaleError):
    """A file that isn't kept; the code says why."""

    code = "FILE_UNREADABLE"


class Picture(NamedTuple):
    """A picture that holds nothing but its pixels."""

    content_type: str
    content: bytes


def clean(content: bytes, field: str = "file") -> Picture:
    """
    The same picture upright, at most 2400 pixels long, as a JPEG drawn anew.

    What it is follows from its first bytes, not from a name or a header. Nothing of the
    file is copied: no place, no camera, no comment, no bytes behind the end.

    Raises:
        FileRefused: ``REQUIRED`` when empty, ``FILE_TOO_LARGE`` in bytes or pixels,
            ``FILE_TYPE_NOT_SUPPORTED`` when no JPEG, PNG or WebP, or when it moves,
            ``FILE_UNREADABLE`` when it is damaged.
    """
    check_size(len(content), field)
    _check_type(content, field)
    try:
        return Picture("image/jpeg", _encoded(_decoded(content, field)))
    except FileRefused:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels(field) from None
    except Exception as error:
        # Decoders meet damaged files with nearly every class of error there is.
        logger.info("A picture can't be decoded: %r", error)
        raise FileRefused("The picture is damaged.", field=field) from None


def check_size(size_bytes: int, field: str = "file", *, most: int = MAX_BYTES) -> None:
    """
    Check a file's size before it is read.

    Raises:
        FileRefused: it is empty or too large.
    """
    if not size_bytes:
        raise FileRefused("The file is empty.", field=field, code="REQUIRED")
    if size_bytes > most:
        limit = most // (1024 * 1024)
        raise FileRefused(f"Use up to {limit} MB.", field=field, code="FILE_TOO_LARGE")


def _check_type(content: bytes, field: str) -> None:
    is_webp = (content[:4], content[8:12]) == (b"RIFF", b"WEBP")
    if is_webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return
    is_heif = content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS
    hint = " Save HEIC pictures as JPEG." if is_heif else ""
    raise FileRefused(
        "Use a picture in JPEG, PNG or WebP." + hint, field=field, code="FILE_TYPE_NOT_SUPPORTED"
    )


def _decoded(content: bytes, field: str) -> Image.Image:
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        # A JPEG of several pictures is what some phones make of one shot.
        is_jpeg = image.format in ("JPEG", "MPO")
        width, height = image.size
        if width * height > (MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS):
            raise _too_many_pixels(field)
        if not is_jpeg and getattr(image, "is_animated", False):
            raise FileRefused(
                "Use a picture that doesn't move.", field=field, code="FILE_TYPE_NOT_SUPPORTED"
            )
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))
        image.load()
        return _drawn_anew(_upright(image))


def _too_many_pixels(field: str) -> FileRefused:
    return FileRefused("The picture has too many pixels.", field=field, code="FILE_TOO_LARGE")


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned: Optional[Image.Image] = ImageOps.exif_transpose(image)
    except Exception as error:
        # Broken metadata is no reason to refuse a picture that can be seen.
        logger.info("The orientation of a picture can't be read: %r", error)
        return image
    return turned or image


def _drawn_anew(image: Image.Image) -> Image.Image:
    """On white; a copy would keep comments and colour profiles, which Pillow writes out again."""
    if image.mode not in ("RGB", "RGBA"):
        is_clear = "A" in image.mode or "transparency" in image.info
        image = image.convert("RGBA" if is_clear else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    canvas = Image.new("RGB", image.size, "white")
    mask: Any = image.getchannel("A") if image.mode == "RGBA" else None
    canvas.paste(image, mask=mask)
    return canvas


def _encoded(image: Image.Image) -> bytes:
    for side, quality in _ATTEMPTS:
        image.thumbnail((side, side))
        out = BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MAX_KEPT_BYTES:
            break
    return out.getvalue()
