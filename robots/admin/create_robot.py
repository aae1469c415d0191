"""Create robot account: where, what, a review, and then it is made."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.views import View
from django.views.generic import TemplateView

from robots import conf
from robots.admin.credentials import show_new_token
from robots.admin.new_robot import (
    BOXES,
    NAME_RULE,
    NewRobotForm,
)
from robots.admin.owned import NAMESPACE_PARAMETER, OwnedAdmin
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.refusals import REFUSALS, explain
from robots.admin.shell import Shell, organization_page, organization_shell
from robots.errors import RobotsDisallowed
from robots.freshness import fresh_or_redirect, is_fresh
from robots.lifecycle.robots import NewToken, create_robot
from robots.models import (
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    TeamMember,
)
from robots.names import MAX_LENGTH, simple_name_issue
from robots.roles import Role
from robots.text import is_storable

CREATED = "Successfully created robot account with robot name: {} + {}."

NOT_SHOWN = (
    "Its token was not shown, and no copy of it is kept: whoever administers {} gets"
    " a new one on its Credentials page."
)

OFFERED = 20
"""The most names that are offered while one is typed."""

_UNCHECKED = {"add", "edit"}
"""Steps that show the form again, however much of it is filled in."""

LISTED_HOMES = 50
"""Up to this many organizations are a list to choose from; more of them are typed."""


class _NewRobotView(View):
    """A view for who may create a robot in the namespace that the address names."""

    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it

    namespace: Namespace | None

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not self.model_admin.has_add_permission(request):
            raise PermissionDenied
        self.namespace = self._named()
        return super().dispatch(request, *args, **kwargs)

    def homes(self) -> QuerySet[Namespace]:
        """The namespaces in which the person may create robots, as over the API."""
        reach = reach_of(self.request)
        if reach.may("add", Robot):
            return Namespace.objects.all()
        return Namespace.objects.filter(pk__in=reach.administered)

    def _named(self) -> Namespace | None:
        filters = QueryDict(self.request.GET.get("_changelist_filters", ""))
        listed = filters.get(NAMESPACE_PARAMETER, "")
        name = self.request.GET.get(NAMESPACE_PARAMETER, listed).strip()
        if simple_name_issue(name, "Namespace"):
            return None
        return self.homes().filter(name=name).first()


class CreateRobotPage(_NewRobotView, TemplateView):
    """A form, then a review of it, then the deed; every step sends all of the form.

    `step` says which button it was. Without a namespace in the address it asks for
    one first. Where no copy of a token is kept, it begins with a fresh sign-in and
    ends with the token, for who may see it.
    """

    title = "Create robot account"
    form: NewRobotForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.namespace is None:
            return self._ask_where()
        if self._shows_token and (again := fresh_or_redirect(request)):
            return again
        return self._show_form(self._form(self.namespace))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.namespace is None:
            return self._ask_where()
        step = request.POST.get("step", "review")
        checked = step not in _UNCHECKED and "remove" not in request.POST
        form = self._form(self.namespace, request.POST, checked=checked)
        if not checked or not form.is_valid():
            return self._show_form(form)
        if step == "create":
            return self._create(form)
        return self._show(
            "create_robot_review",
            form=form,
            is_kept=conf.tokens_retrievable(),
            shows_token=self._shows_token and is_fresh(request.session),
        )

    @property
    def _shows_token(self) -> bool:
        """Whether the token is for who is here, now or never."""
        if self.namespace is None or conf.tokens_retrievable():
            return False
        return reach_of(self.request).may_see_secrets(self.namespace.pk)

    def _form(
        self, namespace: Namespace, data: Any = None, *, checked: bool = True
    ) -> NewRobotForm:
        """Whoever may add robots alone gives them no rights of others."""
        reach = reach_of(self.request)
        is_own = reach.administers(namespace)
        return NewRobotForm(
            namespace,
            data,
            checked=checked,
            may_join=is_own or reach.may("add", TeamMember),
            may_grant=is_own or reach.may("add", RepositoryPermission),
        )

    def _create(self, form: NewRobotForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            made = create_robot(
                form.namespace,
                given["name"],
                performer_of(self.request),
                description=given["description"],
                metadata=given["metadata"] or None,
                permissions=form.permissions,
                teams=form.team_names,
                expires_at=given["expires_at"],
            )
        except RobotsDisallowed:
            form.disallow()
        except REFUSALS as refusal:
            form.add_error("name", explain(refusal))
        else:
            return self._made(made)
        return self._show_form(form)

    def _made(self, made: NewToken) -> HttpResponse:
        """The token, where this is the one time; else the list that the robot is in.

        A session that is no longer fresh gets the list, and no token.
        """
        if self._shows_token and is_fresh(self.request.session):
            return show_new_token(self.model_admin, self.request, made)
        robot = made.robot
        text = CREATED.format(robot.namespace.name, robot.name)
        if not conf.tokens_retrievable():
            text = f"{text} {NOT_SHOWN.format(robot.namespace.name)}"
        if reach_of(self.request).may_see_secrets(robot.namespace_id):
            page = reverse("admin:robots_robot_credentials", args=[robot.pk])
            text = format_html('{} <a href="{}">Show its credentials</a>', text, page)
        messages.success(self.request, text)
        return HttpResponseRedirect(organization_page(robot.namespace, "robot"))

    def _ask_where(self) -> HttpResponse:
        """Where there is one choice only, it is made, unless another was asked for."""
        asked = self.request.GET.get(NAMESPACE_PARAMETER, "")
        first = list(self.homes().order_by("name")[: LISTED_HOMES + 1])
        if not first:
            raise PermissionDenied
        if len(first) == 1 and not asked:
            here = reverse(
                "admin:robots_robot_add", query={NAMESPACE_PARAMETER: first[0].name}
            )
            return HttpResponseRedirect(here)
        return self._show(
            "create_robot_where",
            homes=first[:LISTED_HOMES],
            are_all=len(first) <= LISTED_HOMES,
            asked=asked,
        )

    def _show_form(self, form: NewRobotForm) -> HttpResponse:
        offered = Repository.objects.filter(namespace=form.namespace).order_by("name")
        return self._show(
            "create_robot",
            form=form,
            places=form.places,
            roles=Role.labels,
            rule=NAME_RULE,
            longest=MAX_LENGTH - len(form.namespace.name) - 1,
            has_boxes=len(form.all_teams) <= BOXES,
            offered=offered.values_list("name", flat=True)[:OFFERED],
        )

    def _show(self, template: str, **context: Any) -> HttpResponse:
        return self.render_to_response(
            {
                **self.model_admin.admin_site.each_context(self.request),
                "title": self.title,
                "shell": self._shell(),
                "namespace": self.namespace,
                **context,
            },
            template=template,
        )

    def render_to_response(
        self, context: dict[str, Any], template: str = "", **kwargs: Any
    ) -> HttpResponse:
        self.template_name = f"robots/admin/{template}.html"
        return super().render_to_response(context, **kwargs)

    def _shell(self) -> Shell | None:
        if self.namespace is None:
            return None
        return organization_shell(self.request, self.namespace, "robots")


class ChoicesView(_NewRobotView):
    """Names of repositories of one namespace that hold what was typed, as JSON."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed = request.GET.get("q", "").strip().lower()
        if self.namespace is None or not is_storable(typed) or len(typed) > MAX_LENGTH:
            return JsonResponse({"names": []})
        rows = Repository.objects.filter(namespace=self.namespace)
        exact = Case(When(name=typed, then=0), default=1)
        found = rows.filter(name__contains=typed).order_by(exact, "name")
        return JsonResponse(
            {"names": list(found.values_list("name", flat=True)[:OFFERED])}
        )
