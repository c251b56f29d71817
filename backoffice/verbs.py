"""What staff can do, each thing a `Verb`: a page that asks (GET), the deed (POST), its record.

The page, the permission check, the record and the answer to a lost race are the same for all of them and live here.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters

from backoffice import audit, deeds
from backoffice.roles import roles_with
from payments.exceptions import PaymentError


class Refused(Exception):
    """The deed was not done; the message says why, to a person. Nothing was changed."""


@dataclass(frozen=True)
class Secret:
    """A text shown on one page, once."""

    label: str
    text: str = field(repr=False)
    hint: str = ""


@dataclass(frozen=True)
class Done:
    """What came of a deed. With secrets they are shown at once, else the page of `target` is opened with `message`
    and below it the `notes`.
    """

    message: str
    target: models.Model | None
    secrets: tuple[Secret, ...] = ()
    details: str = ""
    notes: tuple[str, ...] = ()


class NothingToAsk(forms.Form):
    """A deed that needs no words."""


class MaybeReason(forms.Form):
    reason = forms.CharField(max_length=500, required=False, label="Reason (optional)")


class Reason(forms.Form):
    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="Kept for good, with your name.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why. The reason is kept for good."},
    )


class Verb:
    """One thing staff may do, to one object (`on_object`) or to make one."""

    name: ClassVar[str]
    label: ClassVar[str]
    permission: ClassVar[str]
    form_class: ClassVar[type[forms.Form]] = NothingToAsk
    danger: ClassVar[bool] = False
    on_object: ClassVar[bool] = True
    # The fields that a link to the form may fill in, by the name the link uses.
    prefilled: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            deeds.know(cls.name, cls.label)

    def offered(self, obj: Any, now: datetime) -> bool:
        """Say whether the object's state at `now` allows this."""
        return True

    def why_not(self, obj: Any, now: datetime) -> str:
        """Say why this is not offered, in a sentence."""
        return "This is not possible any more."

    def explanation(self, obj: Any) -> str:
        """Say what will happen, above the form."""
        return ""

    def facts(self, obj: Any) -> list[tuple[str, Any]]:
        """Return what to check before doing it."""
        return []

    def form(self, obj: Any, data: Any = None) -> forms.Form:
        return self.form_class(data)

    def find_out(self, obj: Any, data: dict[str, Any]) -> dict[str, Any]:
        """Ask another computer, before the transaction; what it returns is added to `data`. Raises Refused."""
        return {}

    def run(self, obj: Any, data: dict[str, Any], actor: str) -> Done:
        """Do it, by calling a service. Raises Refused, PaymentError, ValidationError."""
        raise NotImplementedError


def may(request: HttpRequest, verb: Verb) -> bool:
    return request.user.has_perm(verb.permission)


def verb_url(obj: models.Model, verb: Verb) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{verb.name}", args=[obj.pk])


def page_url(obj: models.Model) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


@sensitive_post_parameters()
def verb_view(request: HttpRequest, *, verb: Verb, obj: Any, context: dict[str, Any]) -> HttpResponse:
    """Ask on GET, act on POST. The caller has found `obj` and checked that this person may see it."""
    if not may(request, verb):
        raise PermissionDenied(_who_may(verb))
    if request.method != "POST":
        form = verb.form(obj)
        form.initial = {**form.initial, **_filled_in(request, verb, form)}
        return _ask(request, verb, obj, form, context)
    form = verb.form(obj, request.POST)
    form.files = request.FILES
    if not form.is_valid():
        return _ask(request, verb, obj, form, context, status=400)
    try:
        found = verb.find_out(obj, form.cleaned_data) if _is_offered(verb, obj) else {}
        done = _do(request, verb, obj, {**form.cleaned_data, **found})
    except (Refused, PaymentError, ValidationError) as refusal:
        _add_errors(form, refusal)
        return _ask(request, verb, obj, form, context, status=409)
    return _answer(request, verb, done, context)


def _filled_in(request: HttpRequest, verb: Verb, form: forms.Form) -> dict[str, Any]:
    """Return what the link fills in, as its fields give it; what they would refuse is left out."""
    filled = {}
    for name in verb.prefilled.keys() & request.GET.keys():
        field = verb.prefilled[name]
        with suppress(ValidationError):
            filled[field] = form.fields[field].clean(request.GET[name])
    return filled


def _is_offered(verb: Verb, obj: Any) -> bool:
    return not verb.on_object or verb.offered(obj, timezone.now())


@transaction.atomic
def _do(request: HttpRequest, verb: Verb, obj: Any, data: dict[str, Any]) -> Done:
    if verb.on_object and not verb.offered(obj, now := timezone.now()):
        raise Refused(verb.why_not(obj, now))
    done = verb.run(obj, data, request.user.get_username())
    audit.record(request, verb.name, done.target or obj, reason=data.get("reason", ""), details=done.details)
    return done


def _ask(
    request: HttpRequest, verb: Verb, obj: Any, form: forms.Form, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    offered = not verb.on_object or verb.offered(obj, now := timezone.now())
    page = {
        **context,
        "title": verb.label,
        "verb": verb,
        "object": obj,
        "back": page_url(obj) if verb.on_object else context["list_url"],
        "form": form,
        "explanation": verb.explanation(obj) if offered else "",
        "facts": verb.facts(obj),
        "why_not": "" if offered else verb.why_not(obj, now),
    }
    return TemplateResponse(request, "admin/verb.html", page, status=status)


def _answer(request: HttpRequest, verb: Verb, done: Done, context: dict[str, Any]) -> HttpResponse:
    to = page_url(done.target) if done.target else context["list_url"]
    if not done.secrets:
        messages.success(request, done.message)
        for note in done.notes:
            messages.info(request, note)
        return HttpResponseRedirect(to)
    page = {**context, "title": done.message, "verb": verb, "object": done.target, "secrets": done.secrets, "next": to}
    response = TemplateResponse(request, "admin/shown_once.html", page)
    add_never_cache_headers(response)
    return response


def _add_errors(form: forms.Form, refusal: Exception) -> None:
    for name, text in _errors(refusal):
        form.add_error(name if name in form.fields else None, text)


def _errors(refusal: Exception) -> Iterator[tuple[str | None, str]]:
    if not isinstance(refusal, ValidationError):
        yield None, str(refusal)
    elif hasattr(refusal, "error_dict"):
        for name, texts in refusal.message_dict.items():
            yield from ((name, text) for text in texts)
    else:
        yield from ((None, text) for text in refusal.messages)


def _who_may(verb: Verb) -> str:
    roles = " or ".join(roles_with(verb.permission))
    return f"“{verb.label}” needs the role {roles}. Nothing was changed."
