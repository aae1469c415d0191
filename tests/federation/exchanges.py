"""The two endpoints as CI jobs call them, and what must not change when they refuse."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.test import Client

from federation.models import FederatedToken, UsedAssertion
from robots.credentials import Secret
from robots.models import AuditEvent, RobotToken
from tests.registryauth.endpoint import FORM, basic

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

ROBOT = "acme+ci"
GET_URL = "/oauth2/federation/robot/token"
POST_URL = "/oauth2/token"
NO_MATCH = {"error": "invalid_grant", "message": "Token does not match robot"}

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"


class Exchange:
    """Asks over HTTP, in Quay's way or in that of RFC 8693."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, token: Secret, robot: str = ROBOT) -> "Response":
        return self.raw(basic(robot, token))

    def raw(self, header: str | None, method: str = "GET") -> "Response":
        headers = {} if header is None else {"Authorization": header}
        return self.client.generic(method, GET_URL, headers=headers)

    def post(self, token: Secret, robot: str = ROBOT, **changes: Any) -> "Response":
        """A change of None leaves that field out; a list sends it several times."""
        fields = {
            "grant_type": GRANT_TYPE,
            "subject_token": token.reveal(),
            "subject_token_type": JWT_TYPE,
            "audience": robot,
        } | changes
        form = {name: value for name, value in fields.items() if value is not None}
        return self.client.post(
            POST_URL, urlencode(form, doseq=True), content_type=FORM
        )


def minted() -> int:
    """How many federated tokens there are; each knows what earned it."""
    tokens = RobotToken.objects.filter(origin="federated").count()
    assert tokens == FederatedToken.objects.count()
    return tokens


def stored() -> tuple[int, int]:
    """Federated tokens, and tokens of issuers that are used up."""
    return minted(), UsedAssertion.objects.count()


def events(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind))
