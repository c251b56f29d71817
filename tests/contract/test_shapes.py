"""What the API answers against what the OpenAPI file promises, key by key."""

import inspect
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.exceptions import APIException

from paygate import api_errors
from payments.api.error_codes import BY_CODE, ERROR_CODES
from payments.exceptions import CannotMark, PaymentError
from payments.models import PaymentEvent
from payments.services import cancel_session, confirm_session
from reconciliation.services.claims import NotAUtr, PaidAlready, TooManyClaims
from reconciliation.services.received import CannotRefund, UtrKnown

FILE = yaml.safe_load((Path(settings.BASE_DIR) / "docs" / "openapi.yaml").read_text())


def promise(name: str) -> Draft202012Validator:
    """Return a validator of a schema of the file that lets no key pass that the schema does not name."""
    components = json.loads(json.dumps(FILE["components"]))
    for schema in components["schemas"].values():
        schema["additionalProperties"] = False
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.fixture
def created(asha, account, call):
    order = {"amount": "100.50", "customer_name": "Ravi", "metadata": {"a": [1, None]}, "return_url": "https://a.in/"}
    return call(asha, "post", "/api/v1/create-payment", order).json()


def test_a_payment_has_exactly_the_keys_of_the_file(created):
    promise("PaymentAnswer").validate(created)


@pytest.mark.parametrize("becomes", ["success", "cancelled", "expired"])
def test_a_payment_that_ended_keeps_the_promise(becomes, created, asha, call, time_machine):
    session = asha.sessions.get()
    if becomes == "success":
        confirm_session(session_id=session.pk, credited_at=timezone.now(), utr="012345678901")
    elif becomes == "cancelled":
        cancel_session(session_id=session.pk, actor="test")
    else:
        time_machine.move_to(session.expires_at + timedelta(seconds=1))

    answer = call(asha, "get", f"/api/v1/payment/{session.session_id}").json()

    assert answer["payment"]["status"] == becomes
    promise("PaymentAnswer").validate(answer)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/payments", "PaymentList"),
        ("/api/v1/capacity?amount=100", "CapacityAnswer"),
        ("/api/v1/events", "EventList"),
        ("/api/v1/me", "KeyAnswer"),
    ],
)
def test_other_answers_have_exactly_the_keys_of_the_file(path, name, created, asha, call):
    session = asha.sessions.get()
    cancel_session(session_id=session.pk, actor="test")
    PaymentEvent.objects.update(feed_position=1)

    promise(name).validate(call(asha, "get", path).json())


def test_a_webhook_has_exactly_the_keys_of_the_file(created, asha):
    confirm_session(session_id=asha.sessions.get().pk, credited_at=timezone.now(), utr="012345678901")

    promise("WebhookEvent").validate(json.loads(PaymentEvent.objects.get().body))


def test_a_refusal_has_exactly_the_keys_of_the_file(asha, call):
    refused = call(asha, "post", "/api/v1/create-payment", {"amount": "ten"})

    assert refused.status_code == 400
    promise("Error").validate(refused.json())


def test_the_table_of_errors_has_every_code_that_is_raised_and_no_other():
    named = {error.stable_code for error in _subclasses(APIException) if hasattr(error, "stable_code")}
    written = set(re.findall(r'error_body\(\s*"(\w+)"', inspect.getsource(api_errors)))
    # The address of a phone's alerts is not a part of the API.
    named -= {"invalid_token", "invalid_signature", "too_large"}
    raised = {*api_errors._STATUS_OF_CODE, *api_errors._CODE_OF_STATUS.values(), *named, *written}

    assert {error.code for error in ERROR_CODES} == raised


def test_every_refusal_of_a_verb_has_its_status():
    # These are for staff and customers: no call of the API raises them.
    others = {CannotMark, CannotRefund, NotAUtr, PaidAlready, TooManyClaims, UtrKnown}
    codes = {error.code for error in _subclasses(PaymentError) - others}

    assert codes == set(api_errors._STATUS_OF_CODE)
    assert all(api_errors._STATUS_OF_CODE[code] == BY_CODE[code].status for code in codes)


def _subclasses(of: type) -> set[type]:
    return {each for direct in of.__subclasses__() for each in (direct, *_subclasses(direct))}


def test_the_examples_in_the_file_keep_its_own_promises():
    for methods in FILE["paths"].values():
        for call in methods.values():
            answer = next(answer for status, answer in call["responses"].items() if status.startswith("2"))
            content = answer["content"]["application/json"]
            promise(content["schema"]["$ref"].rpartition("/")[2]).validate(content["examples"]["Example"]["value"])
    for methods in FILE["webhooks"].values():
        content = methods["post"]["requestBody"]["content"]["application/json"]
        promise("WebhookEvent").validate(content["examples"]["Example"]["value"])
