from payments.models import PaymentSession


def test_a_payment_is_opened_below_the_price_asked(asha, account, call):
    answer = call(asha, "post", "/api/v1/create-payment", {"amount": 100})

    assert answer.status_code == 201
    session = PaymentSession.objects.get(session_id=answer.json()["payment"]["session_id"])
    assert session.requested_paise == 10000
    assert 9901 <= session.payable_paise <= 9999


def test_without_an_account_a_live_key_learns_what_is_missing(asha, call):
    answer = call(asha, "post", "/api/v1/create-payment", {"amount": 100})

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "no_upi_account"
    assert not PaymentSession.objects.exists()
