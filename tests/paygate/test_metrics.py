from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import PaymentSession
from payments.services import SessionDetails, create_session


@pytest.fixture
def lines(asha, account, client):
    for paise in (100_00, 100_00, 500_00):
        create_session(api_key=asha, requested_paise=paise, details=SessionDetails())
    PaymentSession.objects.filter(requested_paise=500_00).update(expires_at=timezone.now() - timedelta(seconds=90))
    return client.get("/metrics", REMOTE_ADDR="10.0.0.1").content.decode().splitlines()


def test_the_numbers_are_those_of_the_database(lines):
    assert "paygate_sessions_pending 2.0" in lines
    assert 'paygate_amounts_held{price_paise="10000",space="live"} 2.0' in lines
    assert 'paygate_amounts_total{price_paise="10000",space="live"} 99.0' in lines
    assert 'paygate_amounts_minutes_left{price_paise="10000",space="live"} 485.0' in lines
    assert "paygate_amounts_fullest_percent 2.0" in lines
    lag = next(line for line in lines if line.startswith("paygate_expiry_lag_seconds "))
    assert 90 <= float(lag.split()[1]) < 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "sent", "address", "status"),
    [
        ("", "", "10.0.0.1", 200),
        ("", "", "127.0.0.1", 200),
        ("", "", "203.0.114.9", 403),
        ("", "", "", 403),
        ("secret", "Bearer secret", "203.0.114.9", 200),
        ("secret", "Bearer wrong", "10.0.0.1", 403),
        ("secret", "", "10.0.0.1", 403),
    ],
)
def test_who_may_scrape(client, settings, token, sent, address, status):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": sent}, REMOTE_ADDR=address).status_code == status
