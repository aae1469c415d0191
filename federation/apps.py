from django.apps import AppConfig


class FederationConfig(AppConfig):
    name = "federation"
    verbose_name = "Federation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from federation import checks  # noqa: F401 - registers itself
        from federation.access_files import FederationTrusts
        from robots import issuer_trusts
        from robots.accessfile.trusts import register

        register(FederationTrusts())
        issuer_trusts.register("trusts__issuer")
