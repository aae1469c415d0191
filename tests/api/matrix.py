"""The role matrix, read from `role_matrix.txt`, and the world that it is tried in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import SESSION_KEY
from django.utils import timezone

from federation.entries import Entry
from federation.lifecycle import add_trust
from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import AccessToken, Assignment, User
from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.permissions import grant
from robots.models import DefaultPermission, Robot
from robots.oauth_scopes import OAuthScope
from robots.roles import Role, TeamRole
from tests import factories
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast

PEOPLE = {
    "n": "nobody",
    "o": "outsider",
    "m": "member",
    "c": "creator",
    "a": "administrator",
    "s": "site administrator",
    "r": "auditor",
}
TRUST = Entry("https://issuer.example", "repo:acme/app")
FILE = Path(__file__).with_name("role_matrix.txt")


@dataclass(frozen=True)
class Row:
    """One operation: who is let in, and what is answered then."""

    method: str
    path: str
    people: str
    scopes: frozenset[str]
    status: int

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def rows() -> Iterator[Row]:
    for line in FILE.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        operation, people, scopes, status = (part.strip() for part in line.split("|"))
        method, path = operation.split()
        named = frozenset(OAuthScope) if scopes == "*" else frozenset(scopes.split())
        yield Row(method, path, people, named, int(status))


BODIES: dict[str, object] = {
    "POST /organization/": {"name": "neworg"},
    "PUT /organization/{orgname}": {"email": "acme@example.com"},
    "POST /organization/{orgname}/prototypes": {
        "role": "read",
        "delegate": {"kind": "user", "name": "acme+ci"},
    },
    "PUT /organization/{orgname}/prototypes/{prototypeid}": {"role": "write"},
    "PATCH /organization/{orgname}/robots/{robot_shortname}": {"enabled": False},
    "PATCH /user/robots/{robot_shortname}": {"enabled": False},
    "PUT /organization/{orgname}/robots/{robot_shortname}/permissions": {
        "role": "read",
        "match": "*",
    },
    "PUT /user/robots/{robot_shortname}/permissions": {"role": "read", "match": "*"},
    "POST /organization/{orgname}/robots/{robot_shortname}/federation": [],
    "POST /user/robots/{robot_shortname}/federation": [],
    **{
        operation: body
        for base in ("/organization/{orgname}/robots", "/user/robots")
        for operation, body in {
            f"POST {base}/{{robot_shortname}}/federation/test": {"token": "x"},
            f"POST {base}/{{robot_shortname}}/trusts": {
                "issuer": "https://issuer.example",
                "subject": "new",
            },
            f"PATCH {base}/{{robot_shortname}}/trusts/{{trust_id}}": {"name": "new"},
            f"POST {base}/{{robot_shortname}}/trusts/presets/{{slug}}": {
                "values": {
                    "issuer": "https://cluster.example",
                    "namespace": "ci",
                    "service_account": "builder",
                }
            },
        }.items()
    },
    "PUT /organization/{orgname}/team/{teamname}": {"role": "member"},
    "POST /organization/{orgname}/applications": {"name": "new"},
    "PUT /organization/{orgname}/applications/{client_id}": {
        "name": "new",
        "redirect_uri": "",
        "application_uri": "",
    },
    "POST /organization/{orgname}/applications/{client_id}/tokens": {
        "name": "new",
        "scope": "org:admin",
    },
    "POST /repository": {
        "namespace": "acme",
        "repository": "fresh",
        "visibility": "private",
        "description": "",
    },
    "PUT /repository/{repository}": {"description": "new"},
    "POST /repository/{repository}/changevisibility": {"visibility": "public"},
    "PUT /repository/{repository}/changestate": {"state": "READ_ONLY"},
    "PUT /repository/{repository}/permissions/user/{name}": {"role": "read"},
    "PUT /repository/{repository}/permissions/team/{name}": {"role": "read"},
    "PUT /organization/{orgname}/emergencyswitch": {"reason": "leak"},
    "PUT /user/emergencyswitch": {"reason": "leak"},
    "PUT /superuser/emergencyswitch": {"reason": "leak"},
    "PUT /superuser/issuers/emergencyswitch": {"reason": "leak"},
    "PUT /organization/{orgname}/robots/{robot_shortname}/emergencyswitch": {
        "reason": "leak"
    },
    "PUT /user/robots/{robot_shortname}/emergencyswitch": {"reason": "leak"},
    "PUT /user/": {},
    "POST /user/": {"username": "newcomer", "password": "a long password"},
    "POST /user/initialize": {"username": "first", "password": "a long password"},
    "POST /user/clientkey": {"password": factories.PASSWORD},
    "POST /user/apptoken": {"title": "new"},
    "POST /user/starred": {"namespace": "acme", "repository": "public"},
    "POST /signin": {"username": "charlie", "password": factories.PASSWORD},
    "POST /signin/verify": {"password": factories.PASSWORD},
    "POST /superuser/users/": {"username": "newcomer"},
    "PUT /superuser/users/{username}": {"email": "bob@example.com"},
    "PUT /superuser/organizations/{orgname}": {"name": "renamed"},
}
QUERIES = {
    "GET /repository": "?public=true",
    "GET /organization/{orgname}/robots/{robot_shortname}/access": (
        "?repository=web&action=pull"
    ),
    "GET /user/robots/{robot_shortname}/access": "?repository=web&action=pull",
    **{
        f"{method} /superuser/issuers/emergencyswitch": f"?issuer={TRUST.issuer}"
        for method in ("GET", "PUT", "DELETE")
    },
}
OVERRIDES = {
    "PUT /organization/{orgname}/robots/{robot_shortname}": {"robot_shortname": "new"},
    "PUT /user/robots/{robot_shortname}": {"robot_shortname": "new"},
    "PUT /organization/{orgname}/team/{teamname}/members/{membername}": {
        "membername": "charlie"
    },
    "DELETE /user/starred/{repository}": {"repository": "acme/public"},
}


class World:
    """The cast, a person for each column, and something of everybody's."""

    def __init__(self, cast: Cast) -> None:
        self.people: dict[str, User | None] = {
            "n": None,
            "o": cast.charlie,
            "m": cast.bob,
            "c": factories.user("dave"),
            "a": cast.alice,
            "s": factories.user("root"),
            "r": factories.user("erin"),
        }
        self.omni = factories.user("omni")
        factories.team(cast.acme, "makers", TeamRole.CREATOR, (self.people["c"],))  # type: ignore[arg-type]
        factories.team(cast.acme, "chiefs", TeamRole.ADMIN, (self.omni,))
        grant(cast.web, cast.team, Role.READ, factories.BY)
        default = DefaultPermission.objects.create(
            namespace=cast.acme, robot=cast.ci, role=Role.READ
        )
        self.application = create_application(cast.acme, Details("app"), factories.BY)
        bearer(cast.alice, "repo:read")
        given = AccessToken.objects.latest("id")
        given.application, given.name = self.application, "pipeline"
        given.save()
        self.values = {
            "orgname": "acme",
            "namespace": "acme",
            "membername": "bob",
            "username": "bob",
            "robot_shortname": "ci",
            "teamname": "developers",
            "repository": "acme/web",
            "prototypeid": str(default.uuid),
            "client_id": self.application.client_id,
            "token_uuid": str(given.uuid),
            "token_id": str(cast.ci.tokens.get().pk),
            "trust_id": str(add_trust(cast.ci, TRUST, factories.BY).pk),
            "slug": "kubernetes",
            "email": "x@example.com",
            "policy_uuid": "none",
            "assigned_uuid": "none",
            "uuid": "none",
            "error_type": "invalid_request",
            "prefix": "ac",
        }
        for person in (*self.people.values(), self.omni):
            if person is not None:
                self._furnish(person)

    def _furnish(self, person: User) -> None:
        """A robot, a repository, an app token and granted tokens of one's own."""
        robot, _ = factories.robot(person.personal_namespace, "ci")
        add_trust(robot, TRUST, factories.BY)
        factories.repository(person.personal_namespace, "web")
        create_app_token(person, "old", factories.BY)
        bearer(person, "repo:read")
        granted = AccessToken.objects.filter(user=person, scope="repo:read", name="")
        granted.update(application=self.application)
        Assignment.objects.create(
            application=self.application,
            user=person,
            redirect_uri="",
            response_type="token",
            scope="repo:read",
        )

    def path(self, row: Row, person: User | None) -> str:
        """The path of a row as `person` would call it."""
        values = {**self.values, **OVERRIDES.get(row.name, {})}
        if "{name}" in row.path:
            values["name"] = "developers" if "/team/" in row.path else "acme+ci"
        if row.path.startswith("/user/") and person is not None:
            values |= _own(person, row.path)
        return "/api/v1" + row.path.format(**values) + QUERIES.get(row.name, "")


def _own(person: User, path: str) -> dict[str, str]:
    robot = Robot.objects.get(namespace=person.personal_namespace, name="ci")
    given = AccessToken.objects.filter(user=person, scope="repo:read", name="").latest(
        "id"
    )
    token = given if "/authorizations/" in path else person.app_tokens.get()
    return {
        "token_uuid": str(token.uuid),
        "token_id": str(robot.tokens.get().pk),
        "trust_id": str(robot.trusts.get().pk),
        "assigned_uuid": str(Assignment.objects.get(user=person).uuid),
    }


def in_session(person: User | None) -> LocalClient:
    """A client that signed in just now, and knows its CSRF token."""
    client = LocalClient()
    if person is None:
        return client
    client.django.force_login(person)
    session = client.django.session
    assert session[SESSION_KEY]
    session[SIGNED_IN_AT] = timezone.now().timestamp()
    session.save()
    client.csrf = client.get("/csrf_token").json["csrf_token"]
    return client
