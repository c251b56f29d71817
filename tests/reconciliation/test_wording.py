import pytest

from reconciliation.banks import BANKS, bank_code
from reconciliation.senders import read_header, read_tokens
from reconciliation.wording import find_amount, find_rrns, normalise, read_paise, read_tail


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("Rs 99", 99_00), ("Rs.99.01", 99_01), ("Rs. 99.5", 99_50), ("Rs:99.01", 99_01), ("INR 99.01", 99_01),
        ("INR9,139.00", 9139_00), ("INR Rs.99.01", 99_01), ("₹99.01", 99_01), ("₹ 99", 99_00), ("INR. .47", 47), ("Rs:.47", 47),
        ("Rs.1,50,000.00", 150000_00), ("Rs 6000.000", 6000_00), ("Rs.50000.0", 50000_00), ("rs.99credited", 99_00), ("Rs..47", 47),
        ("₨ 99.01", 99_01),
    ],
)  # fmt: skip
def test_amounts_are_read_in_every_form(text, paise):
    assert find_amount(normalise(text)) == paise


@pytest.mark.parametrize("text", ["Rs 99.015", "99.01", "Rs", "USD 99", "Rs ९९", "Rs." + "9" * 30, "Mrs.99"])
def test_what_is_no_amount_of_paise_is_none(text):
    assert find_amount(normalise(text)) in (None, 99_00 if text == "Mrs.99" else None)


@pytest.mark.parametrize(
    "balance",
    ["Avl Bal Rs 500.00", "Aval Bal Rs.500", "AvlBal: Rs500.00", "Total Avail.bal INR 500", "Bal INR 500.00", "Bal:Rs 500",
     "New Bal :INR 500.00", "Total Bal: Rs. 500.00", "Final balance is Rs.500", "CLR BAL Rs 500", "Available balance Rs 500",
     "Updated Bal Rs 500"],
)  # fmt: skip
def test_a_balance_is_not_the_amount(balance):
    assert find_amount(f"{balance}. You got Rs 99.01") == 99_01
    assert find_amount(balance) is None


@pytest.mark.parametrize(
    ("number", "paise"),
    [
        ("1,50,000.5", 1_50_000_50), ("150,000", 1_50_000_00), ("1,500,", 1_500_00), ("0", 0),
        ("1,50", None), ("1,2,3", None), (",500", None), ("1,,500", None), ("1500,000", None), ("1,500,.00", None),
        ("", None), (".", None), (",", None), ("1.2.3", None), ("1.2,3", None),
    ],
)  # fmt: skip
def test_paise_are_read_from_digits_only(number, paise):
    assert read_paise(number) == paise


@pytest.mark.parametrize(
    ("text", "rrns"),
    [
        ("UPI:624412345678-ICICI Bank", {"624412345678"}),
        ("UPI/P2A/624412345678/A KUMAR", {"624412345678"}),
        ("Ref-000000000012.", {"000000000012"}),
        ("from 919812345678@ybl", set()),
        ("from shop-919812345678@ybl", set()),
        ("from paytmqr624412345678@paytm", set()),
        ("UPI/CR/C224512345678/A", set()),
        ("6244123456789", set()),
        ("111111111111 and 222222222222", {"111111111111", "222222222222"}),
    ],
)
def test_references_are_twelve_digits_on_their_own(text, rrns):
    assert find_rrns(text) == rrns


@pytest.mark.parametrize(
    ("masked", "tail"),
    [("X1234", "1234"), ("XX123", "123"), ("*1234", "1234"), ("3XXXXX0208", "0208"), ("NN49373", "49373"),
     ("12345678901", "678901"), ("XXXXX12", "12"), ("XXXX", "")],
)  # fmt: skip
def test_tails_are_the_digits_a_mask_leaves(masked, tail):
    assert read_tail(masked) == tail


@pytest.mark.parametrize(
    ("sender", "token"),
    [("VM-SBIUPI-S", "SBIUPI"), ("ad-hdfcbk", "HDFCBK"), ("HDFCBK", "HDFCBK"), (" JD-SBIUPI-T ", "SBIUPI"),
     ("HDFCBK-S", "HDFCBK"), ("VM-600010-S", "600010")],
)  # fmt: skip
def test_a_header_is_known_by_its_middle(sender, token):
    header = read_header(sender)

    assert (header.token, header.promotional) == (token, False)


@pytest.mark.parametrize(
    "sender", ["+919812345678", "9812345678", "600010", "SBI Bank", "Amma", "", "VM-SBIUPI-X", "X-SBIUPI", "-" * 500]
)
def test_numbers_and_names_are_no_headers(sender):
    assert read_header(sender) is None


def test_a_promotional_header_is_told_apart():
    assert read_header("VM-HDFCBK-P").promotional


def test_a_list_of_senders_is_put_into_one_form():
    assert read_tokens(["VM-SBIUPI-S", "sbiupi", " HDFCBK ", ""]) == ["SBIUPI", "HDFCBK"]
    with pytest.raises(ValueError, match="at least one"):
        read_tokens([" "])
    with pytest.raises(ValueError, match="no sender's header"):
        read_tokens(["+919812345678"])


def test_staff_may_name_a_bank_in_their_own_words():
    assert bank_code("State Bank of  India") == bank_code("SBI") == "sbi"
    assert bank_code("HDFC Bank") == "hdfc"
    assert bank_code("icici") == "icici"
    assert bank_code("Village Bank") == "village bank"


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.code)
def test_every_name_of_a_bank_leads_to_it_alone(bank):
    names = {bank.code, *bank.also_called} | ({bank.name} if bank.code != "paytm-app" else set())

    assert {bank_code(f" {name.upper()} ") for name in names} == {bank.code}
