"""Words that several banks share, because they take them from the same supplier."""

# The payer's account is named too, and was debited: still a credit of ours.
BOTH_ACCOUNTS = (
    "Your {account} is credited for {amount} on {date}[ {time}] and debited from a/c[ no][.] {other} "
    "(UPI Ref no[.] {rrn})"
)
