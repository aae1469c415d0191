"""Who may call an endpoint: every action of every view names one rule.

A rule looks at the stored object that the path names, never at the body. Each
lists the OAuth scopes of which a token needs one; sessions need none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robots.api.errors import Forbidden, FreshLoginRequired, RequiresAuthentication
from robots.identity import Identity
from robots.oauth_scopes import OAuthScope
from robots.roles import Role, UserRole


@dataclass(frozen=True, slots=True)
class Rule:
    """`allows` decides from the view; `fresh` asks sessions for a recent sign-in.

    `own` holds instead where the path names no organization, and so the caller's
    own namespace.
    """

    allows: Callable[[Any], bool]
    summary: str
    scopes: tuple[OAuthScope, ...] = ()
    anonymous: bool = False
    fresh: bool = False
    own: "Rule | None" = None

    def check(self, view: Any) -> None:
        """Raise RequiresAuthentication, Forbidden or FreshLoginRequired."""
        identity: Identity = view.caller.identity
        if identity.is_anonymous and not self.anonymous:
            raise RequiresAuthentication
        if not self.allows(view):
            raise RequiresAuthentication if identity.is_anonymous else Forbidden
        if self.fresh and not view.caller.is_fresh:
            raise FreshLoginRequired


def has_user_role(identity: Identity, role: UserRole) -> bool:
    """Whether the ceiling leaves `role` on the caller's own account."""
    if identity.is_anonymous:
        return False
    ceiling = identity.ceiling
    return ceiling is None or (ceiling.user or 0) >= role


def is_site_admin(identity: Identity) -> bool:
    """Whether the caller may use what only site administrators may."""
    return identity.is_site_admin and identity.acts_for_site


def may_audit_site(identity: Identity) -> bool:
    """Whether the caller reads what concerns the whole site."""
    return is_site_admin(identity) or identity.role_everywhere is not None


_ORG = (OAuthScope.ORG_ADMIN,)
_SITE = (OAuthScope.SUPER_USER,)

ANYBODY = Rule(lambda view: True, "Anybody, signed in or not.", anonymous=True)
SIGNED_IN = Rule(lambda view: True, "Anybody who is signed in.", tuple(OAuthScope))

USER_READ = Rule(
    lambda view: has_user_role(view.caller.identity, UserRole.READ),
    "The caller's own account.",
    (OAuthScope.USER_READ, OAuthScope.USER_ADMIN),
)
USER_ADMIN = Rule(
    lambda view: has_user_role(view.caller.identity, UserRole.ADMIN),
    "The caller's own account.",
    (OAuthScope.USER_ADMIN,),
)

NAMESPACE_ADMIN = Rule(
    lambda view: view.standing.is_admin,
    "An administrator of the organization.",
    _ORG,
)
NAMESPACE_ADMIN_FRESH = Rule(
    lambda view: view.standing.is_admin,
    "An administrator of the organization, who signed in a moment ago.",
    _ORG,
    fresh=True,
)
NAMESPACE_AUDIT = Rule(
    lambda view: view.standing.may_audit,
    "An administrator of the organization, or an auditor of the site.",
    _ORG,
)
NAMESPACE_MEMBER = Rule(
    lambda view: view.standing.is_member or view.standing.may_audit,
    "A member of the organization, or an auditor of the site.",
    (OAuthScope.ORG_ADMIN, OAuthScope.REPO_CREATE),
)

ROBOT_ADMIN = replace(NAMESPACE_ADMIN, own=USER_ADMIN)
ROBOT_AUDIT = replace(NAMESPACE_AUDIT, own=USER_ADMIN)
ROBOT_MEMBER = replace(NAMESPACE_MEMBER, own=USER_ADMIN)

REPOSITORY_READ = Rule(
    lambda view: view.may_pull or view.has_role(Role.READ),
    "Whoever may pull the repository.",
    (OAuthScope.REPO_READ, OAuthScope.REPO_WRITE, OAuthScope.REPO_ADMIN),
    anonymous=True,
)
REPOSITORY_WRITE = Rule(
    lambda view: view.has_role(Role.WRITE),
    "Whoever may push to the repository.",
    (OAuthScope.REPO_WRITE, OAuthScope.REPO_ADMIN),
)
REPOSITORY_ADMIN = Rule(
    lambda view: view.has_role(Role.ADMIN),
    "An administrator of the repository.",
    (OAuthScope.REPO_ADMIN,),
)
REPOSITORY_AUDIT = Rule(
    lambda view: (
        view.has_role(Role.ADMIN)
        or (view.caller.identity.role_everywhere is not None and view.may_pull)
    ),
    "An administrator of the repository, or an auditor of the site.",
    (OAuthScope.REPO_ADMIN,),
)

SITE_ADMIN = Rule(
    lambda view: is_site_admin(view.caller.identity),
    "A site administrator.",
    _SITE,
)
SITE_AUDIT = Rule(
    lambda view: may_audit_site(view.caller.identity),
    "A site administrator or an auditor of the site.",
    _SITE,
)
