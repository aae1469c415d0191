"""Where the token endpoint and the public keys live; mount this at the root."""

from django.urls import path

from registryauth import ping, views

app_name = "registryauth"

urlpatterns = [
    path("v2/", ping.ping, name="ping"),
    path("v2/auth", views.TokenView.as_view(), name="token"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
