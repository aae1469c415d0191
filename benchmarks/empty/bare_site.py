"""A token view with nothing around it: one statement, one signature, no middleware.

It believes a digest and a name. No limit of guesses, no audit, no switches, no ends of
robots, no teams, no uses: what the site's tokens are compared with, since an empty view
says more of the machine than of them. A server loads `application`.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path

from quaysite.databases import POSTGRESQL, DatabaseChoices, databases


def _databases() -> dict[str, dict[str, object]]:
    found = databases(DatabaseChoices(os.environ["DATABASE_URL"]))
    default = found["default"]
    if default["ENGINE"] == POSTGRESQL:
        default["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 1}
    return found


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES=_databases(),
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="signs nothing",  # noqa: S106
)

_SIGNING_KEY = ec.generate_private_key(ec.SECP256R1())
_DIGEST_KEY = bytes.fromhex(os.environ["DIGEST_KEY"])
_SQL = (
    "SELECT n.name, r.name, p.role FROM robots_robottoken t"
    " JOIN robots_robot r ON r.id = t.robot_id"
    " JOIN robots_namespace n ON n.id = r.namespace_id"
    " LEFT JOIN robots_repository q ON q.namespace_id = n.id AND q.name = %s"
    " LEFT JOIN robots_repositorypermission p"
    " ON p.repository_id = q.id AND p.robot_id = r.id"
    " WHERE t.digest = %s"
)


def token(request: HttpRequest) -> HttpResponse:
    """A registry token for `scope=repository:NAMESPACE/NAME:pull`, by Basic login."""
    login = base64.b64decode(request.META["HTTP_AUTHORIZATION"][6:]).decode()
    username, _, secret = login.partition(":")
    name = request.GET["scope"].split(":")[1]
    digest = hmac.digest(_DIGEST_KEY, secret.encode(), hashlib.sha256).hex()
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [name.partition("/")[2], digest])
        row = cursor.fetchone()
    if row is None or f"{row[0]}+{row[1]}" != username:
        return JsonResponse({}, status=401)
    now = int(time.time())
    claims = {
        "iss": "bare",
        "sub": username,
        "aud": request.GET["service"],
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": secrets.token_hex(16),
        "access": [
            {"type": "repository", "name": name, "actions": ["pull"] * bool(row[2])}
        ],
    }
    signed = jwt.encode(claims, _SIGNING_KEY, "ES256", {"kid": "bare"})
    return JsonResponse({"token": signed, "access_token": signed, "expires_in": 300})


def ok(request: HttpRequest) -> HttpResponse:
    """That it runs."""
    return HttpResponse(b"ok")


urlpatterns = [re_path(r"^healthz$", ok), re_path(r"", token)]
application = get_wsgi_application()
