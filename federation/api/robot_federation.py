"""The trusts of a robot, as one JSON array (contract 4.1)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from federation.api.bodies import TrustBody, entry_of
from federation.api.trust_views import TrustSaid, listed
from federation.entries import check_count, check_entries
from federation.lifecycle import clear_trusts, set_trusts
from federation.models import Trust
from federation.pairs import Pair, Wanted, literal
from robots.api.base import no_content
from robots.api.bodies import check, json_of
from robots.api.errors import ApiError
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, ROBOT_AUDIT, Rule

_OF_QUAY = frozenset({"issuer", "subject"})

_OF_FORMS = frozenset({"isExpanded", "uiKey"})
"""What Quay's pages send of their own state; it means nothing."""

_SCOPES = "api_scopes"
_NO_SCOPES: tuple[Any, ...] = (None, "", [], {})


class FederationViewSet(RobotScope):
    """Show, replace and clear a robot's trusts."""

    access: ClassVar[dict[str, Rule]] = {
        "list": ROBOT_AUDIT,
        "replace": ROBOT_ADMIN,
        "clear": ROBOT_ADMIN,
    }

    @extend_schema(operation_id="getOrgRobotFederation", responses=TrustSaid(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """Show which outside identities may act as the robot."""
        trusts = Trust.objects.filter(robot=self.robot())
        return Response([listed(trust.entry) for trust in trusts])

    @extend_schema(
        operation_id="createOrgRobotFederation",
        request=TrustBody(many=True),
        responses=TrustSaid(many=True),
    )
    def replace(self, request: Request, **kwargs: Any) -> Response:
        """Replace the whole list; an empty array clears it.

        An item of `issuer` and `subject` alone stands for the robot's trust that has
        both, and keeps it whole. If there is none, it is all that the trust says.
        """
        wanted = _wanted(json_of(request))
        check_entries([literal(item) for item in wanted])
        entries = set_trusts(self.robot(), wanted, self.caller.performer)
        return Response([listed(entry) for entry in entries])

    @extend_schema(operation_id="deleteOrgRobotFederation", responses={204: None})
    def clear(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take away every trust; what they let in is shut out at once."""
        clear_trusts(self.robot(), self.caller.performer)
        return no_content()


def _wanted(data: Any) -> list[Wanted]:
    """What the body says. Raises ApiError in the words of a JSON schema's report."""
    if not isinstance(data, list):
        raise ApiError(f"{data!r} is not of type 'array'")
    check_count(len(data))
    return [_item(item) for item in data]


def _item(item: Any) -> Wanted:
    if not isinstance(item, Mapping):
        raise ApiError(f"{item!r} is not of type 'object'")
    said = {key: value for key, value in item.items() if key not in _OF_FORMS}
    if said.pop(_SCOPES, None) not in _NO_SCOPES:
        raise ApiError(f"{_SCOPES}: a trust gives no rights over the API; leave it out")
    entry = entry_of(check(TrustBody, said))
    return entry if said.keys() - _OF_QUAY else Pair(*entry.pair)
