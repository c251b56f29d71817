"""The QR of a UPI link as a PNG. Pure."""

import io
from functools import lru_cache

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# In modules, as the QR standard asks; cheap scanners miss a code with less white around it.
QUIET_ZONE = 4
MODULE_PIXELS = 8


@lru_cache(maxsize=512)
def png(text: str) -> bytes:
    """Return a black-on-white, one-bit PNG. Choosing the mask takes 12 ms, so a page that is reloaded finds it here."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    # One byte segment: mixed ones read the same, but not every app's own scanner knows them.
    code.add_data(text, optimize=0)
    code.make(fit=True)
    modules = code.get_matrix()
    side = len(modules)
    image = Image.new("1", (side, side))
    image.putdata([0 if dark else 255 for row in modules for dark in row])
    return _png_bytes(image.resize((side * MODULE_PIXELS, side * MODULE_PIXELS), Image.Resampling.NEAREST))


def _png_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
