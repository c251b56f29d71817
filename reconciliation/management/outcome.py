"""What the commands say about a credit."""

import json
from typing import Any

from reconciliation.models import Credit


def credit_fields(credit: Credit | None) -> dict[str, Any]:
    """Return `{"credit", "state", "reason", "session_id", "explanation"}`; the session's public id, or None."""
    if credit is None:
        return {"credit": None, "state": "", "reason": "", "session_id": None, "explanation": ""}
    return {
        "credit": credit.pk,
        "state": credit.state,
        "reason": credit.reason,
        "session_id": credit.session.session_id if credit.session else None,
        "explanation": credit.explanation,
    }


def written(answer: dict[str, Any], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(answer, ensure_ascii=False)
    return f"{answer['state'].replace('_', ' ').capitalize()}: {answer['explanation']}"
