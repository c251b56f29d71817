"""The customer has paid, nothing happens, and the app shows a UTR."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from payments.models import Notice, PaymentSession
from payments.services import cancel_session, confirm_session, expire_due_sessions
from reconciliation.models import UtrClaim
from reconciliation.services.claims import claim_utr
from reconciliation.services.received import record_credit
from tests.checkout.conftest import MORNING, Page, ask

RRN, OTHER_RRN = "624412345678", "624412345679"
PATH = "/checkout/A1B2C3D4E5F67890"


def enter(client, utr, *, path=PATH, **more):
    return client.post(f"{path}/utr", {"utr": utr, **more})


def masked(response) -> tuple[int, str, str]:
    text = response.content.decode()
    return response.status_code, response.get("Location", ""), re.sub(r'csrfmiddlewaretoken" value="\w+"', "", text)


@pytest.fixture
def other(open_session):
    """Another customer's payment."""
    other = open_session(paise=9938)
    PaymentSession.objects.filter(pk=other.pk).update(session_id="0000000000000007")
    other.refresh_from_db()
    return other


def test_a_utr_is_taken_and_the_page_says_so(open_session, client, visit):
    session = open_session()

    answer = enter(client, "6244 1234 5678")

    assert (answer.status_code, answer["Location"]) == (302, PATH)
    assert UtrClaim.objects.get().utr == RRN
    page = visit(session)
    assert "We are looking for your payment with the UTR ending in 5678." in page.text
    assert "do not pay again" in page.text
    assert RRN not in page.response.content.decode()


def test_the_page_looks_on_for_a_day(open_session, client, visit, clock):
    session = open_session()
    clock.shift(700)
    expire_due_sessions()
    etag = client.get(f"{PATH}/status")["ETag"]
    enter(client, RRN)

    assert ask(client, session)["watch_for"] == 86_400
    assert visit(session).all("main")[0]["data-watch-for"] == "86400"
    assert client.get(f"{PATH}/status", headers={"If-None-Match": etag}).status_code == 200


def test_money_that_is_here_already_pays_at_once(open_session, client, visit, clock):
    session = open_session()
    clock.shift(700)
    expire_due_sessions()
    PaymentSession.objects.update(hold_until=MORNING + timedelta(seconds=650))
    record_credit(amount_paise=session.payable_paise, rrn=RRN, credited_at=MORNING + timedelta(seconds=690))

    enter(client, RRN)

    assert "Payment received ₹99.37" in visit(session).text


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 400, "Enter the UTR, the 12 digits that your UPI app shows."),
        ("T2604141230451234567890", 400, "This is PhonePe’s Transaction ID."),
        ("CICAgOCVvbzzWA", 400, "This is the Google transaction ID."),
        ("98450 12345", 400, "This looks like a phone number."),
        ("4123", 400, "A UTR has 12 digits; this has 4."),
        ("\x00" * 50, 400, "Enter the UTR"),
        ('"><script>alert(1)</script>', 400, "A UTR is 12 digits and nothing else"),
    ],
)
def test_what_is_no_utr_is_told_beside_the_field(open_session, client, typed, status, said):
    session = open_session()

    page = Page(enter(client, typed))

    assert page.response.status_code == status
    assert said in page.text
    [field] = [field for field in page.all("input") if field.get("name") == "utr"]
    assert (field["aria-describedby"], field["aria-invalid"]) == ("utr-error utr-hint", "true")
    assert field["value"] == typed
    assert {"id": "utr-error", "class": "field-error"} in page.all("p")
    assert [script.get("src") for script in page.all("script")] == ["/static/js/checkout.js"]
    assert not UtrClaim.objects.exists()
    session.refresh_from_db()
    assert session.hold_until == MORNING + timedelta(seconds=2400)


def test_what_looks_like_a_phone_number_is_asked_about_and_then_taken(open_session, client):
    open_session()
    page = Page(enter(client, "919845012345"))

    assert "If your app shows it as the UTR, send it once more." in page.text
    assert not UtrClaim.objects.exists()
    [doubted] = [field["value"] for field in page.all("input") if field.get("name") == "doubted"]
    assert enter(client, "919845012345", doubted=doubted).status_code == 302
    assert UtrClaim.objects.get().utr == "919845012345"


def test_the_sixth_utr_of_a_payment_is_refused(open_session, client, settings):
    settings.CLAIMS_PER_TEN_MINUTES = 100
    session = open_session()
    for number in range(5):
        claim_utr(session_id=session.pk, text=f"62441234560{number}", client=None)

    page = Page(enter(client, RRN))

    assert page.response.status_code == 409
    assert "You have entered five UTRs for this payment." in page.text
    assert UtrClaim.objects.count() == 5


