from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api.schema_objects import SESSION_ID
from payments.wire import NumberText
from reconciliation.rehearsals import Kind


@extend_schema_field(SESSION_ID)
class SessionIdField(serializers.Field[str, Any, Any, Any]):
    default_error_messages = {"invalid": "Send the session_id of one of your test payments."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or isinstance(data, NumberText) or not data.isascii() or not data.isalnum():
            self.fail("invalid")
        return data


class TestCreditSerializer(serializers.Serializer[Any]):
    session_id = SessionIdField()
    kind = serializers.ChoiceField(Kind.values)
