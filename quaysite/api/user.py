"""The caller's own account, sign-up, and what anybody sees of a person."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.sessions import sign_in, with_next_token
from quaysite.api.user_views import PersonReply, UserReply, own_view, public_view
from quaysite.lifecycle.people import MAX_EMAIL, create_person, is_powerful
from quaysite.lifecycle.person_changes import Changes, change_person
from quaysite.models import User
from registryauth.conf import accepts_passwords
from robots import conf
from robots.api.base import ApiViewSet
from robots.api.bodies import Body, Flag, Text, WholeNumber
from robots.api.errors import (
    Forbidden,
    FrameworkError,
    FreshLoginRequired,
    Missing,
    RequiresAuthentication,
)
from robots.api.rules import (
    ANYBODY,
    USER_ADMIN,
    USER_READ,
    Rule,
    is_site_admin,
    is_uncapped,
    may_audit_site,
)
from robots.errors import NotFound
from robots.identity import Identity, Kind, Method
from robots.lifecycle.organizations import TAG_EXPIRATIONS
from robots.lookup import user_named
from robots.origin import client_address
from robots.password_hashing import turns
from robots.people import identity_of_person

NOT_FOUND = (
    "The requested URL was not found on the server. If you entered the URL manually"
    " please check your spelling and try again."
)

_METADATA = {
    "given_name": "first_name",
    "family_name": "last_name",
    "company": "company",
    "location": "location",
}
"""Fields of the body, and what they are called where they are kept."""


def one_of_the_tag_expirations(seconds: int) -> None:
    """A validator."""
    if seconds not in TAG_EXPIRATIONS:
        raise ValidationError(f"{seconds} is not one of {list(TAG_EXPIRATIONS)}")


class SignUpBody(Body):
    """Who wants an account."""

    username = Text()
    password = Text()
    email = Text(required=False, max_length=MAX_EMAIL)
    invite_code = Text(required=False)
    recaptcha_response = Text(required=False)


class UserBody(Body):
    """What is to change; the rest stays."""

    username = Text(required=False)
    password = Text(required=False)
    email = Text(required=False, max_length=MAX_EMAIL)
    invoice_email = Flag(required=False)
    invoice_email_address = Text(required=False, allow_null=True, max_length=MAX_EMAIL)
    tag_expiration_s = WholeNumber(
        required=False, validators=[one_of_the_tag_expirations]
    )
    given_name = Text(required=False, allow_null=True, max_length=150)
    family_name = Text(required=False, allow_null=True, max_length=150)
    company = Text(required=False, allow_null=True, max_length=255)
    location = Text(required=False, allow_null=True, max_length=255)


class UserViewSet(ApiViewSet):
    """Show and change the caller's account, or create one."""

    access: ClassVar[dict[str, Rule]] = {
        "retrieve": USER_READ,
        "update": USER_ADMIN,
        "create": ANYBODY,
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Clients that ask who they are learn that nobody has to sign in for that."""
        try:
            super().initial(request, *args, **kwargs)
        except RequiresAuthentication:
            if self.action == "retrieve":
                raise RequiresAuthentication({"session_required": False}) from None
            raise

    @extend_schema(operation_id="getLoggedInUser", responses=UserReply)
    def retrieve(self, request: Request) -> Response:
        """Show who calls, and the organizations that the caller is in."""
        person = cast(User, self.caller.person)
        return Response(own_view(person, self.caller.identity))

    @extend_schema(
        operation_id="changeUserDetails", request=UserBody, responses=UserReply
    )
    def update(self, request: Request) -> Response:
        """Change the caller's account. A new password ends all other sessions."""
        changes = _changes(self.body(UserBody))
        person = cast(User, self.caller.person)
        if changes.take_over:
            self._check_take_over(person)
        with _place(request, changes):
            person = change_person(person, changes, self.caller.performer)
        if changes.password is not None:
            keep_session(self, person)
        asked = self.caller.identity
        identity = identity_of_person(person, asked.method, asked.ceiling)
        return Response(own_view(person, identity))

    def _check_take_over(self, person: User) -> None:
        """A token must not become more than it is through a password of its own."""
        identity = self.caller.identity
        if identity.method is not Method.SESSION and (
            is_powerful(person) or not is_uncapped(identity)
        ):
            raise Forbidden
        if not self.caller.is_fresh:
            raise FreshLoginRequired

    @extend_schema(
        operation_id="createNewUser", request=SignUpBody, responses=UserReply
    )
    def create(self, request: Request) -> Response:
        """Create an account and sign it in, where the site lets anybody do so.

        Such an account has a password, so there is none where none is accepted.
        """
        if not (settings.FEATURE_USER_CREATION and accepts_passwords()):
            raise Missing
        body = self.body(SignUpBody)
        with turns.place(client_address(request._request)):
            person = create_person(
                body["username"],
                body["password"],
                self.caller.performer,
                email=body.get("email", ""),
            )
        sign_in(request._request, person)
        # Powers over the site begin with the next request, as in Quay.
        identity = Identity(
            Kind.USER, person.username, person.pk, method=Method.SESSION
        )
        response = Response(own_view(person, identity))
        return with_next_token(request._request, response)


class PersonViewSet(ApiViewSet):
    """What others see of a person."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": ANYBODY}

    @extend_schema(operation_id="getUserInformation", responses=PersonReply)
    def retrieve(self, request: Request, username: str) -> Response:
        """Show a person: in full to the person, else name and avatar."""
        try:
            person = cast(User, user_named(username))
        except NotFound:
            raise FrameworkError(NOT_FOUND, 404) from None
        identity = self.caller.identity
        if person.pk == identity.id:
            return Response(own_view(person, identity))
        shown = public_view(person)
        if is_site_admin(identity):
            shown["super_user"] = conf.is_site_admin(person)
        elif may_audit_site(identity):
            shown["global_readonly_super_user"] = conf.is_site_auditor(person)
        return Response(shown)


def keep_session(view: ApiViewSet, person: User) -> None:
    """Keep the caller's session, which a new password of `person` would end."""
    identity = view.caller.identity
    if identity.method is Method.SESSION and identity.id == person.pk:
        update_session_auth_hash(view.request._request, person)


def _place(request: Request, changes: Changes) -> AbstractContextManager[None]:
    """A place of the caller's address, if a password is to be hashed."""
    if changes.password is None:
        return nullcontext()
    return turns.place(client_address(request._request))


def _changes(body: dict[str, Any]) -> Changes:
    kept = ("password", "email", "invoice_email", "tag_expiration_s")
    given = {name: body[name] for name in kept if name in body}
    if "invoice_email_address" in body:
        given["invoice_email_address"] = body["invoice_email_address"] or ""
    if settings.FEATURE_USER_RENAME and "username" in body:
        given["username"] = body["username"]
    if settings.FEATURE_USER_METADATA:
        given["metadata"] = {
            field: body[name] or "" for name, field in _METADATA.items() if name in body
        }
    return Changes(**given)
