"""Bare views of Django REST framework: look the key up, insert or read a session, and nothing else."""

import secrets
from datetime import timedelta

from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apikeys.keys import hash_key
from apikeys.models import ApiKey
from payments.models import PaymentSession


class Bare(APIView):
    def post(self, request: Request) -> Response:
        key = ApiKey.objects.get(key_hash=hash_key(request.headers["X-API-Key"]))
        now = timezone.now()
        session = PaymentSession.objects.create(
            api_key=key,
            upi_account_id=1,
            upi_id="bench@okaxis",
            upi_name="BENCH",
            # A space of its own for every row, so that no amount is ever taken.
            amount_space=secrets.token_hex(8),
            requested_paise=int(request.data["amount"]) * 100,
            payable_paise=int(request.data["amount"]) * 100 - 1,
            created_at=now,
            expires_at=now + timedelta(minutes=10),
            hold_until=now + timedelta(minutes=40),
        )
        return Response({"session_id": session.session_id}, status=201)


class BareGet(APIView):
    def get(self, request: Request, session_id: str) -> Response:
        key = ApiKey.objects.get(key_hash=hash_key(request.headers["X-API-Key"]))
        session = PaymentSession.objects.get(session_id=session_id, api_key=key)
        return Response({"session_id": session.session_id, "status": session.status})


urlpatterns = [path("bare", Bare.as_view()), path("bare/<str:session_id>", BareGet.as_view())]
