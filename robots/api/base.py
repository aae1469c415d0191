"""What every view of the API has in common: a declared rule for each action.

A view without one fails when the URLs are built, which is at start-up.
"""

from collections.abc import Mapping
from functools import cached_property
from http import HTTPMethod
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSet

from robots import conf
from robots.access import authorize
from robots.api.bodies import validated
from robots.api.caller import Caller, caller_of
from robots.api.errors import (
    DataModelError,
    Forbidden,
    Missing,
    RequiresAuthentication,
)
from robots.api.handler import handle
from robots.api.pages import PageRenderer
from robots.api.parsers import StrictJSONParser
from robots.api.rules import Rule
from robots.api.schema import ApiSchema
from robots.decision import AccessRequest, Decision, Denial
from robots.errors import NotFound
from robots.lookup import repository_named
from robots.models import Namespace, Repository
from robots.names import parse_repository_name
from robots.roles import Action, Role
from robots.standing import Standing, own_standing, standing_in


class Negotiation(DefaultContentNegotiation):
    """Whatever a client accepts, it gets JSON; only browsers get pages."""

    def select_renderer(
        self,
        request: Request,
        renderers: Any,
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(
                request, renderers, format_suffix
            )
        except NotAcceptable:
            return renderers[0], renderers[0].media_type
        return chosen


class ApiViewSet(ViewSet):
    """One resource. `access` names the rule of each action; deny is the default."""

    access: ClassVar[Mapping[str, Rule]] = {}
    parser_classes = (StrictJSONParser,)
    renderer_classes = (JSONRenderer, PageRenderer)
    content_negotiation_class = Negotiation
    cors = True
    schema = ApiSchema()

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """DRF's, for actions that all have a rule; raises ImproperlyConfigured."""
        for action in (actions or {}).values():
            if action not in cls.access:
                raise ImproperlyConfigured(
                    f"{cls.__name__}.{action} declares no rule in `access`"
                )
        return super().as_view(actions, **initkwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what must not reach the action; called before each one."""
        if request.method == HTTPMethod.OPTIONS:
            return
        if self.action is None:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        self.rule(self.action).check(self)

    def rule(self, action: str) -> Rule:
        """The rule of an action; deny is the default, so there always is one."""
        return self.access[action]

    def get_exception_handler(self) -> Any:
        return handle

    def options(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """An empty answer, for browsers that ask before they call (CORS)."""
        return HttpResponse(status=200, content_type="application/json")

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Let pages of any origin read the answer; cookies do not travel with it."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.setdefault("Cache-Control", "no-store")
        if not self.cors:
            return response
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = response["Allow"]
        response["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, X-CSRF-Token, X-Requested-With"
        )
        return response

    @cached_property
    def caller(self) -> Caller:
        return caller_of(self.request)

    def body(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The valid JSON body of this request; ApiError or FrameworkError if not."""
        return validated(serializer, self.request)


def no_content() -> HttpResponse:
    """204, with the content type that Quay sends all the same."""
    return HttpResponse(status=204, content_type="application/json")


class NamespaceViewSet(ApiViewSet):
    """A resource of the namespace that the path names, or of the caller's own."""

    def rule(self, action: str) -> Rule:
        rule = super().rule(action)
        return rule.own if rule.own is not None and self.is_own else rule

    @property
    def is_own(self) -> bool:
        """Whether the path names no organization: the caller's own namespace."""
        return "orgname" not in self.kwargs

    @property
    def is_admin(self) -> bool:
        """Whether the caller may see secrets here; after the rule was checked."""
        return self.is_own or self.standing.is_admin

    @property
    def namespace_name(self) -> str:
        return str(self.kwargs.get("orgname", self.caller.identity.name))

    @cached_property
    def standing(self) -> Standing:
        """The caller's rights there; those of nobody where there is no namespace."""
        identity = self.caller.identity
        standing = (
            own_standing(identity)
            if self.is_own
            else standing_in(identity, self.namespace_name)
        )
        if standing is None:
            self.no_namespace()
        return standing

    def no_namespace(self) -> NoReturn:
        """Only who has rights everywhere may know that there is none."""
        identity = self.caller.identity
        if identity.role_everywhere is not None:
            raise DataModelError(f"Organization does not exist: {self.namespace_name}")
        raise RequiresAuthentication if identity.is_anonymous else Forbidden

    @property
    def namespace(self) -> Namespace:
        return self.standing.namespace


class RepositoryViewSet(ApiViewSet):
    """A resource of the repository that the path names."""

    @cached_property
    def repository(self) -> Repository:
        """The stored repository; Missing if there is none. Ask for the role first."""
        try:
            return repository_named(self.kwargs["repository"])
        except NotFound:
            raise Missing from None

    @cached_property
    def may_pull(self) -> bool:
        return self._decision is not None and Action.PULL in self._decision.granted

    def has_role(self, role: Role) -> bool:
        """Whether the caller's role there is `role` or higher, whatever the state.

        Where there is no such repository: whether it would be, for whoever has
        every repository of the namespace may know that.
        """
        decision = self._decision
        if decision is None:
            return False
        if Denial.NO_REPOSITORY in decision.denied.values():
            return self._would_have(role, decision.request.repository.namespace)
        return (decision.role or 0) >= role

    @cached_property
    def _decision(self) -> Decision | None:
        name = parse_repository_name(
            self.kwargs["repository"], conf.library_namespace()
        )
        if name is None:
            return None
        question = AccessRequest(name, frozenset({Action.PULL}))
        return authorize(self.caller.identity, [question], timezone.now())[0]

    def _would_have(self, role: Role, namespace: str) -> bool:
        identity = self.caller.identity
        ceiling = identity.ceiling
        if ceiling is not None and (ceiling.repository or 0) < role:
            return identity.role_everywhere is Role.ADMIN
        uncapped = identity._replace(ceiling=None, site_role=identity.role_everywhere)
        standing = standing_in(uncapped, namespace)
        return standing is not None and standing.is_admin
