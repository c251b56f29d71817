from reconciliation.models.channels import AlertChannel
from reconciliation.models.credit import Credit, CreditSource, CreditState
from reconciliation.models.evidence import Evidence, EvidenceState

__all__ = ["AlertChannel", "Credit", "CreditSource", "CreditState", "Evidence", "EvidenceState"]
