from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class QuaysiteConfig(AppConfig):
    name = "quaysite"
    verbose_name = "People"

    def ready(self) -> None:
        from quaysite import audit_webhook, throttling_checks  # noqa: F401 - likewise
        from quaysite.api.sessions import forget_before
        from quaysite.metrics import checks as metrics_checks  # noqa: F401
        from quaysite.notices import checks as notice_checks  # noqa: F401 - likewise
        from quaysite.oidc import checks  # noqa: F401 - registers itself

        user_logged_in.connect(forget_before, dispatch_uid="quaysite.forget_before")
