"""The apps, mounted in another project: beside a page and an API of its own."""

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Weather(APIView):
    """The host's own view of the framework, which is no business of the apps."""

    def get(self, request: Request) -> Response:
        return Response({"weather": "fair"})


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("The host's own page.")


urlpatterns = [
    path("", home),
    path("api/weather", Weather.as_view()),
    path("", include("registryauth.urls")),
    path("oauth2/", include("federation.exchange_urls")),
    path("api/v1/", include("robots.api.urls")),
    path("api/v1/", include("federation.urls")),
    path("accounts/login/", LoginView.as_view(), name="sign-in-again"),
    path("admin/", admin.site.urls),
]
