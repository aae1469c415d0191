"""Every mount point of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from quaysite import looks
from quaysite.admin_site import themed
from quaysite.api import config, csrf
from quaysite.api.documents import OpenApiView, SwaggerPage, redoc_page
from quaysite.own_password import OwnPasswordPage
from quaysite.sign_in import SignInPage
from quaysite.sign_in_again import SignInAgainPage
from robots.api import unknown

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registryauth.urls")),
    path("api/v1/", include("robots.api.urls")),
    path("api/v1/", include("federation.urls")),
    path("api/v1/", include("quaysite.api.urls")),
    re_path(r"^api/v1/[\s\S]*\Z", unknown.unknown),  # Line breaks too.
    path("config", config.config, name="config"),
    path("api/schema/", OpenApiView.as_view(), name="openapi"),
    path("api/docs/", SwaggerPage.as_view(), name="openapi-docs"),
    path("api/redoc/", redoc_page, name="openapi-redoc"),
    path("csrf_token", csrf.csrf_token, name="csrf-token"),
    path("oauth/", include("quaysite.oauth.urls")),
    path("oauth2/", include("federation.exchange_urls")),
    path("", include("quaysite.oidc.urls")),
    path("sign-in/", themed(SignInPage.as_view()), name="sign-in"),
    path("sign-in/again/", themed(SignInAgainPage.as_view()), name="sign-in-again"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("admin/password_change/", themed(OwnPasswordPage.as_view())),
    path("admin/", admin.site.urls),
    path("favicon.ico", looks.favicon),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]
