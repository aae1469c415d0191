"""Settings that are read once, until one of them changes."""

from django.conf import settings as django_settings
from django.test import override_settings

from robots.remembered import remembered


def test_it_is_read_once_and_anew_after_a_change() -> None:
    asked = []

    @remembered
    def library() -> str:
        asked.append("library")
        return str(django_settings.LIBRARY_NAMESPACE)

    first = django_settings.LIBRARY_NAMESPACE
    assert [library(), library()] == [first, first]
    assert asked == ["library"]
    with override_settings(LIBRARY_NAMESPACE="other"):
        assert [library(), library()] == ["other", "other"]
    assert library() == first
    assert len(asked) == 3
