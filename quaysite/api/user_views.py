"""How a person is shown: to everybody, to oneself, to who administers the site."""

from typing import Any

from django.conf import settings
from django.db.models import Max
from rest_framework import serializers

from quaysite.lifecycle.people import own_namespace
from quaysite.models import User
from robots import conf
from robots.api.formats import avatar_of
from robots.api.rules import has_user_role, is_site_admin
from robots.api.schema import Avatar
from robots.identity import Identity
from robots.models import Namespace, NamespaceKind
from robots.roles import Role, TeamRole, UserRole


def public_view(person: User) -> dict[str, Any]:
    """What anybody sees."""
    return {
        "anonymous": False,
        "username": person.username,
        "avatar": avatar_of(person),
    }


def own_view(person: User, identity: Identity) -> dict[str, Any]:
    """What the person sees who calls as `identity`, as far as its scopes allow."""
    shown = public_view(person)
    if has_user_role(identity, UserRole.ADMIN):
        shown |= _account(person)
    if has_user_role(identity, UserRole.READ):
        shown["organizations"] = _organizations(person, identity)
    if is_site_admin(identity):
        shown["super_user"] = True
    if conf.is_site_auditor(person) and identity.acts_for_site:
        shown["global_readonly_super_user"] = True
    return shown


def site_view(person: User) -> dict[str, Any]:
    """What who administers the site sees."""
    return {
        "kind": "user",
        "name": person.username,
        "username": person.username,
        "email": person.email,
        "verified": True,
        "avatar": avatar_of(person),
        "super_user": conf.is_site_admin(person),
        "global_readonly_super_user": conf.is_site_auditor(person),
        "enabled": person.is_active,
    }


def _account(person: User) -> dict[str, Any]:
    own = own_namespace(person) or Namespace()
    return {
        "can_create_repo": True,
        "is_me": True,
        "verified": True,
        "email": person.email,
        "logins": [],
        "invoice_email": own.invoice_email,
        "invoice_email_address": own.invoice_email_address or None,
        "preferred_namespace": False,
        "tag_expiration_s": own.tag_expiration_s,
        "prompts": _prompts(person),
        "company": person.company or None,
        "family_name": person.last_name or None,
        "given_name": person.first_name or None,
        "location": person.location or None,
        "is_free_account": True,
        "has_password_set": person.has_usable_password(),
    }


def _prompts(person: User) -> list[str]:
    """What clients ask people for, until they have told anything of themselves."""
    told = person.first_name or person.last_name or person.company or person.location
    if told or not settings.FEATURE_USER_METADATA:
        return []
    return ["enter_name", "enter_company"]


def _organizations(person: User, identity: Identity) -> list[dict[str, Any]]:
    """Those with a team that the person is in, by name. One query."""
    organizations = Namespace.objects.filter(
        kind=NamespaceKind.ORGANIZATION, teams__members__user=person
    ).annotate(own_role=Max("teams__role"))
    return [
        _organization(organization, _held(organization.own_role, identity))
        for organization in organizations.order_by("name")
    ]


def _held(role: int, identity: Identity) -> int:
    """What the caller's scopes leave of a role."""
    if identity.role_everywhere is Role.ADMIN:
        return TeamRole.ADMIN
    if identity.ceiling is None:
        return role
    return min(role, identity.ceiling.namespace or 0)


def _organization(organization: Namespace, held: int) -> dict[str, Any]:
    return {
        "name": organization.name,
        "avatar": avatar_of(organization),
        "can_create_repo": held >= TeamRole.CREATOR,
        "public": False,
        "is_org_admin": held >= TeamRole.ADMIN,
        "preferred_namespace": False,
    }


class UserOrganization(serializers.Serializer[Any]):
    """An organization that the caller is in."""

    name = serializers.CharField()
    avatar = Avatar()
    can_create_repo = serializers.BooleanField()
    public = serializers.BooleanField()
    is_org_admin = serializers.BooleanField()
    preferred_namespace = serializers.BooleanField()


class PersonReply(serializers.Serializer[Any]):
    """A person. All but the first three are for oneself, or for site administrators."""

    anonymous = serializers.BooleanField()
    username = serializers.CharField()
    avatar = Avatar()
    organizations = UserOrganization(many=True, required=False)
    can_create_repo = serializers.BooleanField(required=False)
    is_me = serializers.BooleanField(required=False)
    verified = serializers.BooleanField(required=False)
    email = serializers.CharField(required=False, allow_blank=True)
    logins = serializers.ListField(child=serializers.DictField(), required=False)
    invoice_email = serializers.BooleanField(required=False)
    invoice_email_address = serializers.CharField(required=False, allow_null=True)
    preferred_namespace = serializers.BooleanField(required=False)
    tag_expiration_s = serializers.IntegerField(required=False, help_text="Seconds.")
    prompts = serializers.ListField(child=serializers.CharField(), required=False)
    company = serializers.CharField(required=False, allow_null=True)
    family_name = serializers.CharField(required=False, allow_null=True)
    given_name = serializers.CharField(required=False, allow_null=True)
    location = serializers.CharField(required=False, allow_null=True)
    is_free_account = serializers.BooleanField(required=False)
    has_password_set = serializers.BooleanField(required=False)
    super_user = serializers.BooleanField(required=False)
    global_readonly_super_user = serializers.BooleanField(required=False)


class UserReply(PersonReply):
    """Who calls. What needs `user:admin` is absent for tokens without it."""

    organizations = UserOrganization(many=True)


class SiteUserReply(serializers.Serializer[Any]):
    """A person, for who administers the site."""

    kind = serializers.ChoiceField(["user"])
    name = serializers.CharField()
    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    verified = serializers.BooleanField()
    avatar = Avatar()
    super_user = serializers.BooleanField()
    global_readonly_super_user = serializers.BooleanField()
    enabled = serializers.BooleanField()


class SiteUserList(serializers.Serializer[Any]):
    """Some people, and where the next ones are."""

    users = SiteUserReply(many=True)
    next_page = serializers.CharField(required=False)


class NewPersonReply(serializers.Serializer[Any]):
    """A person just created, with the password made for them."""

    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    password = serializers.CharField()
    encrypted_password = serializers.CharField(allow_blank=True)


class FirstPersonReply(serializers.Serializer[Any]):
    """The first person; `access_token` is there if it was asked for."""

    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    encrypted_password = serializers.CharField(allow_blank=True)
    access_token = serializers.CharField(required=False)
