"""The least that Django can be: no middleware, no app, one view, two bytes.

What the site's requests are compared with. A server loads `application`, or `asgi`.
"""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="signs nothing",  # noqa: S106
)


def ok(request: HttpRequest) -> HttpResponse:
    """The same answer to every question."""
    return HttpResponse(b"ok")


urlpatterns = [re_path(r"", ok)]
application = get_wsgi_application()
asgi = get_asgi_application()
