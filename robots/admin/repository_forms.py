"""A repository's form, and how its visibility and state are told."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots.admin.refusals import RefusableForm
from robots.models import Repository
from robots.roles import State, Visibility

VISIBILITIES = {
    Visibility.PRIVATE.value: "Private: only who has a role may pull",
    Visibility.PUBLIC.value: "Public: anybody may pull",
}

STATES = {
    State.NORMAL.value: "Normal: whoever may push, pushes",
    State.READ_ONLY.value: "Read-only: nobody pushes or deletes",
    State.MIRROR.value: "Mirror: only its mirror robot pushes",
}

_SHORT = {State.NORMAL: "Normal", State.READ_ONLY: "Read-only", State.MIRROR: "Mirror"}


class RepositoryForm(RefusableForm):
    class Meta:
        model = Repository
        fields = "__all__"  # noqa: DJ007 - the admin's page names them
        help_texts = {  # noqa: RUF012
            "name": "Lower-case letters, digits, and . _ - / between them.",
            "mirror_robot": "While the state is Mirror, only this robot pushes.",
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.refuse_foreign(self.instance.namespace_id, "mirror_robot")
        return cleaned


def visibility_badge(repository: Repository) -> SafeString:
    public = repository.visibility == Visibility.PUBLIC
    style = "qs-badge--warning" if public else ""
    text = "Public" if public else "Private"
    return format_html('<span class="qs-badge {}">{}</span>', style, text)


def state_badge(repository: Repository) -> SafeString:
    state = State(repository.state)
    style = "" if state is State.NORMAL else "qs-badge--warning"
    return format_html('<span class="qs-badge {}">{}</span>', style, _SHORT[state])
