"""Where people go to the provider from, and come back to."""

from django.urls import path

from quaysite.admin_site import themed
from quaysite.oidc import views, ways
from quaysite.oidc.library import CALLBACK

urlpatterns = [
    path("oidc/sign-in/", views.start, name="oidc-sign-in"),
    path("oidc/confirm/", views.confirm, name="oidc-confirm"),
    path("oidc/callback/", views.callback, name=CALLBACK),
    path("sign-in/ways/", themed(ways.WaysPage.as_view()), name="sign-in-ways"),
    path("sign-in/ways/connect/", themed(ways.connect), name="oidc-connect"),
    path("sign-in/ways/<int:pk>/disconnect/", ways.disconnect, name="oidc-disconnect"),
]
