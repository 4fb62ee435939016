"""Photos made safe to keep and show: upright, without place and device, with a small copy."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
MOST_PIXELS = 60_000_000
THUMBNAIL_EDGE = 320


class PhotoRefused(ValueError):
    """The data begin like a photo but cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Photo:
    data: bytes
    content_type: str
    thumbnail: bytes  # WebP, at most THUMBNAIL_EDGE on each side


def read_photo(data: bytes) -> Photo | None:
    """The cleaned photo, or None when the data are no JPEG, PNG, WebP or GIF.

    Everything a camera writes besides the picture is dropped; of an animation the first frame
    stays. Raises PhotoRefused for broken pictures and for those too large to unpack.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # limited below
            picture = Image.open(io.BytesIO(data), formats=list(FORMATS))
    except UnidentifiedImageError:
        return None
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise PhotoRefused("The picture is damaged or too large.") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise PhotoRefused(f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.")
    try:
        return _cleaned(picture)
    except (OSError, ValueError, SyntaxError, IndexError, KeyError, EOFError) as error:
        raise PhotoRefused("The picture is damaged.") from error


def _cleaned(picture: Image.Image) -> Photo:
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    profile = picture.info.get("icc_profile")
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    kept = io.BytesIO()
    options = {"icc_profile": profile} if profile else {}
    quality = {"quality": 90} if kind in {"JPEG", "WEBP"} else {}
    plain = upright.copy()
    plain.info.clear()  # comments, text chunks, XMP
    if kind == "GIF" and "transparency" in upright.info:
        plain.info["transparency"] = upright.info["transparency"]
    plain.save(kept, kind, **options, **quality)
    return Photo(kept.getvalue(), FORMATS[kind], _small(upright))


def _small(picture: Image.Image) -> bytes:
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    small = picture.convert(mode)
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    small.info.clear()
    made = io.BytesIO()
    small.save(made, "WEBP", quality=80)
    return made.getvalue()
