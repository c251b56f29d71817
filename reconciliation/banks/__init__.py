"""The banks whose alerts are understood, one small module each."""

from reconciliation.banks import hdfc, sbi
from reconciliation.banks.template import Bank

BANKS: tuple[Bank, ...] = (sbi.BANK, hdfc.BANK)

_BY_HEADER = {header: bank for bank in BANKS for header in bank.headers}
_CODES = {name: bank.code for bank in BANKS for name in (bank.code, *bank.also_called)}


def bank_of_header(token: str) -> Bank | None:
    return _BY_HEADER.get(token)


def bank_code(name: str) -> str:
    """Return the code of a bank that staff named in their own words; an unknown bank's name stands for itself."""
    name = " ".join(name.lower().split())
    return _CODES.get(name, name)
