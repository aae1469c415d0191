"""A client with a person's session, as a browser has one."""

from quaysite.models import User
from tests.api.local import LocalClient


def signed_in(person: User) -> LocalClient:
    """Signed in just now, with the CSRF token that its writes need."""
    client = LocalClient()
    client.django.force_login(person)
    client.csrf = client.get("/csrf_token").json["csrf_token"]
    return client
