from django.apps import AppConfig


class RegistryAuthConfig(AppConfig):
    name = "registryauth"
    verbose_name = "Registry tokens"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from registryauth import checks  # noqa: F401 - registers itself
