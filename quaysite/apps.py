from django.apps import AppConfig


class QuaysiteConfig(AppConfig):
    name = "quaysite"
    verbose_name = "People"
