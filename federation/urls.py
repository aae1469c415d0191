"""Every path of this app's part of the API, below `/api/v1/`."""

from collections.abc import Iterator

from django.urls import URLPattern

from federation.api.presets import PresetViewSet, RobotPresetViewSet
from federation.api.robot_federation import FederationViewSet
from federation.api.testing import TokenTestViewSet
from federation.api.trusts import TrustViewSet
from robots.api.routing import route

_ROBOTS = ("user/robots", "organization/<str:orgname>/robots")


def _of_robots(base: str) -> Iterator[URLPattern]:
    robot = f"{base}/<str:robot_shortname>"
    yield from route(
        f"{robot}/federation",
        FederationViewSet,
        {"get": "list", "post": "replace", "delete": "clear"},
    )
    yield from route(f"{robot}/federation/test", TokenTestViewSet, {"post": "create"})
    yield from route(f"{robot}/trusts", TrustViewSet, {"get": "list", "post": "create"})
    yield from route(
        f"{robot}/trusts/presets/<str:slug>", RobotPresetViewSet, {"post": "create"}
    )
    yield from route(
        f"{robot}/trusts/<str:trust_id>",
        TrustViewSet,
        {"get": "retrieve", "patch": "change", "delete": "destroy"},
    )


urlpatterns: list[URLPattern] = [
    *route("federation/presets", PresetViewSet, {"get": "list"}),
    *(pattern for base in _ROBOTS for pattern in _of_robots(base)),
]
