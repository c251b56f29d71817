from reconciliation.models.channels import AlertChannel
from reconciliation.models.claim import Outcome, UtrClaim
from reconciliation.models.credit import Credit, CreditSource, CreditState
from reconciliation.models.evidence import Evidence, EvidenceState
from reconciliation.models.mailbox import Mailbox
from reconciliation.models.statement import ImportState, RowOutcome, StatementFile, StatementImport, StatementRow
from reconciliation.models.template import BankTemplate

__all__ = [
    "AlertChannel",
    "BankTemplate",
    "Credit",
    "CreditSource",
    "CreditState",
    "Evidence",
    "EvidenceState",
    "ImportState",
    "Mailbox",
    "Outcome",
    "RowOutcome",
    "StatementFile",
    "StatementImport",
    "StatementRow",
    "UtrClaim",
]
