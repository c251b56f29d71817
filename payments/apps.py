from celery.signals import task_success
from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import heartbeat

        task_success.connect(heartbeat.note_success)
