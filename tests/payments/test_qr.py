import io

import pytest
import zxingcpp
from PIL import Image

from payments import qr

LINK = (
    "upi://pay?pa=asha.traders@okhdfcbank&pn=ASHA%20SHARMA&tr=A1B2C3D4E5F67890"
    "&tn=Order%20A1B2C3D4E5F67890&am=99.37&cu=INR"
)


def picture(text: str = LINK) -> Image.Image:
    return Image.open(io.BytesIO(qr.png(text)))


@pytest.mark.parametrize("text", [LINK, LINK.replace("ASHA%20SHARMA", "A" * 50).replace("99.37", "100000.00")])
def test_a_reader_reads_back_exactly_the_link(text):
    [code] = zxingcpp.read_barcodes(picture(text).convert("L"))

    assert code.text == text
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    assert code.ec_level == "M"


def test_it_is_dark_on_light_with_four_modules_of_white_around():
    image = picture()
    pixels = image.load()
    side, edge = image.width, 4 * 8

    assert image.size == (side, side)
    assert side % 8 == 0
    outside = {pixels[x, y] for x in range(side) for y in range(side) if min(x, y, side - 1 - x, side - 1 - y) < edge}
    assert outside == {255}
    assert pixels[edge, edge] == 0


def test_it_has_one_bit_a_pixel_and_little_weight():
    assert picture().mode == "1"
    assert len(qr.png(LINK)) < 1200


def test_it_is_still_read_when_a_part_of_it_is_covered():
    image = picture().convert("L")
    image.paste(255, (200, 200, 248, 248))

    assert [code.text for code in zxingcpp.read_barcodes(image)] == [LINK]


def test_another_amount_is_another_code():
    assert qr.png(LINK) != qr.png(LINK.replace("99.37", "99.38"))
