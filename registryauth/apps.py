from django.apps import AppConfig


class RegistryAuthConfig(AppConfig):
    name = "registryauth"
    verbose_name = "Registry tokens"

    def ready(self) -> None:
        from registryauth import checks  # noqa: F401 - registers itself
