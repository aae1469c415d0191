"""What an organization says of its OAuth application."""

from typing import Any

from django.forms.models import construct_instance

from quaysite.lifecycle.applications import Details
from quaysite.models import Application
from robots.admin.refusals import RefusableForm

MAX_URI = 2048
MAX_DESCRIPTION = 10_000
"""Characters, as over the API."""


class ApplicationForm(RefusableForm):
    class Meta:
        model = Application
        fields = (
            "name",
            "organization",
            "description",
            "application_uri",
            "redirect_uris",
            "avatar_email",
        )
        labels = {  # noqa: RUF012
            "application_uri": "Home page",
            "redirect_uris": "Redirect URI",
            "avatar_email": "E-mail for its picture",
        }
        help_texts = {  # noqa: RUF012
            "name": "People read it before they let the application act for them.",
            "redirect_uris": (
                "Where people go back to after they agreed. It is compared exactly."
            ),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        organization = self.cleaned_data.get("organization")
        if organization and not organization.is_organization:
            self.add_error("organization", "Choose an organization.")
        return cleaned

    def _post_clean(self) -> None:
        """The deed checks more than the model, which asks for a redirect URI always."""
        opts = self._meta
        self.instance = construct_instance(
            self, self.instance, opts.fields, opts.exclude
        )

    def _refused_field(self) -> str | None:
        """Refusals begin with the name that the API has for the field."""
        text = str(self.refusal)
        if text.startswith("redirect_uri"):
            return "redirect_uris"
        return "application_uri" if text.startswith("application_uri") else "name"


def details_of(application: Application) -> Details:
    """What the form left in the unsaved `application`."""
    return Details(
        name=application.name,
        application_uri=application.application_uri,
        redirect_uri=application.redirect_uris,
        description=application.description,
        avatar_email=application.avatar_email,
    )
