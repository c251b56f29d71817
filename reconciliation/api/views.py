from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from payments import bell
from reconciliation import tasks
from reconciliation.forwarders import read_alert
from reconciliation.models import EvidenceState
from reconciliation.services import alerts, channels


class UnknownToken(APIException):
    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = "This address is not known, or was switched off. Copy it again from PayGate."
    stable_code = "invalid_token"


class AlertView(APIView):
    """Takes a message that a phone forwards.

    The token in the path is the only key. Whatever the message says, the answer is quick and 2xx once it is stored:
    phones send again for hours what was not.
    """

    authentication_classes = ()
    permission_classes = ()
    schema = None
    http_method_names = ("post",)

    def post(self, request: Request, token: str) -> Response:
        channel = channels.find_channel(token)
        if channel is None:
            raise UnknownToken
        alert = read_alert(
            request._request.body,
            content_type=request.content_type or "",
            query=request.META.get("QUERY_STRING", ""),
        )
        if not alert.text:
            channels.hear_from(channel)
            return _answer("heard", "PayGate heard the phone. There was no message in it.")
        evidence = alerts.record_evidence(channel=channel, alert=alert)
        if evidence.processed_at is None:
            bell.ring(tasks.process_new)
        if evidence.state == EvidenceState.NOT_LISTED:
            return _answer("not_listed", evidence.explanation)
        return _answer("repeat" if evidence.count > 1 else "stored", "PayGate has the message.")


def _answer(state: str, message: str) -> Response:
    return Response({"ok": True, "state": state, "message": message})
