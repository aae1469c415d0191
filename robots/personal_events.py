"""Which audit events concern a person's account, and so nobody else's eyes."""

from django.db.models import Q

PERSONAL = (
    Q(kind__startswith="user_")
    | Q(kind__startswith="account_")
    | Q(kind__contains="app_specific_token")
    | Q(kind="authorize_application")
)
"""An organization that was a person's own namespace keeps these from its
administrators, over the API and in the admin."""
