import html
import re
from pathlib import Path

BASE_URL = "https://pay.asha.example"
PUBLISHED = Path(__file__).with_name("published_samples.txt").read_text().replace("http://localhost:3000", BASE_URL)


def test_what_merchants_wrote_code_against_stays_in_the_guide_line_by_line(client, settings):
    settings.BASE_URL = BASE_URL
    page = client.get("/docs").content.decode()
    text = _words(html.unescape(re.sub(r"<[^>]+>", "", page.partition("<main")[2])))

    position = 0
    for line in PUBLISHED.splitlines():
        found = text.find(_words(line), position)
        assert found >= 0, f"missing, or out of order: {line}"
        position = found + len(_words(line))


def test_no_sample_names_another_address_than_this_installation(client, settings):
    settings.BASE_URL = BASE_URL

    for path in ("/docs", "/docs/api"):
        assert "localhost" not in client.get(path).content.decode()


def _words(text: str) -> str:
    return " ".join(text.split())
