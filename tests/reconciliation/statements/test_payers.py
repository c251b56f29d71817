"""Who paid, out of a statement's narration: only what is sure."""

import pytest

from reconciliation.statements.payers import read_payer


@pytest.mark.parametrize(
    ("narration", "payer"),
    [
        ("UPI/CR/633112345678/RAVI KUMAR/HDFC/ravi@okhdfc/Order", "RAVI KUMAR, ravi@okhdfc"),
        ("BY TRANSFER-UPI/CR/624412345678/A KUMAR/UTIB/payer@okax/Order--", "A KUMAR, payer@okax"),
        ("UPI-RAVI KUMAR-RAVI@OKHDFC-HDFC0001234-633112345678-PAYMENT", "RAVI KUMAR, ravi@okhdfc"),
        ("UPI-A KUMAR-PAYER@OKAXIS-624412345678-ORDER", "A KUMAR, payer@okaxis"),
        ("UPI/624412345678/Order PG7K/payer@okaxis/Axis Bank/X", "payer@okaxis"),
        ("UPI/624412345678/12:01:05/UPI/payer.2-x@okaxis/A KUMAR", "payer.2-x@okaxis"),
        ("UPI IN/624412345678/payer@okaxis/0000", "payer@okaxis"),
        ("UPIAR/624412345678/CR/A KUMAR/SBIN/payer@upi", "A KUMAR, payer@upi"),
        ("UPI/P2A/624412345678/A KUMAR/SBIN/UPI", "A KUMAR"),
        ("UPI/A KUMAR/624412345678/Payment", "A KUMAR"),
    ],
)
def test_a_payer_is_read_as_each_bank_writes_it(narration, payer):
    assert read_payer(narration) == payer


@pytest.mark.parametrize(
    ("narration", "payer"),
    [
        # The payer's note names a UPI ID too.
        ("UPI/CR/633112345678/RAVI KUMAR/HDFC/ravi@okhdfc/other@ybl", "RAVI KUMAR"),
        # A dash may be the name's or the UPI ID's: asha@ybl may be somebody else than r-asha@ybl.
        ("UPI-ASHA-R-ASHA@YBL-HDFC0000001-024412345670-", ""),
        ("UPI/624412345678/Order PG7K/mail@shop.example/Axis Bank", ""),
        ("UPI/CR/624412345678/9876543210/UTIB/", ""),
        ("NEFT CR-SBIN0001234-ASHA TRADERS-SHOP-SBIN226331234567", ""),
        ("MMT/IMPS/624412345679/A KUMAR/SBI", ""),
        ("CASH DEPOSIT a@ybl", ""),
        ("", ""),
    ],
)
def test_what_is_not_sure_is_left_out(narration, payer):
    assert read_payer(narration) == payer


def test_a_upi_id_is_kept_whole_or_not_at_all():
    upi_id = f"{'a' * 90}@okaxis"

    assert read_payer(f"UPI/CR/624412345678/{'RAVI KUMAR ' * 5}/HDFC/{upi_id}/") == upi_id
