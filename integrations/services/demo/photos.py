"""Pictures for the log, drawn instead of taken."""

import io
from datetime import datetime
from uuid import UUID

from PIL import Image, ImageDraw, ImageFont

from accounts.models import User
from core.services import attachments

_SIZE = (960, 720)
_TONES = ((44, 82, 99), (87, 72, 54), (58, 78, 62), (80, 62, 84), (66, 70, 82))


def take(subject: str, *, number: int, by: User | None, now: datetime, of: str = "log") -> UUID:
    """Draw a photo of `subject` and store it as an upload of `by`, still free to be attached."""
    stored = attachments.store(
        upload=io.BytesIO(_draw(subject, number)),
        name=f"{subject.lower().replace(' ', '-')}.jpg",
        target_type=of,
        target_id=None,
        by=by,
        now=now,
    )
    return stored.pk


def _draw(subject: str, number: int) -> bytes:
    width, height = _SIZE
    tone = _TONES[number % len(_TONES)]
    picture = Image.new("RGB", _SIZE, tone)
    canvas = ImageDraw.Draw(picture)
    for line in range(0, height, 4):
        shade = tuple(min(255, part + line // 9) for part in tone)
        canvas.rectangle((0, line, width, line + 3), fill=shade)
    canvas.rounded_rectangle(
        (180, 170, 780, 560), 24, fill=(196, 201, 206), outline=(60, 64, 68), width=6
    )
    for column in range(5):
        left = 220 + column * 112
        canvas.rounded_rectangle(
            (left, 220, left + 84, 500), 10, fill=(150, 157, 164), outline=(90, 96, 102), width=3
        )
    centre = 262 + (number % 5) * 112
    canvas.ellipse((centre - 46, 330, centre + 46, 422), outline=(206, 62, 44), width=9)
    canvas.rectangle((0, height - 84, width, height), fill=(24, 27, 30))
    canvas.text((28, height - 66), subject, fill=(240, 240, 240), font=ImageFont.load_default(36))
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=82)
    return output.getvalue()
