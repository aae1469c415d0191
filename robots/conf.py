"""This app's settings, with the defaults that hold in any Django project."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from robots.remembered import remembered
from robots.roles import Role


def robots_disallowed(full_name: str) -> bool:
    """Whether ROBOTS_DISALLOW stops this robot: by exact name, before anything else."""
    return _disallows_robots() and not is_whitelisted(full_name)


@remembered
def _disallows_robots() -> bool:
    return bool(getattr(settings, "ROBOTS_DISALLOW", False))


def is_whitelisted(full_name: str) -> bool:
    """Whether ROBOTS_WHITELIST names this robot, in force or not."""
    return full_name in getattr(settings, "ROBOTS_WHITELIST", ())


@remembered
def harbor_robot_prefix() -> str:
    """What clients of Harbor write before a robot's name; empty where none do."""
    return str(getattr(settings, "HARBOR_ROBOT_PREFIX", "robot$"))


def registry_host() -> str:
    """Host, and port if any, of the registry that robots log in to."""
    return str(getattr(settings, "REGISTRY_HOSTNAME", "127.0.0.1:5000"))


@remembered
def site_url() -> str:
    """Scheme and host at which clients reach this site, without a slash at the end."""
    scheme = getattr(settings, "PREFERRED_URL_SCHEME", "https")
    return f"{scheme}://{getattr(settings, 'SERVER_HOSTNAME', '127.0.0.1:8000')}"


def fresh_login_timeout() -> int:
    """Seconds that a session counts as fresh after a sign-in."""
    return int(getattr(settings, "FRESH_LOGIN_TIMEOUT", 600))


def tokens_retrievable() -> bool:
    """Whether a sealed copy of each static token is kept, to be read again (R6)."""
    return bool(getattr(settings, "ROBOT_TOKENS_RETRIEVABLE", True))


def robot_max_tokens() -> int:
    """The most static tokens of one robot that may be live at a time."""
    return int(getattr(settings, "ROBOT_MAX_TOKENS", 10))


def robot_idle_days() -> int:
    """Days without a use after which upkeep disables a robot; 0 for never."""
    return int(getattr(settings, "ROBOT_IDLE_DAYS", 0))


def expiry_notice_days() -> tuple[int, ...]:
    """How many days ahead people are told what ends."""
    return tuple(getattr(settings, "EXPIRY_NOTICE_DAYS", (30, 7, 1)))


def private_on_push() -> bool:
    """Whether a repository that a push creates is private."""
    return bool(getattr(settings, "CREATE_PRIVATE_REPO_ON_PUSH", True))


def usage_flush_seconds() -> int:
    """Seconds between two writes of last uses; 0 leaves writing to the caller."""
    return int(getattr(settings, "USAGE_FLUSH_SECONDS", 60))


def password_hashes_at_once() -> int:
    """How many passwords of people one process hashes at a time; at least one."""
    return max(1, int(getattr(settings, "PASSWORD_HASHES_AT_ONCE", 1)))


def password_hashes_waiting() -> int:
    """How many more may wait for their turn; each of them holds a thread."""
    return max(0, int(getattr(settings, "PASSWORD_HASHES_WAITING", 2)))


@remembered
def login_failure_limit() -> int:
    """How often a pair of user name and source fails before it waits; 0 for ever."""
    return max(0, int(getattr(settings, "LOGIN_FAILURE_LIMIT", 10)))


@remembered
def login_failure_address_limit() -> int:
    """How often a source fails, whatever the user names; 0 for ever."""
    return max(0, int(getattr(settings, "LOGIN_FAILURE_ADDRESS_LIMIT", 100)))


@remembered
def login_failure_window() -> int:
    """Seconds in which failures are counted together, and the longest wait."""
    return max(1, int(getattr(settings, "LOGIN_FAILURE_WINDOW", 300)))


