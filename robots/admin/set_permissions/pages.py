"""The pages: the list with its form, the review, and saving what was reviewed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.robot_pages import RobotPage
from robots.admin.set_permissions.choices import ROLES, Choices, known_keys, parts_of
from robots.admin.set_permissions.forms import WhatForm
from robots.admin.set_permissions.listing import SHOWN, SIZES, Current, Listing
from robots.admin.set_permissions.preview import Preview
from robots.admin.shell import Shell
from robots.errors import DomainError
from robots.lifecycle.permissions import Grantee
from robots.lifecycle.reviewed_permissions import Outdated, Part, review, save_reviewed
from robots.models import Namespace, Repository, RepositoryPermission

SAVED = "Successfully updated repository permission."
UNCHANGED = "Nothing would change: these repositories have these roles already."
GONE = (
    "Some of the chosen repositories are not in this namespace, or not any more. They"
    " are left out now; nothing was stored."
)
DAMAGED = "The form was damaged on its way; nothing was stored. Choose again."


class PermissionsPage(RowPage):
    """Choose repositories and roles for one grantee, look at the changes, save them.

    Every button of the form sends all of it, so that what was chosen is never lost;
    `do` says which one it was.
    """

    template_name = "robots/admin/set_permissions.html"
    review_template: ClassVar[str] = "robots/admin/set_permissions_review.html"
    title = "Set repository permissions"
    grantee_noun: ClassVar[str] = ""

    listing: Listing
    choices: Choices
    form: WhatForm

    @property
    def grantee(self) -> Grantee:
        """Whose permissions these are."""
        grantee: Grantee = self.row
        return grantee

    @property
    def namespace(self) -> Namespace:
        namespace: Namespace = self.row.namespace
        return namespace

    @property
    def may_change(self) -> bool:
        """Staff need Django's permissions on permissions, not on the grantee alone."""
        reach = reach_of(self.request)
        if reach.administers(self.namespace):
            return True
        verbs = ("add", "change", "delete")
        everywhere = all(reach.may(verb, RepositoryPermission) for verb in verbs)
        return everywhere and super().may_change

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.listing = Listing.of(self.namespace, self.grantee, request.GET)
        self.choices = Choices()
        self.form = WhatForm(choices=self.choices)
        return self.show()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.listing = Listing.of(self.namespace, self.grantee, request.POST)
        self.choices = Choices.of(request.POST)
        self.form = WhatForm(request.POST, choices=self.choices)
        match request.POST.get("do"):
            case "review" | "save" as deed:
                return self.settle(saves=deed == "save")
            case "clear":
                return self.redirect()
        # An address can be gone back to; a form that was sent cannot.
        return self.show(unchecked=True) if self.choices else self.redirect()

    def settle(self, saves: bool) -> HttpResponse:
        """Save what was reviewed, or let it be reviewed, if all of it can be done."""
        try:
            if self.choices.damaged:
                raise DomainError(DAMAGED)
            if not self.choices.keys <= known_keys(self.listing, self.choices):
                raise DomainError(GONE)
            if not self.form.is_valid():
                return self.show()
            return self._save() if saves else self._review()
        except DomainError as refusal:
            return self.show(refusal=refusal.message)

    def _save(self) -> HttpResponse:
        by = performer_of(self.request)
        seen = self.request.POST.get("seen", "")
        try:
            save_reviewed(self.namespace, self.grantee, self._parts(), by, seen)
        except Outdated as outdated:
            return self._review(f"{outdated.message}: look at it again, then save.")
        messages.success(self.request, SAVED)
        return self.redirect()

    def _review(self, warning: str = "") -> HttpResponse:
        by = performer_of(self.request)
        preview = Preview.of(review(self.namespace, self.grantee, self._parts(), by))
        if not preview.count:
            return self.show(refusal=UNCHANGED)
        return self.respond(
            [self.review_template],
            preview=preview,
            warning=warning,
            kept=self.choices,
            title="Review the changes",
        )

    def _parts(self) -> Sequence[Part]:
        form = self.form
        return parts_of(self.listing, self.choices, form.selection(), form.own())

    def show(self, refusal: str = "", unchecked: bool = False) -> HttpResponse:
        """The list, with what was chosen; `unchecked` before one asked to save it."""
        self._drop_unknown()
        page = self.listing.page()
        self.listing = replace(self.listing, number=page.number)
        if unchecked:
            given = {name: self.request.POST.get(name) for name in self.form.fields}
            self.form = WhatForm(initial=given, choices=self.choices)
        return self.respond(
            [self.template_name],
            page=page,
            rows=[self._row(current) for current in page.object_list],
            pages=page.paginator.get_elided_page_range(page.number, on_each_side=2),
            kept=self.choices.beyond(current.id for current in page.object_list),
            refusal=refusal,
            title=self.title,
            has_repositories=page.paginator.count or self.listing.is_limited,
        )

    def respond(self, templates: Sequence[str], **more: Any) -> HttpResponse:
        context = {
            "form": self.form,
            "listing": self.listing,
            "choices": self.choices,
            "namespace": self.namespace,
            "grantee_noun": self.grantee_noun,
            "roles": ROLES,
            "shown": SHOWN.items(),
            "sizes": SIZES,
            "add_page": self._add_page(),
            **self.get_context_data(),
            **more,
        }
        return self.response_class(self.request, list(templates), context)

    def redirect(self) -> HttpResponse:
        """To the address of the list, where a reload repeats nothing."""
        opts = self.model_admin.opts
        page = f"admin:{opts.app_label}_{opts.model_name}_permissions"
        query = self.listing.query
        url = reverse(page, args=[self.row.pk], query=query)
        return HttpResponseRedirect(url)

    def _row(self, current: Current) -> dict[str, Any]:
        role = current.counting
        held = role.label if role else ROLES[0][0]
        return {
            "current": current,
            "was": held,
            "role": self.choices.roles.get(current.id, held),
            "ticked": current.id in self.choices.ticked,
        }

    def _drop_unknown(self) -> None:
        """Repositories of others do not stay chosen, nor more than can be."""
        try:
            known = known_keys(self.listing, self.choices)
        except DomainError:
            known = frozenset()
        self.choices = self.choices.within(known)

    def _add_page(self) -> str:
        query = {"namespace": self.namespace.pk}
        model = Repository._meta.model_name
        return reverse(f"admin:robots_{model}_add", query=query)


class SetPermissionsPage(PermissionsPage, RobotPage):
    """Of a robot account, among its tabs."""

    tab = "permissions"
    grantee_noun = "robot account"


class TeamPermissionsPage(PermissionsPage):
    """Of a team."""

    grantee_noun = "team"

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row)
