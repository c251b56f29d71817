"""Random requests, good and bad, against the running application: nothing breaks, and the file tells the truth."""

from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from paygate.wsgi import application

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


schema = schemathesis.openapi.from_wsgi("/api/schema?format=json", application)


@pytest.fixture
def kept_connection(db):
    """Keep the test's transaction: a WSGI application closes its connection between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


BOUNDED = settings(
    max_examples=15,
    stateful_step_count=8,
    deadline=timedelta(seconds=5),
    suppress_health_check=[*HealthCheck],
    derandomize=True,
    database=None,
)


@schema.parametrize()
@BOUNDED
def test_every_answer_is_one_that_the_file_promises(case, kept_connection, asha, account):
    case.call_and_validate(headers={"X-API-Key": asha.text}, checks=CHECKS)


def test_calls_that_follow_from_each_others_answers(kept_connection, asha, account):
    """A payment is made, read, cancelled and read again; pages lead to the next ones."""
    called = []

    class Calls(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            called.append(case.operation.label)
            return {"headers": {"X-API-Key": asha.text}}

        def validate_response(self, response, case, **kwargs):
            case.validate_response(response, checks=CHECKS)

    Calls.run(settings=BOUNDED)

    assert {"POST /api/v1/create-payment", "GET /api/v1/payment/{session_id}"} <= set(called)
    assert "POST /api/v1/cancel/{session_id}" in called
