"""The banks whose alerts are understood, one small module each."""

from collections.abc import Sequence

from reconciliation.banks import (
    airtel,
    au,
    axis,
    bandhan,
    bharatpe,
    bob,
    boi,
    canara,
    central,
    city_union,
    dhanlaxmi,
    equitas,
    federal,
    google_pay,
    greater,
    hdfc,
    hsbc,
    icici,
    idbi,
    idfc,
    indian,
    indusind,
    iob,
    ippb,
    jana,
    jio,
    karnataka,
    kerala_gramin,
    kotak,
    maharashtra,
    nsdl,
    paytm,
    paytm_app,
    phonepe,
    pnb,
    punjab_sind,
    rbl,
    saraswat,
    sbi,
    slice_bank,
    south_indian,
    standard_chartered,
    uco,
    union,
    yes,
)
from reconciliation.banks.template import Bank

BANKS: tuple[Bank, ...] = (
    airtel.BANK,
    au.BANK,
    axis.BANK,
    bandhan.BANK,
    bharatpe.BANK,
    bob.BANK,
    boi.BANK,
    canara.BANK,
    central.BANK,
    city_union.BANK,
    dhanlaxmi.BANK,
    equitas.BANK,
    federal.BANK,
    google_pay.BANK,
    greater.BANK,
    hdfc.BANK,
    hsbc.BANK,
    icici.BANK,
    idbi.BANK,
    idfc.BANK,
    indian.BANK,
    indusind.BANK,
    iob.BANK,
    ippb.BANK,
    jana.BANK,
    jio.BANK,
    karnataka.BANK,
    kerala_gramin.BANK,
    kotak.BANK,
    maharashtra.BANK,
    nsdl.BANK,
    paytm.BANK,
    paytm_app.BANK,
    phonepe.BANK,
    pnb.BANK,
    punjab_sind.BANK,
    rbl.BANK,
    saraswat.BANK,
    sbi.BANK,
    slice_bank.BANK,
    south_indian.BANK,
    standard_chartered.BANK,
    uco.BANK,
    union.BANK,
    yes.BANK,
)
# Payment apps: what they tell of may have come into an account of any bank.
APPS = frozenset(bank.code for bank in BANKS if bank.is_app)
# Whose e-mails may be alerts; those of their subdomains too.
MAIL_DOMAINS = frozenset(domain for bank in BANKS for domain in bank.mail_domains)

_BY_HEADER = {header: bank for bank in BANKS for header in bank.headers}
# A code is nobody else's name: "paytm" is the bank, not the app.
_CODES = {
    **{bank.name.lower(): bank.code for bank in BANKS},
    **{name: bank.code for bank in BANKS for name in (*bank.also_called, bank.code)},
}


def bank_of_header(token: str) -> Bank | None:
    return _BY_HEADER.get(token)


def banks_of_header(token: str, extra: Sequence[Bank] = ()) -> list[Bank]:
    """Return the banks that a header belongs to: the known one, and those that an operator added."""
    known = bank_of_header(token)
    return [*([known] if known else []), *(bank for bank in extra if token in bank.headers)]


def banks_of_domain(domain: str, extra: Sequence[Bank] = ()) -> list[Bank]:
    """Return the banks that write e-mails from a domain or from one above it."""
    labels = domain.lower().rstrip(".").split(".")
    above = {".".join(labels[start:]) for start in range(len(labels))}
    return [bank for bank in (*BANKS, *extra) if not above.isdisjoint(bank.mail_domains)]


def bank_code(name: str) -> str:
    """Return the code of a bank that staff named in their own words; an unknown bank's name stands for itself."""
    name = " ".join(name.lower().split())
    return _CODES.get(name, name)
