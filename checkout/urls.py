from django.urls import path, register_converter

from checkout import views


class SessionId:
    """Whatever might be a session ID; the page says so if it is none. Stranger addresses never reach the database."""

    regex = "[0-9A-Za-z]{1,32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SessionId, "session_id")

urlpatterns = [
    path("checkout/<session_id:session_id>", views.checkout, name="checkout"),
    path("checkout/<session_id:session_id>/qr.png", views.qr_png, name="checkout-qr"),
    path("checkout/<session_id:session_id>/simulate", views.simulate, name="checkout-simulate"),
    path("checkout/<session_id:session_id>/status", views.status, name="checkout-status"),
    path("checkout/<session_id:session_id>/utr", views.utr, name="checkout-utr"),
]
