from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        # Tasks need the models, which exist only once every app is loaded.
        from payments import bell
        from webhooks.tasks import ring_dispatch

        bell.events_recorded.connect(ring_dispatch, dispatch_uid="webhooks.dispatch")