@remembered
def audits_login_failures() -> bool:
    """Whether a refused login is an audit event, up to a bound."""
    return bool(getattr(settings, "ACTION_LOG_AUDIT_LOGIN_FAILURES", True))


@remembered
def robot_token_budget() -> int:
    """How many registry tokens a robot has a minute; 0 for any number."""
    return max(0, int(getattr(settings, "ROBOT_TOKEN_BUDGET", 0)))


def replica_max_lag() -> int:
    """Seconds by which an answer of the replica may be older than the primary's."""
    return int(getattr(settings, "DATABASE_REPLICA_MAX_LAG", 5))


@remembered
def library_namespace() -> str:
    """The namespace of repositories whose name has no `/`."""
    return str(getattr(settings, "LIBRARY_NAMESPACE", "library"))


def exports_logs() -> bool:
    """Whether administrators may have logs written to files on the server."""
    return bool(getattr(settings, "FEATURE_LOG_EXPORT", False))


def log_export_dir() -> Path:
    """The folder of log exports; only the server's operators read it."""
    return Path(getattr(settings, "LOG_EXPORT_DIR", "log-exports"))


def app_tokens_enabled() -> bool:
    """Whether people may have app-specific tokens, and use those they have."""
    return bool(getattr(settings, "FEATURE_APP_SPECIFIC_TOKENS", True))


def app_token_lifetime() -> timedelta | None:
    """How long an app-specific token lives; None for as long as nobody ends it."""
    seconds = int(getattr(settings, "APP_SPECIFIC_TOKEN_EXPIRATION", 0))
    return timedelta(seconds=seconds) if seconds > 0 else None


def super_users() -> frozenset[str]:
    """User names of site administrators, beside Django's superusers."""
    return frozenset(getattr(settings, "SUPER_USERS", ()))


def gives_full_access() -> bool:
    """Whether site administrators have a role on every repository."""
    return bool(getattr(settings, "FEATURE_SUPERUSERS_FULL_ACCESS", False))


def powerful_names() -> frozenset[str]:
    """User names that settings give a role on everything, or may give one."""
    return super_users() | set(getattr(settings, "GLOBAL_READONLY_SUPER_USERS", ()))


def is_site_admin(user: AbstractBaseUser) -> bool:
    """Whether a person administers the site: a superuser, or named in SUPER_USERS."""
    return getattr(user, "is_superuser", False) or user.get_username() in super_users()


def site_role(user: AbstractBaseUser) -> Role | None:
    """The role on every repository: a site administrator's where
    FEATURE_SUPERUSERS_FULL_ACCESS is on, an auditor's, or None.
    """
    if gives_full_access() and is_site_admin(user):
        return Role.ADMIN
    return Role.READ if is_site_auditor(user) else None


def is_site_auditor(user: AbstractBaseUser) -> bool:
    """Whether GLOBAL_READONLY_SUPER_USERS lets a person read everything."""
    return user.get_username() in getattr(settings, "GLOBAL_READONLY_SUPER_USERS", ())


@remembered
def secret_keys() -> tuple[str, ...]:
    """The keys for tokens at rest, newest first; SECRET_KEY where none are set."""
    keys = getattr(settings, "ROBOTS_SECRET_KEYS", "")
    listed = _listed(keys) if isinstance(keys, str) else tuple(filter(None, keys))
    return listed or (settings.SECRET_KEY,)


def made_keys_file() -> Path | None:
    """The file of keys that the site made for itself; None where they are given."""
    path = getattr(settings, "ROBOTS_SECRET_KEYS_MADE", None)
    return None if path is None else Path(path)


@lru_cache(maxsize=4)
def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def audit_ship() -> tuple[str, ...]:
    """The URLs that sealed audit events are shipped to."""
    return tuple(getattr(settings, "AUDIT_SHIP", ()))


def audit_ship_secrets() -> tuple[str, ...]:
    """What signs the requests to webhooks, each of them."""
    return _listed(str(getattr(settings, "AUDIT_SHIP_SECRET", "")))
