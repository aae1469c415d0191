"""One robot: its tokens and imported secret, and the switch in its row's menu."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views import View

from robots.admin.owned import OwnedAdmin
from robots.admin.performer import performer_of
from robots.admin.refusals import REFUSALS, explain
from robots.lifecycle.imported_secrets import revoke_imported_secret
from robots.lifecycle.robots import set_enabled
from robots.models import ImportedSecret, Robot, RobotToken

SHOWN_TOKENS = 50
"""The most tokens that a robot's page names, the newest first."""

_STATES = {"enabled": True, "disabled": False}


class TokenRow(NamedTuple):
    """A token of a robot's, and the page that revokes it."""

    token: RobotToken
    has_ended: bool
    revoke_url: str


class TokenRows(NamedTuple):
    """The newest tokens of a robot, and the list of all of them if there are more.

    `imported` is a secret that has not logged in yet, which is no token so far.
    """

    rows: Sequence[TokenRow]
    rest_url: str
    imported: ImportedSecret | None
    imported_has_ended: bool


def token_rows(robot: Robot) -> TokenRows:
    """Two queries; no secret, no digest and no hash is read."""
    tokens = RobotToken.objects.filter(robot=robot).defer("digest", "sealed")
    newest = list(tokens.order_by("-created_at", "-pk")[: SHOWN_TOKENS + 1])
    now = timezone.now()
    rows = [
        TokenRow(
            token,
            _has_ended(token, now),
            reverse("admin:robots_robottoken_delete", args=[token.pk]),
        )
        for token in newest[:SHOWN_TOKENS]
    ]
    page = "admin:robots_robottoken_changelist"
    rest = reverse(page, query={"robot__id__exact": robot.pk})
    secrets = ImportedSecret.objects.filter(robot=robot).defer("salt", "digest")
    imported = secrets.first()
    return TokenRows(
        rows,
        rest if len(newest) > SHOWN_TOKENS else "",
        imported,
        imported is not None and _has_ended(imported, now),
    )


class RobotDeedView(View):
    """POST does something to one robot that may be refused, and leads elsewhere."""

    http_method_names = ["post"]  # noqa: RUF012 - as the base class has it
    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it

    def post(self, request: HttpRequest, object_id: str) -> HttpResponse:
        robot: Any = self.model_admin.get_object(request, unquote(object_id))
        if robot is None:
            raise Http404
        if not self.may(robot):
            raise PermissionDenied
        try:
            done = self.do(robot)
        except REFUSALS as refusal:
            messages.error(request, explain(refusal))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(self.next_address(robot))

    def may(self, robot: Robot) -> bool:
        """Whether the caller may do it."""
        return False

    def do(self, robot: Robot) -> str:
        """Do it, and say so in a sentence. Raises one of REFUSALS, or Http404."""
        raise NotImplementedError

    def next_address(self, robot: Robot) -> str:
        """Where the browser goes then."""
        return list_address(self.model_admin, self.request)


class SwitchRobotView(RobotDeedView):
    """Enables or disables one robot, and leads back to the list."""

    def may(self, robot: Robot) -> bool:
        return self.model_admin.has_change_permission(self.request, robot)

    def do(self, robot: Robot) -> str:
        to = self.request.GET.get("to", "")
        if to not in _STATES:
            raise Http404
        set_enabled(robot, _STATES[to], performer_of(self.request))
        return f"Robot {robot.full_name} is {to}."


class RevokeImportedSecretView(RobotDeedView):
    """Revokes a robot's imported secret, and leads back to the robot."""

    def may(self, robot: Robot) -> bool:
        return self.model_admin.has_delete_permission(self.request, robot)

    def do(self, robot: Robot) -> str:
        revoke_imported_secret(robot, performer_of(self.request))
        return f"The secret of {robot.full_name} is revoked."

    def next_address(self, robot: Robot) -> str:
        return reverse("admin:robots_robot_change", args=[robot.pk])


def list_address(model_admin: OwnedAdmin, request: HttpRequest) -> str:
    """The list that the person came from, with its filters."""
    opts = model_admin.model._meta
    page = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    filters = request.GET.get("_changelist_filters", "")
    return f"{page}?{filters}" if filters else page


def _has_ended(token: RobotToken | ImportedSecret, now: datetime) -> bool:
    return token.expires_at is not None and token.expires_at <= now
