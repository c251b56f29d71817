"""A developer pays a test payment with the button on its page."""

import pytest

from payments.services import SessionDetails, create_session
from tests.browser.conftest import COMPUTER, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("device", [PHONE, COMPUTER], ids=["phone", "computer"])
def test_the_button_turns_the_page_to_paid(testing, browse, device):
    session = create_session(api_key=testing, requested_paise=100_00, details=SessionDetails()).session
    page = browse(f"/checkout/{session.session_id}", device)

    page.get_by_role("button", name="Simulate payment").click()

    page.locator("main[data-status=success]").wait_for()
    assert page.get_by_role("button", name="Simulate payment").count() == 0
