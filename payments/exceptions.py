"""What the verbs refuse, each with a stable code; `paygate.api_errors` gives them their HTTP status."""

from collections.abc import Sequence


class PaymentError(Exception):
    """A verb refused. `code` is for programs, the message is for people."""

    code = "payment_error"


class NoUpiAccount(PaymentError):
    code = "no_upi_account"


class NotWatched(PaymentError):
    """No living channel would report the money; it is looked at again every minute."""

    code = "confirmation_unavailable"
    retry_after = 60


class NoPayableAmount(PaymentError):
    """Every amount of the window is held; `retry_after` seconds from now at least one is free."""

    code = "no_payable_amount"

    def __init__(self, retry_after: int, *, spaces: Sequence[str], payables: Sequence[int]) -> None:
        super().__init__(f"Every payable amount near this price is in use. Try again in {retry_after} seconds.")
        self.retry_after = retry_after
        self.spaces = spaces
        self.payables = payables


class IdempotencyKeyReused(PaymentError):
    code = "idempotency_key_reused"


class NotCancellable(PaymentError):
    code = "not_cancellable"

    def __init__(self, status: str) -> None:
        super().__init__(f"Only a pending payment can be cancelled; this one is {status}.")
        self.status = status


class CannotMark(PaymentError):
    code = "cannot_mark_paid"
