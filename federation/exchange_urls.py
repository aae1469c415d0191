"""Where tokens are exchanged, below `/oauth2/`."""

from django.urls import URLPattern, path

from federation.views import RobotTokenView, TokenExchangeView

urlpatterns: list[URLPattern] = [
    path(
        "federation/robot/token", RobotTokenView.as_view(), name="federated-robot-token"
    ),
    path("token", TokenExchangeView.as_view(), name="token-exchange"),
]
