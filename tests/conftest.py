import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from apikeys import throttling, usage
from apikeys.models import ApiKey
from apikeys.services import issue_key
from payments import amounts
from payments.models import UpiAccount


@pytest.fixture(autouse=True)
def quiet_usage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No thread writes request counts behind a test's back; tests of counting call `usage.flush()`."""
    monkeypatch.setattr(usage, "_flusher", threading.current_thread())
    yield
    usage._seen.clear()


@pytest.fixture(autouse=True)
def fresh_accounts() -> None:
    """No test sees the accounts of the one before."""
    amounts.forget_accounts()


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts its requests from zero, in this process."""
    monkeypatch.setattr(throttling, "_limiter", throttling.Limiter(""))


@pytest.fixture
def asha(db) -> ApiKey:
    """Asha's shop takes live payments."""
    key, text = issue_key(label="Asha Traders")
    key.text = text
    return key


@pytest.fixture
def ravi(db) -> ApiKey:
    """Ravi runs another shop on the same PayGate."""
    key, text = issue_key(label="Ravi Books")
    key.text = text
    return key


@pytest.fixture
def testing(db) -> ApiKey:
    """A developer's key in test mode."""
    key, text = issue_key(label="Developer", test=True)
    key.text = text
    return key


@pytest.fixture
def account(db) -> UpiAccount:
    """The shop's UPI account, whose bank's alerts name no account."""
    return UpiAccount.objects.create(upi_id="asha.traders@okhdfcbank", payee_name="ASHA SHARMA")


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call the API as a key's owner: `call(asha, "post", "/api/v1/create-payment", {...})`."""

    def call(key: ApiKey | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        client = APIClient(raise_request_exception=False)
        if key is not None:
            headers = {"X-API-Key": key.text, **headers}
        if body is None:
            return getattr(client, method)(path, headers=headers)
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return client.generic(method.upper(), path, body, content_type="application/json", headers=headers)

    return call
