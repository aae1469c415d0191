"""Every path of the site's part of the API, below `/api/v1/`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
