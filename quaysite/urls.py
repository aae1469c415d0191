"""Every mount point of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from quaysite import health
from quaysite.api import csrf

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registryauth.urls")),
    path("api/v1/", include("robots.api.urls")),
    path("api/v1/", include("quaysite.api.urls")),
    path("csrf_token", csrf.csrf_token, name="csrf-token"),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="alive"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]
