"""The trusts of a robot, as one JSON array (contract 4.1)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from federation.api.bodies import TrustBody, entry_of
from federation.api.trust_views import TrustSaid, listed
from federation.entries import Entry, check_count
from federation.lifecycle import clear_trusts, set_trusts
from federation.models import Trust
from federation.policy import check_allowed
from robots.api.base import no_content
from robots.api.bodies import check, json_of
from robots.api.errors import ApiError
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, ROBOT_AUDIT, Rule

_OF_FORMS = ("isExpanded",)
"""What the pages of Quay 3.13 to 3.18 send of their own state; it means nothing."""


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
        """Replace the whole list; an empty array clears it."""
        entries = _entries(json_of(request))
        check_allowed(entries)
        set_trusts(self.robot(), entries, self.caller.performer)
        return Response([listed(entry) for entry in entries])

    @extend_schema(operation_id="deleteOrgRobotFederation", responses={204: None})
    def clear(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take away every trust; what they let in is shut out at once."""
        clear_trusts(self.robot(), self.caller.performer)
        return no_content()


def _entries(data: Any) -> list[Entry]:
    """What the body says. Raises ApiError in the words of a JSON schema's report."""
    if not isinstance(data, list):
        raise ApiError(f"{data!r} is not of type 'array'")
    check_count(len(data))
    return [_entry(item) for item in data]


def _entry(item: Any) -> Entry:
    if not isinstance(item, Mapping):
        raise ApiError(f"{item!r} is not of type 'object'")
    known = {key: value for key, value in item.items() if key not in _OF_FORMS}
    return entry_of(check(TrustBody, known))