@pytest.mark.parametrize("addresses", [["203.0.113.7"] * 11, [f"2001:db8::{number:x}" for number in range(11)]])
def test_ten_utrs_in_ten_minutes_from_one_network_are_the_most(open_session, client, clock, addresses):
    open_session()
    answers = [client.post(f"{PATH}/utr", {"utr": RRN}, REMOTE_ADDR=address) for address in addresses]

    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 600
    assert "Too many UTRs came from here." in Page(answers[-1]).text
    assert client.post(f"{PATH}/utr", {"utr": RRN}, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_mistyped_ones_do_not_count(open_session, client):
    open_session()
    for _ in range(15):
        enter(client, "4123")

    assert enter(client, RRN).status_code == 302


def test_the_network_is_kept_and_not_the_address(open_session, client):
    open_session()
    client.post(f"{PATH}/utr", {"utr": RRN}, REMOTE_ADDR="2001:db8:1:2:3:4:5:6")

    assert UtrClaim.objects.get().client_network == "2001:db8:1:2::"


def unknown(other):
    pass


def paid_another(other):
    confirm_session(session_id=other.pk, credited_at=MORNING, utr=RRN)


def waits_unmatched(other):
    record_credit(amount_paise=777_77, rrn=RRN, credited_at=MORNING)


def claimed_by_another(other):
    claim_utr(session_id=other.pk, text=RRN, client=None)


@pytest.mark.parametrize("what", [paid_another, waits_unmatched, claimed_by_another])
@pytest.mark.parametrize("state", ["pending", "expired", "cancelled"])
def test_nobody_learns_what_is_known_of_a_utr(open_session, client, clock, other, what, state):
    session = open_session()
    if state == "cancelled":
        cancel_session(session_id=session.pk, actor="asha")
    clock.shift(700 if state == "expired" else 60)
    what(other)

    seen = {}
    for utr in (RRN, OTHER_RRN):
        UtrClaim.objects.filter(session=session).delete()
        PaymentSession.objects.filter(pk=session.pk).update(hold_until=session.hold_until)
        answers = [enter(client, utr), client.get(PATH), client.get(f"{PATH}/status"), enter(client, utr)]
        seen[utr] = [masked(answer) for answer in answers]

    assert seen[RRN] == [(status, to, text.replace("5679", "5678")) for status, to, text in seen[OTHER_RRN]]
    assert (Notice.objects.count() > 0) is (what is not waits_unmatched)


def test_a_cancelled_one_passes_it_on_to_the_shop(open_session, client, visit):
    session = open_session()
    cancel_session(session_id=session.pk, actor="asha")
    assert "The shop sees it and can find your payment with it." in visit(session).text

    enter(client, RRN)

    page = visit(session)
    assert "The shop sees your UTR, ending in 5678, and will look for your payment." in page.text
    assert page.all("main")[0]["data-watch-for"] == "0"


def test_a_paid_one_just_shows_that_it_is_paid(open_session, client):
    session = open_session()
    confirm_session(session_id=session.pk, credited_at=MORNING, utr=OTHER_RRN)

    answer = client.post(f"{PATH}/utr", {"utr": RRN}, follow=True)

    assert "Payment received" in Page(answer).text
    assert client.get(f"{PATH}/utr").status_code == 302
    assert not UtrClaim.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "slow", "opened"), [(0, False, False), (179, False, False), (180, False, True), (0, True, True)]
)
def test_the_form_stands_open_where_the_answer_is_late(open_session, visit, clock, account, seconds, slow, opened):
    session = open_session()
    account.unwatched_since = MORNING if slow else None
    account.save()
    clock.shift(seconds)

    page = visit(session)

    [claim] = [details for details in page.all("details") if details.get("id") == "claim"]
    assert ("open" in claim) is opened
    assert page.all("main")[0]["data-ask-in"] == str(180 - seconds)
    assert ("Paid? Enter your UTR now" in page.text) is slow


def test_without_a_script_the_form_has_a_page_that_does_not_reload(open_session, client, visit):
    session = open_session()
    assert {"class": "button second", "href": f"{PATH}/utr"} in visit(session).all("a")

    page = Page(client.get(f"{PATH}/utr"))

    assert page.response.status_code == 200
    assert page.attributes("http-equiv") == []
    assert page.all("main")[0]["data-watch-for"] == "0"
    assert page.response["Cache-Control"] == "no-store, private"
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"
    for label in ("Google Pay", "PhonePe", "Paytm", "BHIM", "Amazon Pay"):
        assert label in page.text


def test_another_site_cannot_claim_for_a_customer(open_session):
    open_session()
    strict = Client(enforce_csrf_checks=True)

    assert enter(strict, RRN).status_code == 403
    assert not UtrClaim.objects.exists()

    page = Page(strict.get(PATH))
    [token] = {field["value"] for field in page.all("input") if field.get("name") == "csrfmiddlewaretoken"}
    assert enter(strict, RRN, csrfmiddlewaretoken=token).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_payment_is_explained(client, method):
    answer = getattr(client, method)("/checkout/0000000000000000/utr", {"utr": RRN})

    assert answer.status_code == 404
    assert "We cannot find this payment" in answer.content.decode()


def test_a_test_payment_takes_utrs_too(open_session, client, testing):
    session = open_session(api_key=testing)

    assert enter(client, RRN).status_code == 302
    assert UtrClaim.objects.get().session == session
