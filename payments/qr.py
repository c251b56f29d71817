"""The QR of a UPI link as a PNG. Pure."""

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# In modules, as the QR standard asks; cheap scanners miss a code with less white around it.
QUIET_ZONE = 4
MODULE_PIXELS = 8
CAPTION_PIXELS = 26


@lru_cache(maxsize=512)
def png(text: str, *, caption: str = "") -> bytes:
    """Return a black-on-white, one-bit PNG, with a line below if there is a caption (ASCII).

    Choosing the mask takes 12 ms, so a page that is reloaded finds it here.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    # One byte segment: mixed ones read the same, but not every app's own scanner knows them.
    code.add_data(text, optimize=0)
    code.make(fit=True)
    modules = code.get_matrix()
    side = len(modules)
    image = Image.new("1", (side, side))
    image.putdata([0 if dark else 255 for row in modules for dark in row])
    image = image.resize((side * MODULE_PIXELS, side * MODULE_PIXELS), Image.Resampling.NEAREST)
    return _png_bytes(_with_caption(image, caption) if caption else image)


def _with_caption(image: Image.Image, caption: str) -> Image.Image:
    # The quiet zone stays white: the line stands below it.
    font = ImageFont.load_default(size=CAPTION_PIXELS)
    captioned = Image.new("1", (image.width, image.height + 2 * CAPTION_PIXELS), 1)
    captioned.paste(image)
    middle = (image.width // 2, image.height + CAPTION_PIXELS // 2)
    ImageDraw.Draw(captioned).text(middle, caption, fill=0, font=font, anchor="mm")
    return captioned


def _png_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
