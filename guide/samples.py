"""The guide's samples: files of their own that tests run, shown with this installation's address and in colours."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer, RegexLexer
from pygments.lexers import BashLexer, HtmlLexer, JavascriptLexer, JsonLexer, PhpLexer, PythonLexer
from pygments.token import Keyword, Name, Punctuation, String, Whitespace

from payments.api.schema_examples import EXAMPLE_BASE_URL

_FILES = (file for file in (Path(__file__).parent / "examples").iterdir() if file.is_file())
_TEXTS = {file.name: file.read_text(encoding="utf-8") for file in _FILES}


class RequestHeadLexer(RegexLexer):
    """The head of an HTTP request as guides write it: without a version."""

    name = "Request head"
    tokens = {
        "root": [
            (r"(GET|POST)(?= )", Keyword),
            (r"[A-Za-z-]+(?=: )", Name.Attribute),
            (r":? ", Punctuation),
            (r"\S[^\n]*", String),
            (r"\n", Whitespace),
        ],
    }


_LEXERS: dict[str, type[Lexer]] = {
    "html": HtmlLexer,
    "http": RequestHeadLexer,
    "js": JavascriptLexer,
    "json": JsonLexer,
    "mjs": JavascriptLexer,
    "php": PhpLexer,
    "py": PythonLexer,
    "sh": BashLexer,
}


@dataclass(frozen=True)
class Sample:
    title: str
    html: SafeString


def sample_text(name: str, base_url: str) -> str:
    """Return the sample with the installation's address in it."""
    return _TEXTS[name].replace(EXAMPLE_BASE_URL, base_url)


@cache
def sample(name: str, title: str, base_url: str) -> Sample:
    return Sample(title, coloured(sample_text(name, base_url), name.rpartition(".")[2]))


def coloured(text: str, suffix: str) -> SafeString:
    """Return escaped HTML of a text, its tokens in spans that `guide.css` colours."""
    if suffix == "http" and "\n\n" in text:
        head, body = text.split("\n\n")
        return coloured(head, "http") + mark_safe("\n\n") + coloured(body, "json")
    # Pygments escapes every token.
    html: str = highlight(text, _LEXERS[suffix](), HtmlFormatter(nowrap=True))
    return mark_safe(html.rstrip())  # noqa: S308
