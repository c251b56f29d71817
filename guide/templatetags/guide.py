import re
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from guide import samples

register = template.Library()


@register.inclusion_tag("guide/sample.html")
def sample(name: str, title: str) -> dict[str, Any]:
    """Show one sample file."""
    return {"sample": samples.sample(name, title, settings.BASE_URL)}


@register.inclusion_tag("guide/samples.html")
def samples_of(id: str, legend: str, **names: str) -> dict[str, Any]:  # noqa: A002
    """Show the same thing in several languages; of the keywords' names, `_` stands for a blank."""
    shown = [samples.sample(name, title.replace("_", " "), settings.BASE_URL) for title, name in names.items()]
    return {"id": id, "legend": legend, "samples": shown}


@register.inclusion_tag("guide/sample.html")
def plain_sample(text: str, title: str) -> dict[str, Any]:
    """Show a text without colours."""
    return {"sample": samples.Sample(title, escape(text))}


@register.inclusion_tag("guide/sample.html")
def json_sample(text: str, title: str) -> dict[str, Any]:
    return {"sample": samples.Sample(title, samples.coloured(text, "json"))}


@register.filter
def code_marks(text: str) -> SafeString:
    """Escape a text and show what stands between backticks as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308
