from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save


class RobotsConfig(AppConfig):
    name = "robots"
    verbose_name = "Robot accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from robots import (  # noqa: F401 - some register themselves
            audit_upkeep,
            checks,
            freshness,
        )
        from robots.api import checks as api_checks  # noqa: F401 - registers itself
        from robots.lifecycle.people import keep_personal_namespace
        from robots.lifecycle.switches import forget_namespace
        from robots.models import Namespace

        post_save.connect(
            keep_personal_namespace,
            sender=get_user_model(),
            dispatch_uid="robots.personal_namespace",
        )
        user_logged_in.connect(freshness.note_sign_in, dispatch_uid="robots.fresh")
        post_delete.connect(
            forget_namespace, sender=Namespace, dispatch_uid="robots.switch_lists"
        )
