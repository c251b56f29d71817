import time
from collections import Counter

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apikeys.caller import client_network
from apikeys.throttling import count_alerts, count_failed_authentication
from payments import bell
from reconciliation import tasks
from reconciliation.forwarder_signatures import Signed
from reconciliation.forwarders import MAX_BATCH, TooManyMessages, read_alerts, read_fields
from reconciliation.models import AlertChannel, Evidence, EvidenceState
from reconciliation.services import alerts, channels


class UnknownToken(APIException):
    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = "This address is not known, or was switched off. Copy it again from PayGate."
    stable_code = "invalid_token"


class BadSignature(APIException):
    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = (
        "The signature of this phone's app is missing or wrong. Compare the key in the app with PayGate's, and the "
        "phone's clock with the true time."
    )
    stable_code = "invalid_signature"


class BatchTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"A request may hold {MAX_BATCH} messages at most. Send the rest in another one."
    stable_code = "too_large"


class AlertView(APIView):
    """Takes messages that a phone forwards: one, or a batch.

    The phone shows its token in the path or in a header, and its app's signature where the channel asks for one.
    Whatever a message says, the answer is quick and 2xx once it is stored: phones send again for hours what was not.
    """

    authentication_classes = ()
    permission_classes = ()
    schema = None
    http_method_names = ("post",)

    def post(self, request: Request, token: str = "") -> Response:
        channel = _channel(request, token)
        content_type, query = request.content_type or "", request.META.get("QUERY_STRING", "")
        try:
            messages = read_alerts(request._request.body, content_type=content_type, query=query)
        except TooManyMessages:
            raise BatchTooLarge from None
        count_alerts(channel.pk, len(messages))
        told = [message for message in messages if message.text]
        if not told:
            channels.hear_from(channel)
            return _answer("heard", "PayGate heard the phone. There was no message in it.")
        kept = [alerts.record_evidence(channel=channel, alert=message) for message in told]
        if any(evidence.processed_at is None for evidence in kept):
            bell.ring(tasks.process_new)
        return _answer_batch(kept) if len(messages) > 1 else _answer_one(kept[0])


def _channel(request: Request, token: str) -> AlertChannel:
    channel = channels.find_channel(token or _token_in_headers(request))
    if channel is None:
        count_failed_authentication(client_network(request))
        raise UnknownToken
    if not channels.is_sent_by(channel, _signed(request)):
        count_failed_authentication(client_network(request))
        raise BadSignature
    return channel


def _token_in_headers(request: Request) -> str:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    named = request.headers.get("X-Webhook-Secret") or request.headers.get("X-Api-Key") or ""
    return (named or (bearer if scheme.lower() == "bearer" else "")).strip()


def _signed(request: Request) -> Signed:
    body = request._request.body
    query = request.META.get("QUERY_STRING", "")
    return Signed(
        body=body,
        headers=request.headers,
        fields=read_fields(body, content_type=request.content_type or "", query=query),
        url=f"{settings.BASE_URL}{request._request.path}",
        now=time.time(),
    )


def _answer_one(evidence: Evidence) -> Response:
    if evidence.state == EvidenceState.NOT_LISTED:
        return _answer("not_listed", evidence.explanation)
    return _answer("repeat" if evidence.count > 1 else "stored", "PayGate has the message.")


def _answer_batch(kept: list[Evidence]) -> Response:
    states = ("not_listed" if each.state == EvidenceState.NOT_LISTED else _is_new(each) for each in kept)
    counts = Counter(states)
    numbers = {name: counts[name] for name in ("stored", "repeats", "not_listed")}
    return Response({"ok": True, "state": "batch", "message": "PayGate has the messages.", **numbers})


def _is_new(evidence: Evidence) -> str:
    return "repeats" if evidence.count > 1 else "stored"


def _answer(state: str, message: str) -> Response:
    return Response({"ok": True, "state": state, "message": message})
