"""The page of a robot's credentials: its GET never has a secret, its POST may (S-05).

Whoever administers the robot's namespace, and superusers, see its token after a fresh
sign-in, and never without an audit event. The secret is in the body of that one
response and nowhere else: no session, message or address has it.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters

from robots import conf
from robots.admin.credentials.forms import SCOPES, DownloadForm, RegenerateForm
from robots.admin.credentials.keyless import Keyless, keyless_steps
from robots.admin.owned import OwnedAdmin
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.refusals import REFUSALS, explain
from robots.admin.robot_pages import RobotPage
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.freshness import fresh_or_redirect
from robots.lifecycle.robots import NewToken, is_disallowed, regenerate_token
from robots.lifecycle.token_reading import (
    is_own_token,
    note_reading,
    read_token,
    readable_tokens,
)
from robots.models import Robot
from robots.names import RobotName
from robots.renderings import (
    FILES,
    Login,
    Scope,
    docker_config,
    docker_line,
    kubectl_line,
    kubernetes_secret,
    pod,
    podman_line,
    pull_secret,
    stem,
)

TABS = {
    "robot": "Robot Account",
    "kubernetes": "Kubernetes Secret",
    "podman": "Podman",
    "docker-login": "Docker Login",
    "docker": "Docker Configuration",
    "mesos": "Mesos",
    "keyless": "Keyless",
}

MADE = "Robot account {} was created. This is its token."
NEW = "The token was regenerated. This is the new one."
SHOWN = "The token is shown below. That you have seen it is in the audit log."
UNREADABLE = (
    "No copy of the token is kept that could be shown. Regenerate it to get a new one:"
    " that is shown once."
)
UNKNOWN = "Choose what to do: show, download, or regenerate the token."


@method_decorator(sensitive_post_parameters("token"), name="dispatch")
class CredentialsPage(RobotPage):
    """Shows how to log in; the secret itself only on request, to a fresh session."""

    template_name = "robots/admin/credentials.html"
    title = "Credentials"
    tab = "credentials"

    secret: Secret | None = None

    @property
    def may_change(self) -> bool:
        """Staff who may change robots read no secret; see `Reach.may_see_secrets`."""
        return reach_of(self.request).may_see_secrets(self.row.namespace_id)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show, download or regenerate, as `do` says."""
        if again := fresh_or_redirect(request, self._address()):
            return again
        match request.POST.get("do"):
            case "show":
                return self._show()
            case "download":
                return self._download()
            case "regenerate":
                return self._regenerate()
        return self._answer(error=UNKNOWN)

    def keyless(self) -> Keyless:
        """As an admin of robots says that knows their trusts; in general otherwise."""
        steps = getattr(self.model_admin, "keyless_steps", keyless_steps)
        found: Keyless = steps(self.request, self.row)
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """`login` has `***` for the secret unless this response shows it."""
        robot = RobotName(self.row.namespace.name, self.row.name)
        login = Login(robot, conf.registry_host(), self.secret)
        readable = readable_tokens().filter(robot=self.row).exists()
        kept = {} if readable or self.secret is None else {"kept": login.token}
        defaults = {"regenerate_form": RegenerateForm(), "notes": notes_on(self.row)}
        return {
            **super().get_context_data(**defaults),
            **kept,
            **kwargs,
            "login": login,
            "is_shown": self.secret is not None,
            "is_readable": readable,
            "may_download": readable or self.secret is not None,
            "tabs": TABS,
            "open_tab": self._open_tab(),
            "scopes": SCOPES,
            "keyless": self.keyless(),
            "address": self._page(),
            **_texts(login),
        }

    def _show(self) -> HttpResponse:
        self.secret = read_token(self.row, performer_of(self.request))
        if self.secret is None:
            return self._answer(error=UNREADABLE)
        return self._answer(done=SHOWN)

    def _download(self) -> HttpResponse:
        form = DownloadForm(self.request.POST)
        if not form.is_valid():
            return self._answer(error=form.wrong())
        secret = self._read(form.cleaned_data["file"], form.cleaned_data["token"])
        if secret is None:
            return self._answer(error=UNREADABLE)
        robot = RobotName(self.row.namespace.name, self.row.name)
        login = Login(robot, conf.registry_host(), secret)
        file = FILES[form.cleaned_data["file"]](login, form.cleaned_data["scope"])
        disposition = content_disposition_header(True, file.name)
        return HttpResponse(
            file.content,
            content_type=file.content_type,
            headers={"Content-Disposition": disposition},
        )

    def _read(self, file: str, shown: str) -> Secret | None:
        """The token that is kept, or else the one that the page still shows."""
        by = performer_of(self.request)
        secret = read_token(self.row, by, file=file)
        if secret is None and shown and is_own_token(self.row, Secret(shown)):
            secret = Secret(shown)
            note_reading(self.row, by, file=file)
        return secret

    def _regenerate(self) -> HttpResponse:
        form = RegenerateForm(self.request.POST)
        if form.is_valid():
            by, grace = performer_of(self.request), form.cleaned_data["grace"]
            try:
                made = regenerate_token(self.row, by, grace, form.expires_at)
            except REFUSALS as refusal:
                form.add_error("grace", explain(refusal))
            else:
                self.secret = made.secret
                return self._answer(done=NEW)
        return self._answer(regenerate_form=form)

    def _answer(self, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context))

    def _open_tab(self) -> str:
        wanted = self.request.POST.get("tab") or self.request.GET.get("tab")
        return wanted if wanted in TABS else next(iter(TABS))

    def _page(self) -> str:
        return reverse("admin:robots_robot_credentials", args=[self.row.pk])

    def _address(self) -> str:
        """This page, at the tab that is open."""
        return f"{self._page()}?tab={self._open_tab()}"


def show_new_token(
    model_admin: OwnedAdmin, request: HttpRequest, made: NewToken
) -> HttpResponse:
    """The page of a robot made by this request, with its token.

    The caller asks first who it is, and for a fresh session.
    """
    page = CredentialsPage(model_admin=model_admin)
    page.setup(request)
    page.row, page.secret = made.robot, made.secret
    done = MADE.format(made.robot.full_name)
    return page.render_to_response(page.get_context_data(done=done))


def notes_on(robot: Robot) -> list[str]:
    """Why a robot cannot log in, whatever its token is."""
    notes = []
    if is_disallowed(robot.namespace, robot.full_name):
        notes.append(RobotsDisallowed.MESSAGE)
    if not robot.enabled:
        notes.append("This robot account is disabled: its token works nowhere.")
    if robot.expires_at is not None and robot.expires_at <= timezone.now():
        notes.append("This robot account has expired: its token works nowhere.")
    return notes


def _texts(login: Login) -> dict[str, Any]:
    """Everything that can be read and copied."""
    return {
        "stem": stem(login.robot),
        "pull_secret": pull_secret(login.robot),
        "kubectl_line": kubectl_line(login.robot),
        "pod": pod(login),
        "podman_line": podman_line(login),
        "docker_line": docker_line(login),
        "secrets": [(scope, kubernetes_secret(login, scope)) for scope in Scope],
        "configs": [(scope, docker_config(login, scope)) for scope in Scope],
    }
