"""Every path of the site's part of the API, below `/api/v1/`."""

from django.urls import URLPattern, path

from quaysite.api.app_tokens import AppTokenViewSet, SiteAppTokenViewSet
from quaysite.api.application_tokens import ApplicationTokenViewSet
from quaysite.api.applications import (
    ApplicationInformationViewSet,
    ApplicationViewSet,
)
from quaysite.api.authorizations import (
    AssignedAuthorizationViewSet,
    AuthorizationViewSet,
)
from quaysite.api.client_keys import ClientKeyViewSet
from quaysite.api.discovery import DiscoveryViewSet
from quaysite.api.index import IndexViewSet
from quaysite.api.initialize import InitializeViewSet
from quaysite.api.service_keys import ServiceKeyViewSet
from quaysite.api.signing_in import SigningInViewSet
from quaysite.api.superuser_organizations import (
    OwnershipViewSet,
    SiteOrganizationViewSet,
)
from quaysite.api.superuser_users import SiteUserViewSet
from quaysite.api.unused_features import UnusedViewSet
from quaysite.api.user import PersonViewSet, UserViewSet
from robots.api.routing import route

_USER_ROUTES = [
    *route(
        "user/",
        UserViewSet,
        {"get": "retrieve", "put": "update", "post": "create"},
    ),
    *route("user/initialize", InitializeViewSet, {"post": "create"}),
    *route("users/<str:username>", PersonViewSet, {"get": "retrieve"}),
    *route("superuser/users/", SiteUserViewSet, {"get": "list", "post": "create"}),
    *route(
        "superuser/users/<str:username>",
        SiteUserViewSet,
        {"get": "retrieve", "put": "update", "delete": "destroy"},
    ),
]

_SESSION_ROUTES = [
    *route("signin", SigningInViewSet, {"post": "sign_in"}),
    *route("signin/verify", SigningInViewSet, {"post": "verify"}),
    *route("signout", SigningInViewSet, {"post": "sign_out"}),
    *route("user/clientkey", ClientKeyViewSet, {"post": "create"}),
]
_APP_TOKEN_ROUTES = [
    *route("user/apptoken", AppTokenViewSet, {"get": "list", "post": "create"}),
    *route(
        "user/apptoken/<str:token_uuid>",
        AppTokenViewSet,
        {"get": "retrieve", "delete": "destroy"},
    ),
    *route("superuser/apptokens", SiteAppTokenViewSet, {"get": "list"}),
]
_SITE_ROUTES = [
    *route("superuser/organizations/", SiteOrganizationViewSet, {"get": "list"}),
    *route(
        "superuser/organizations/<str:orgname>",
        SiteOrganizationViewSet,
        {"put": "update", "delete": "destroy"},
    ),
    *route(
        "superuser/takeownership/<str:namespace>",
        OwnershipViewSet,
        {"post": "create"},
    ),
    *route("superuser/keys", ServiceKeyViewSet, {"get": "list"}),
]
_UNUSED_ROUTES = [
    *route("messages", UnusedViewSet, {"get": "messages"}),
    *route("capabilities", UnusedViewSet, {"get": "capabilities"}),
    *route("user/notifications", UnusedViewSet, {"get": "notifications"}),
    *route("user/quota", UnusedViewSet, {"get": "quota"}),
    *route("superuser/registrysize/", UnusedViewSet, {"get": "registry_size"}),
    *route("superuser/changelog/", UnusedViewSet, {"get": "changelog"}),
]

_DOCUMENT_ROUTES = [
    path("", IndexViewSet.as_view({"get": "list"}, schema=None), name="api-index"),
    *route("discovery", DiscoveryViewSet, {"get": "retrieve"}),
]
_APPLICATIONS = "organization/<str:orgname>/applications"
_APPLICATION_ROUTES = [
    *route(_APPLICATIONS, ApplicationViewSet, {"get": "list", "post": "create"}),
    *route(
        f"{_APPLICATIONS}/<str:client_id>",
        ApplicationViewSet,
        {"get": "retrieve", "put": "update", "delete": "destroy"},
    ),
    *route(
        f"{_APPLICATIONS}/<str:client_id>/resetclientsecret",
        ApplicationViewSet,
        {"post": "reset"},
    ),
    *route(
        f"{_APPLICATIONS}/<str:client_id>/tokens",
        ApplicationTokenViewSet,
        {"get": "list", "post": "create"},
    ),
    *route(
        f"{_APPLICATIONS}/<str:client_id>/tokens/<str:token_uuid>",
        ApplicationTokenViewSet,
        {"delete": "destroy"},
    ),
    *route("app/<str:client_id>", ApplicationInformationViewSet, {"get": "retrieve"}),
    *route("user/authorizations", AuthorizationViewSet, {"get": "list"}),
    *route(
        "user/authorizations/<str:token_uuid>",
        AuthorizationViewSet,
        {"get": "retrieve", "delete": "destroy"},
    ),
    *route("user/assignedauthorization", AssignedAuthorizationViewSet, {"get": "list"}),
    *route(
        "user/assignedauthorization/<str:assigned_uuid>",
        AssignedAuthorizationViewSet,
        {"delete": "destroy"},
    ),
]

urlpatterns: list[URLPattern] = [
    *_DOCUMENT_ROUTES,
    *_SESSION_ROUTES,
    *_APP_TOKEN_ROUTES,
    *_SITE_ROUTES,
    *_UNUSED_ROUTES,
    *_USER_ROUTES,
    *_APPLICATION_ROUTES,
]
