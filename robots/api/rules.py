"""Who may call an endpoint: every action of every view names one rule.

A rule looks at the stored object that the path names, never at the body. Each
lists the OAuth scopes of which a token needs one; sessions need none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robots.api.errors import (
    Forbidden,
    FrameworkError,
    FreshLoginRequired,
    RequiresAuthentication,
)
from robots.identity import Identity, Method
from robots.oauth_scopes import OAuthScope
from robots.roles import Role, TeamRole, UserRole

ABORTED = (
    "You don't have the permission to access the requested resource. It is either"
    " read-protected or not readable by the server."
)
"""What the framework of Quay answers to `abort(403)` (contract 0.6)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`allows` decides from the view; `fresh` asks sessions for a recent sign-in.

    `own` holds instead where the path names no organization, and so the caller's
    own namespace. `all_scopes`: a token needs every one of `scopes`.
    """

    allows: Callable[[Any], bool]
    summary: str
    scopes: tuple[OAuthScope, ...] = ()
    anonymous: bool = False
    fresh: bool = False
    own: "Rule | None" = None
    all_scopes: bool = False

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


def is_uncapped(identity: Identity) -> bool:
    """Whether the ceiling takes nothing from what the person may do."""
    ceiling = identity.ceiling
    if ceiling is None:
        return True
    powerful = identity.is_site_admin or identity.site_role is not None
    return (
        ceiling.repository == Role.ADMIN
        and ceiling.namespace == TeamRole.ADMIN
        and ceiling.user == UserRole.ADMIN
        and (ceiling.site or not powerful)
    )


def is_site_admin(identity: Identity) -> bool:
    """Whether the caller may use what only site administrators may."""
    return identity.is_site_admin and identity.acts_for_site


def may_audit_site(identity: Identity) -> bool:
    """Whether the caller reads what concerns the whole site."""
    return is_site_admin(identity) or identity.role_everywhere is not None


def _may_grant(view: Any) -> bool:
    """Whether the caller administers every repository of the namespace."""
    identity: Identity = view.caller.identity
    if view.is_own and not has_user_role(identity, UserRole.ADMIN):
        return False
    if not (view.is_own or view.standing.is_admin):
        return False
    return may_administer_repositories(identity)


def may_administer_repositories(identity: Identity) -> bool:
    """Whether the ceiling leaves repositories that one administers one's own."""
    ceiling = identity.ceiling
    if ceiling is None or identity.role_everywhere is Role.ADMIN:
        return True
    return (ceiling.repository or 0) >= Role.ADMIN


def _administers_both(view: Any) -> bool:
    """Whether the caller administers the own account and the organization.

    Where only the second half is missing Quay aborts: FrameworkError (contract 1.2).
    """
    identity = view.caller.identity
    if identity.role_everywhere is not None:
        return bool(view.standing.may_audit)
    if not has_user_role(identity, UserRole.ADMIN):
        return False
    try:
        allowed = view.standing.is_admin
    except Forbidden:
        allowed = False
    if not allowed:
        raise FrameworkError(ABORTED, 403)
    return True


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
USER_ADMIN_FRESH = replace(USER_ADMIN, fresh=True)
WHOLE_PERSON = Rule(
    lambda view: is_uncapped(view.caller.identity),
    "The caller's own account, by a token that has all of these scopes, and"
    " `super:user` where the caller has powers over the site.",
    (OAuthScope.USER_ADMIN, OAuthScope.ORG_ADMIN, OAuthScope.REPO_ADMIN),
    all_scopes=True,
    fresh=True,
)
SESSION = Rule(
    lambda view: view.caller.identity.method is Method.SESSION,
    "The caller's own account, in a session.",
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
TEAM_MEMBER = Rule(
    lambda view: view.standing.may_audit or view.is_in_team,
    "A member of the team, an administrator of its organization, or an auditor of the"
    " site.",
    (OAuthScope.ORG_ADMIN, OAuthScope.REPO_CREATE),
)

ROBOT_ADMIN = replace(NAMESPACE_ADMIN, own=USER_ADMIN)
ROBOT_AUDIT = replace(NAMESPACE_AUDIT, own=USER_ADMIN)
ROBOT_MEMBER = replace(NAMESPACE_MEMBER, own=USER_ADMIN)
LOG_AUDIT = replace(NAMESPACE_AUDIT, own=USER_ADMIN)
LOG_ADMIN = replace(NAMESPACE_ADMIN, own=USER_ADMIN)
UNUSED_ACCESS = replace(NAMESPACE_AUDIT, own=USER_ADMIN)

ROBOT_PERMISSIONS = Rule(
    _administers_both,
    "An administrator of the organization, whose token has both scopes; or an auditor"
    " of the site.",
    (OAuthScope.USER_ADMIN, OAuthScope.ORG_ADMIN),
    all_scopes=True,
    own=USER_ADMIN,
)

ROBOT_GRANTS = Rule(
    _may_grant,
    "An administrator of the organization, whose token has both scopes.",
    (OAuthScope.ORG_ADMIN, OAuthScope.REPO_ADMIN),
    all_scopes=True,
    own=Rule(
        _may_grant,
        "The caller's own account, by a token that has both scopes.",
        (OAuthScope.USER_ADMIN, OAuthScope.REPO_ADMIN),
        all_scopes=True,
    ),
)

REPOSITORY_CREATE = Rule(
    lambda view: True,
    "Whoever may create repositories in the namespace that the body names.",
    (OAuthScope.REPO_CREATE, OAuthScope.ORG_ADMIN),
)
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
SITE_AUDIT_FRESH = replace(SITE_AUDIT, fresh=True)
SITE_ADMIN_FRESH = replace(SITE_ADMIN, fresh=True)
SITE_EVERYWHERE = Rule(
    lambda view: view.caller.identity.role_everywhere is not None,
    "A site administrator with full access, or an auditor of the site.",
    _SITE,
)
