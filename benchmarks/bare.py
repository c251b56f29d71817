"""A bare view of Django REST framework that looks the key up and inserts a session, and does nothing else."""

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


urlpatterns = [path("bare", Bare.as_view())]
