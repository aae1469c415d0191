"""The trusts of a robot, one by one."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from federation.api.bodies import NewTrustBody, TrustChanges, entry_of, fields_of
from federation.api.trust_views import TrustList, TrustReply, trust_view, trusts_of
from federation.lifecycle import add_trust, plan_trusts, remove_trust, revise_trust
from federation.models import Trust
from robots.api.base import no_content
from robots.api.errors import Missing
from robots.api.paging import searched_page
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, ROBOT_AUDIT, Rule
from robots.api.schema import SEARCHED_PAGE
from robots.errors import NotFound
from robots.models import Robot

_SEARCHED = ("name", "issuer", "subject")


class TrustViewSet(RobotScope):
    """List, add, show, change and remove trusts."""

    access: ClassVar[dict[str, Rule]] = {
        "list": ROBOT_AUDIT,
        "retrieve": ROBOT_AUDIT,
        "create": ROBOT_ADMIN,
        "change": ROBOT_ADMIN,
        "destroy": ROBOT_ADMIN,
    }

    @extend_schema(
        operation_id="listOrgRobotTrusts", parameters=SEARCHED_PAGE, responses=TrustList
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the robot's trusts, with what each leaves open and last refused.

        `q` looks at names, issuers and subjects.
        """
        rows = trusts_of(self.robot())
        page = searched_page(rows, request, _SEARCHED, "position", "id")
        shown = [trust_view(trust, trust.live) for trust in page.items]
        return Response({"trusts": shown, **page.rest()})

    @extend_schema(
        operation_id="addOrgRobotTrust",
        request=NewTrustBody,
        responses={201: TrustReply, 200: TrustReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add a trust after the others.

        With `dry_run` the answer is 200 and tells what would be; nothing is stored.
        """
        said = self.body(NewTrustBody)
        dry_run = said.pop("dry_run", False)
        entry, robot = entry_of(said), self.robot()
        if dry_run:
            [planned] = plan_trusts(robot, [entry], self.caller.performer)
            return Response(trust_view(planned, 0))
        added = add_trust(robot, entry, self.caller.performer)
        return Response(trust_view(added, 0), status=201)

    @extend_schema(operation_id="getOrgRobotTrust", responses=TrustReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show one trust."""
        return self._answer(self.robot(), self._key())

    @extend_schema(
        operation_id="changeOrgRobotTrust", request=TrustChanges, responses=TrustReply
    )
    def change(self, request: Request, **kwargs: Any) -> Response:
        """Change some fields of a trust.

        Whom it would not let in any more is shut out at once, with the tokens that
        it gave.
        """
        fields = fields_of(self.body(TrustChanges))
        robot = self.robot()
        trust = Trust(pk=self._key(), robot=robot)
        try:
            revise_trust(trust, self.caller.performer, **fields)
        except NotFound:
            raise Missing from None
        return self._answer(robot, trust.pk)

    @extend_schema(operation_id="deleteOrgRobotTrust", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Remove a trust; whom it let in is shut out at once."""
        trust = Trust(pk=self._key(), robot=self.robot())
        try:
            remove_trust(trust, self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()

    def _key(self) -> int:
        """Missing for what no key can be."""
        key: str = self.kwargs["trust_id"]
        if not (key.isascii() and key.isdigit() and len(key) < 19):
            raise Missing
        return int(key)

    def _answer(self, robot: Robot, key: int) -> Response:
        trust = trusts_of(robot).filter(pk=key).first()
        if trust is None:
            raise Missing
        return Response(trust_view(trust, trust.live))
