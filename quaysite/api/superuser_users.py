"""People, for who administers the site."""

from collections.abc import Callable
from typing import ClassVar, cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.user import keep_session
from quaysite.api.user_views import (
    NewPersonReply,
    SiteUserList,
    SiteUserReply,
    site_view,
)
from quaysite.lifecycle.passwords import generate_password
from quaysite.lifecycle.people import (
    MAX_EMAIL,
    create_person,
    delete_person,
    has_powers,
    is_powerful,
)
from quaysite.lifecycle.person_changes import Changes, change_person
from quaysite.models import User
from robots import conf
from robots.api import queries
from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Flag, Text
from robots.api.errors import Forbidden, FreshLoginRequired, Missing
from robots.api.paging import searched_page
from robots.api.rules import SITE_ADMIN, SITE_AUDIT, Rule
from robots.api.schema import SEARCHED_PAGE, query
from robots.errors import NotFound
from robots.identity import Method
from robots.lookup import user_named


class NewPersonBody(Body):
    """Who is to get an account."""

    username = Text()
    email = Text(required=False, max_length=MAX_EMAIL)


class PersonBody(Body):
    """What is to change; the rest stays."""

    email = Text(required=False, max_length=MAX_EMAIL)
    password = Text(required=False)
    enabled = Flag(required=False)
    superuser = Flag(required=False)


class SiteUserViewSet(ApiViewSet):
    """List, show, create, change and delete people."""

    access: ClassVar[dict[str, Rule]] = {
        "list": SITE_AUDIT,
        "retrieve": SITE_AUDIT,
        "create": SITE_ADMIN,
        "update": SITE_ADMIN,
        "destroy": SITE_ADMIN,
    }

    @extend_schema(
        operation_id="listAllUsers",
        parameters=[
            query("disabled", bool, "Show disabled people too; true by default."),
            *SEARCHED_PAGE,
        ],
        responses=SiteUserList,
    )
    def list(self, request: Request) -> Response:
        """List the people of the site, by name."""
        people = User.objects.all()
        if not queries.flag(request, "disabled", True):
            people = people.filter(is_active=True)
        page = searched_page(people, request, ["username", "email"], "username")
        shown = [site_view(person) for person in page.items]
        return Response({"users": shown, **page.rest()})

    @extend_schema(operation_id="getInstallUser", responses=SiteUserReply)
    def retrieve(self, request: Request, username: str) -> Response:
        """Show a person."""
        return Response(site_view(self._person()))

    @extend_schema(
        operation_id="createInstallUser",
        request=NewPersonBody,
        responses={200: NewPersonReply},
    )
    def create(self, request: Request) -> Response:
        """Create a person. The answer alone has the password, which is made here."""
        body = self.body(NewPersonBody)
        if has_powers(body["username"]):
            self._only_in_a_session()
        password = generate_password()
        person = create_person(
            body["username"],
            password.reveal(),
            self.caller.performer,
            email=body.get("email", ""),
        )
        shown = {
            "username": person.username,
            "email": person.email,
            "password": password.reveal(),
            "encrypted_password": "",
        }
        return Response(shown)

    @extend_schema(
        operation_id="changeInstallUser", request=PersonBody, responses=SiteUserReply
    )
    def update(self, request: Request, username: str) -> Response:
        """Change a person. Robots of who is disabled stop as well."""
        person = self._person()
        changes = Changes(**self.body(PersonBody))
        if changes.take_over and not self.caller.is_fresh:
            raise FreshLoginRequired
        check = self._may_change(changes)
        try:
            person = change_person(person, changes, self.caller.performer, check)
        except NotFound:
            raise Missing from None
        if changes.password is not None:
            keep_session(self, person)
        return Response(site_view(person))

    @extend_schema(operation_id="deleteInstallUser", responses={204: None})
    def destroy(self, request: Request, username: str) -> HttpResponse:
        """Delete a person with the own namespace, its robots and its repositories."""
        try:
            delete_person(self._person(), self.caller.performer, self._may_touch)
        except NotFound:
            raise Missing from None
        return no_content()

    def _person(self) -> User:
        """The person whom the path names; Missing if there is none."""
        try:
            return cast(User, user_named(self.kwargs["username"]))
        except NotFound:
            raise Missing from None

    def _may_touch(self, person: User) -> None:
        """Only oneself touches who has powers: nobody takes over an equal."""
        if is_powerful(person) and person.pk != self.caller.identity.id:
            raise Forbidden

    def _may_change(self, changes: Changes) -> Callable[[User], None]:
        """Powers are given, and who has them is changed, in a session alone: a token
        that leaked makes no new holders.
        """

        def check(person: User) -> None:
            self._may_touch(person)
            promoted = changes.superuser not in (None, conf.is_site_admin(person))
            if promoted or (changes.take_over and is_powerful(person)):
                self._only_in_a_session()

        return check

    def _only_in_a_session(self) -> None:
        if self.caller.identity.method is not Method.SESSION:
            raise Forbidden
