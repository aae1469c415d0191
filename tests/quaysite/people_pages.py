"""The pages of people in the admin, filled in."""

from typing import Any

from quaysite.models import User
from tests.factories import PASSWORD

ADD = "/admin/quaysite/user/add/"


def new_person(username: str) -> dict[str, str]:
    return {
        "username": username,
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }


def changed_person(person: User, **fields: Any) -> dict[str, Any]:
    return {
        "username": person.username,
        "email": person.email,
        "first_name": "",
        "last_name": "",
        "is_active": "on",
        "oidc_accounts-TOTAL_FORMS": "0",
        "oidc_accounts-INITIAL_FORMS": "0",
        **fields,
    }


def connecting(subject: str, issuer: str = "https://id.example") -> dict[str, str]:
    """What the page posts to connect an account to a person who has none."""
    return {
        "oidc_accounts-TOTAL_FORMS": "1",
        "oidc_accounts-INITIAL_FORMS": "0",
        "oidc_accounts-0-issuer": issuer,
        "oidc_accounts-0-subject": subject,
    }
