"""What the host's people do first, by the apps' own functions; told as JSON."""

import json
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

import robots
from federation.entries import Entry
from federation.lifecycle import add_trust
from robots.audit import Performer
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot
from robots.roles import Role

PASSWORD = "a password of the host's people"


def begin(issuer: str, keys: str) -> None:
    """People, an organization, a robot that may pull and that `keys` may become."""
    by = Performer.command("begin")
    people = get_user_model().objects
    root = people.create_superuser("root", "root@example.com", PASSWORD)
    people.create_user("dora", "dora@example.com", PASSWORD)
    people.create_user("acme+ci", "imposter@example.com", PASSWORD)
    people.create_user("Erin.Example@Host", "erin@example.com", PASSWORD)
    acme = create_organization("acme", by, owner=root)
    robot, secret = create_robot(acme, "ci", by)
    web = create_repository(acme, "web", by)
    grant(web, robot, Role.READ, by)
    trust = Entry(issuer, "job", audiences=("https://host.example",), keys=keys)
    add_trust(robot, trust, by)
    made = {scope: _oauth_token(root, scope) for scope in ("repo:read", "read write")}
    told = {"robots": robots.__file__, "secret": secret.reveal(), "oauth": made}
    print(json.dumps(told))


def _oauth_token(user: object, scope: str) -> str:
    token = f"token for {scope}".replace(" ", "-")
    get_access_token_model().objects.create(
        user=user,
        token=token,
        scope=scope,
        expires=timezone.now() + timedelta(hours=1),
    )
    return token
