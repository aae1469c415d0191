"""Every mount point of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from quaysite import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registryauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="alive"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]
