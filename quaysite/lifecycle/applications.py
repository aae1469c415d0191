"""OAuth applications of organizations: register, change, delete, offer tokens."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from quaysite.lifecycle.oauth_tokens import scope_text
from quaysite.lifecycle.people import BOOTSTRAP_APPLICATION
from quaysite.models import Application, Assignment, User
from robots import audit, credentials, keyring
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import DomainError, NotFound
from robots.models import Namespace
from robots.oauth_scopes import OAuthScope

CLIENT_ID_LENGTH = 20
CLIENT_SECRET_LENGTH = 40

MAX_NAMED = 100
"""Applications that one event names."""

_SECRET_FIELDS = ("client_secret", "sealed_secret", "key_id")

_RESERVED = "Application name is reserved for bootstrap token provisioning"
_GONE = "The application or its organization was deleted"

_NEVER_IN_A_URI = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""A native application's own, which is the reverse of a domain (RFC 8252 7.1)."""


class Details(NamedTuple):
    """What an organization says of its application; None is what was not said."""

    name: str
    application_uri: str | None = None
    redirect_uri: str | None = None
    description: str | None = None
    avatar_email: str | None = None


def create_application(
    organization: Namespace, details: Details, by: Performer
) -> Application:
    """Register a confidential client. Raises DomainError for what cannot be used."""
    _check(details)
    application = Application(
        organization=organization,
        client_id=credentials.generate_token(CLIENT_ID_LENGTH).reveal(),
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        **_fields(details),
    )
    _set_secret(application, _new_secret())
    try:
        with transaction.atomic():
            application.save()
            _record("create_application", by, application)
    except IntegrityError:
        raise NotFound(_GONE) from None
    return application


def update_application(
    application: Application, details: Details, by: Performer
) -> Application:
    """Change what was said. Raises DomainError for what cannot be used."""
    _check(details)
    with transaction.atomic():
        locked = _locked(application)
        fields = _fields(details)
        for name, value in fields.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*fields, "updated"])
        _record("update_application", by, locked)
    return locked


def reset_client_secret(application: Application, by: Performer) -> Application:
    """Replace the client secret; the one before stops working at once."""
    secret = _new_secret()
    with transaction.atomic():
        locked = _locked(application)
        _set_secret(locked, secret)
        locked.save(update_fields=[*_SECRET_FIELDS, "updated"])
        _record("reset_application_client_secret", by, locked)
    return locked


def delete_application(application: Application, by: Performer) -> None:
    """Delete an application; every token that was given to it ends at once."""
    with transaction.atomic():
        locked = _locked(application)
        _record("delete_application", by, locked)
        locked.delete()


def client_secret_of(application: Application) -> Secret | None:
    """The client secret; None where it is not kept readable."""
    sealed = application.sealed_secret
    if sealed is None:
        return None
    return credentials.unseal(bytes(sealed), application.client_id)


def read_client_secret(application: Application, by: Performer) -> Secret | None:
    """The client secret, to be shown now; None where it is not kept readable."""
    secret = client_secret_of(application)
    if secret is not None:
        _record("read_application_client_secret", by, application)
    return secret


def read_client_secrets(
    organization: Namespace, applications: Sequence[Application], by: Performer
) -> dict[str, Secret]:
    """Client secrets to be shown now, by client id, of those that are kept readable.

    One event tells of all of them, and names the first MAX_NAMED.
    """
    found = {one: client_secret_of(one) for one in applications}
    secrets = {one.client_id: secret for one, secret in found.items() if secret}
    shown = [one for one in applications if one.client_id in secrets]
    if shown:
        audit.record(
            "read_application_client_secret",
            by,
            organization,
            applications=[one.name for one in shown[:MAX_NAMED]],
            client_ids=[one.client_id for one in shown[:MAX_NAMED]],
            count=len(shown),
        )
    return secrets


def offer_token(
    application: Application,
    user: User,
    redirect_uri: str,
    response_type: str,
    scopes: frozenset[OAuthScope],
    by: Performer,
) -> None:
    """Let `user` find the request among his offers; once, however often it is made."""
    with transaction.atomic():
        Assignment.objects.get_or_create(
            application=_locked(application),
            user=user,
            redirect_uri=redirect_uri,
            response_type=response_type,
            scope=scope_text(scopes),
        )
        facts = {"username": user.username, "scope": scope_text(scopes)}
        _record("assign_application", by, application, **facts)


def decline_offer(offer: Assignment, by: Performer) -> None:
    """Remove an offer that its person does not want."""
    with transaction.atomic():
        deleted, _ = Assignment.objects.filter(pk=offer.pk).delete()
        if deleted:
            _record("decline_application", by, offer.application, scope=offer.scope)


def _locked(application: Application) -> Application:
    """The stored row, for this transaction. Raises NotFound if it is gone."""
    rows = Application.objects.select_for_update(of=("self",))
    found: Application | None = (
        rows.select_related("organization").filter(pk=application.pk).first()
    )
    if found is None:
        raise NotFound(_GONE)
    return found


def _fields(details: Details) -> dict[str, Any]:
    said = {
        name: value for name, value in details._asdict().items() if value is not None
    }
    if "redirect_uri" in said:
        said["redirect_uris"] = said.pop("redirect_uri")
    return said


def _check(details: Details) -> None:
    if details.name == BOOTSTRAP_APPLICATION:
        raise DomainError(_RESERVED)
    if details.redirect_uri and not _is_redirect_uri(details.redirect_uri):
        raise DomainError(
            "redirect_uri: an absolute URI is wanted, without a fragment, a user name"
            " or spaces, whose scheme is http, https or an application's own"
        )
    if details.application_uri and not _is_web_address(details.application_uri):
        raise DomainError("application_uri: an http or https address is wanted")


def _is_redirect_uri(uri: str) -> bool:
    if _is_web_address(uri):
        return "#" not in uri
    scheme, _, rest = uri.partition(":/")
    own = _PRIVATE_SCHEME.fullmatch(scheme) and not rest.startswith("/")
    return bool(own) and "#" not in uri and not _NEVER_IN_A_URI.search(uri)


def _is_web_address(uri: str) -> bool:
    if _NEVER_IN_A_URI.search(uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and "@" not in parts.netloc


class _ClientSecret(NamedTuple):
    secret: Secret
    hashed: str


def _new_secret() -> _ClientSecret:
    """Hashed, which is slow on purpose: before anything is locked."""
    secret = credentials.generate_token(CLIENT_SECRET_LENGTH)
    return _ClientSecret(secret, make_password(secret.reveal()))


def _set_secret(application: Application, new: _ClientSecret) -> None:
    application.client_secret = new.hashed
    application.sealed_secret = credentials.seal(new.secret, application.client_id)
    application.key_id = keyring.current_key_id()


def _record(kind: str, by: Performer, application: Application, **facts: Any) -> None:
    audit.record(
        kind,
        by,
        application.organization,
        application_name=application.name,
        client_id=application.client_id,
        **facts,
    )
