"""Where clients and registries ask us; mount this at the root."""

from django.urls import path

from registryauth import notifications, ping, views

app_name = "registryauth"

urlpatterns = [
    path("v2/", ping.ping, name="ping"),
    path("v2/auth", views.token, name="token"),
    path(
        "registry/notifications",
        notifications.notifications,
        name="registry-notifications",
    ),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
