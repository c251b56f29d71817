from django.apps import AppConfig


class ApiKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = "API keys"

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        from apikeys import cors, schema  # noqa: F401

        # The library's own hook for origins that live in the database.
        check_request_enabled.connect(cors.origin_is_listed, dispatch_uid="apikeys.cors")
