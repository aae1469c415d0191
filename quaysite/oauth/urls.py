"""Every path below `/oauth/`."""

from django.urls import path

from quaysite.oauth.assignments import assign_user
from quaysite.oauth.consent import AuthorizeView
from quaysite.oauth.implicit import LocalAppView, authorize_app
from quaysite.oauth.tokens import RevokeView, TokenView

app_name = "oauth"

urlpatterns = [
    path("authorize", AuthorizeView.as_view(), name="authorize"),
    path("authorize/assignuser", assign_user, name="assignuser"),
    path("authorizeapp", authorize_app, name="authorizeapp"),
    path("localapp", LocalAppView.as_view(), name="localapp"),
    path("access_token", TokenView.as_view(), name="access-token"),
    path("revoke", RevokeView.as_view(), name="revoke"),
]
