"""Every path of this app's part of the API, below `/api/v1/`."""

from django.urls import URLPattern

from federation.api import FederationViewSet
from robots.api.routing import route

_ROBOTS = ("user/robots", "organization/<str:orgname>/robots")

urlpatterns: list[URLPattern] = [
    pattern
    for base in _ROBOTS
    for pattern in route(
        f"{base}/<str:robot_shortname>/federation",
        FederationViewSet,
        {"get": "list", "post": "replace", "delete": "clear"},
    )
]
