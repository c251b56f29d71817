"""Reading the back office's pages as people do: tables, buttons, messages."""

from html.parser import HTMLParser
from typing import Any


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self.text: list[str] = []
        self._cell = self._link = False
        self._href = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self._cell = True
        elif tag == "a":
            self._href, self._link = dict(attrs).get("href", ""), True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._cell = False
        elif tag == "a":
            self._link = False

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            return
        self.text.append(words)
        if self._cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {words}".strip()
        if self._link:
            self.links.setdefault(words, self._href)


def read(response: Any) -> _Reader:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader


def headers(response: Any) -> list[str]:
    return read(response).rows[0]


def rows(response: Any) -> list[list[str]]:
    return read(response).rows[1:]


def column(response: Any, name: str) -> list[str]:
    index = headers(response).index(name)
    return [row[index] for row in rows(response)]


def links(response: Any) -> dict[str, str]:
    return read(response).links


def says(response: Any) -> str:
    return " ".join(read(response).text)
