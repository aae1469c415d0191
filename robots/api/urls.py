"""Every path of this app's part of the API, below `/api/v1/`."""

from django.urls import URLPattern

from robots.api.robots import RobotViewSet
from robots.api.routing import route

_ROBOTS = ("user/robots", "organization/<str:orgname>/robots")


def _robot_routes(base: str) -> list[URLPattern]:
    return [
        *route(base, RobotViewSet, {"get": "list"}),
        *route(
            f"{base}/<str:robot_shortname>",
            RobotViewSet,
            {"get": "retrieve", "put": "create", "delete": "destroy"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/regenerate",
            RobotViewSet,
            {"post": "regenerate"},
        ),
    ]


urlpatterns = [pattern for base in _ROBOTS for pattern in _robot_routes(base)]
