"""Settings of the site: safe with nothing set, changed by environment variables.

A variable has the name of its setting; secrets may also come from NAME_FILE.
`docs/settings.md` explains each one.
"""

import re
from pathlib import Path

from quaysite import browser_policy, theme
from quaysite.databases import DatabaseChoices, caches, databases
from quaysite.environment import (
    env_address,
    env_bool,
    env_choice,
    env_generated_file,
    env_given_secret,
    env_int,
    env_ints,
    env_list,
    env_secret,
    env_str,
)
from quaysite.logs import FORMATS, logging_settings
from quaysite.mail_server import mail_server
from quaysite.openapi import spectacular_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_str("VAR_DIR", str(BASE_DIR / "var")))

# --- Where Quaysite is reached ---------------------------------------------------

SERVER_HOSTNAME = env_str("SERVER_HOSTNAME", "127.0.0.1:8000")
_host = re.sub(r":\d+$", "", SERVER_HOSTNAME)
_loopback = ["127.0.0.1", "localhost", "[::1]"]
PREFERRED_URL_SCHEME = env_str(
    "PREFERRED_URL_SCHEME", "http" if _host in _loopback else "https"
)
_https = PREFERRED_URL_SCHEME == "https"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", list({_host, *_loopback}))
CSRF_TRUSTED_ORIGINS = env_list(
    "CSRF_TRUSTED_ORIGINS", [f"{PREFERRED_URL_SCHEME}://{SERVER_HOSTNAME}"]
)
# How many reverse proxies append to X-Forwarded-For; 0 trusts none of it.
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0)

# --- Robots and repositories -----------------------------------------------------

ROBOTS_DISALLOW = env_bool("ROBOTS_DISALLOW", False)
ROBOTS_WHITELIST = env_list("ROBOTS_WHITELIST", [])
ROBOT_TOKENS_RETRIEVABLE = env_bool("ROBOT_TOKENS_RETRIEVABLE", True)
ROBOT_MAX_TOKENS = env_int("ROBOT_MAX_TOKENS", 10)
# Comma separated; the first seals and digests, all of them are accepted.
_made_keys = VAR_DIR / "robots_secret_keys"
ROBOTS_SECRET_KEYS = env_secret("ROBOTS_SECRET_KEYS", _made_keys)
# Where `rotate_secret_keys` changes them; None where somebody else gives them.
ROBOTS_SECRET_KEYS_MADE = env_generated_file("ROBOTS_SECRET_KEYS", _made_keys)
# Registry tokens a minute; 0: any number.
ROBOT_TOKEN_BUDGET = env_int("ROBOT_TOKEN_BUDGET", 0)
CREATE_PRIVATE_REPO_ON_PUSH = env_bool("CREATE_PRIVATE_REPO_ON_PUSH", True)
USAGE_FLUSH_SECONDS = env_int("USAGE_FLUSH_SECONDS", 60)
LIBRARY_NAMESPACE = env_str("LIBRARY_NAMESPACE", "library")
SUPER_USERS = env_list("SUPER_USERS", [])

# --- Upkeep, and notices of what ends soon ----------------------------------------

ROBOT_IDLE_DAYS = env_int("ROBOT_IDLE_DAYS", 0)
EXPIRY_NOTICE_DAYS = env_ints("EXPIRY_NOTICE_DAYS", [30, 7, 1])
EXPIRY_WEBHOOK_URL = env_str("EXPIRY_WEBHOOK_URL", "")
# Comma separated; each of them signs.
EXPIRY_WEBHOOK_SECRET = env_given_secret("EXPIRY_WEBHOOK_SECRET")
_email_url = env_given_secret("EMAIL_URL")
EXPIRY_NOTICE_EMAIL = env_bool("EXPIRY_NOTICE_EMAIL", bool(_email_url))
_mail_server = mail_server(_email_url)
EMAIL_HOST, EMAIL_PORT = _mail_server.host, _mail_server.port
EMAIL_HOST_USER = _mail_server.user
EMAIL_HOST_PASSWORD = _mail_server.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail_server.use_starttls, _mail_server.use_tls
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", f"quaysite@{_host}")

# --- The registry token endpoint -------------------------------------------------

REGISTRY_SERVICES = env_list("REGISTRY_SERVICES", ["127.0.0.1:5000"])
# What robots log in to, as people copy it from the page of credentials.
REGISTRY_HOSTNAME = env_str(
    "REGISTRY_HOSTNAME", REGISTRY_SERVICES[0] if REGISTRY_SERVICES else ""
)
REGISTRY_TOKEN_ISSUER = env_str("REGISTRY_TOKEN_ISSUER", "quaysite")
REGISTRY_TOKEN_LIFETIME = env_int("REGISTRY_TOKEN_LIFETIME", 300)  # seconds
REGISTRY_REFRESH_TOKEN_LIFETIME = env_int(
    "REGISTRY_REFRESH_TOKEN_LIFETIME", 30 * 24 * 3600
)
# Comma separated; what registries show that send notifications. Unset: none do.
REGISTRY_NOTIFICATION_TOKENS = env_given_secret("REGISTRY_NOTIFICATION_TOKENS")
REGISTRY_NOTIFICATIONS_CREATE_REPOSITORIES = env_bool(
    "REGISTRY_NOTIFICATIONS_CREATE_REPOSITORIES", True
)
HARBOR_ROBOT_PREFIX = env_str("HARBOR_ROBOT_PREFIX", "robot$")
REGISTRY_SIGNING_ALGORITHM = env_str("REGISTRY_SIGNING_ALGORITHM", "ES256")
REGISTRY_SIGNING_KEY_DAYS = env_int("REGISTRY_SIGNING_KEY_DAYS", 0)
REGISTRY_SIGNING_KEY_NOTICE_DAYS = env_int("REGISTRY_SIGNING_KEY_NOTICE_DAYS", 7)
REGISTRY_SIGNING_KEYS_DIR = Path(
    env_str("REGISTRY_SIGNING_KEYS_DIR", str(VAR_DIR / "signing-keys"))
)

# Wrong secrets in a window of so many seconds: of a name and address, of an address.
LOGIN_FAILURE_LIMIT = env_int("LOGIN_FAILURE_LIMIT", 10)
LOGIN_FAILURE_ADDRESS_LIMIT = env_int("LOGIN_FAILURE_ADDRESS_LIMIT", 100)
LOGIN_FAILURE_WINDOW = env_int("LOGIN_FAILURE_WINDOW", 300)

ACTION_LOG_AUDIT_LOGINS = env_bool("ACTION_LOG_AUDIT_LOGINS", True)
ACTION_LOG_AUDIT_LOGIN_FAILURES = env_bool("ACTION_LOG_AUDIT_LOGIN_FAILURES", True)
AUDIT_SHIP = env_list("AUDIT_SHIP", [])  # URLs
AUDIT_SHIP_SECRET = env_given_secret("AUDIT_SHIP_SECRET")

# --- Federation: keyless login ---------------------------------------------------

FEDERATION_ISSUERS = env_list("FEDERATION_ISSUERS", [])
FEDERATION_INTERNAL_ISSUERS = env_list("FEDERATION_INTERNAL_ISSUERS", [])
FEDERATION_ALLOW_LOOPBACK_HTTP = env_bool("FEDERATION_ALLOW_LOOPBACK_HTTP", False)
FEDERATION_CA_FILE = env_str("FEDERATION_CA_FILE", "")
FEDERATION_TRUST_KEYS = env_bool("FEDERATION_TRUST_KEYS", True)
FEDERATION_REQUIRE_AUDIENCE = env_bool("FEDERATION_REQUIRE_AUDIENCE", False)
FEDERATION_SINGLE_USE = env_bool("FEDERATION_SINGLE_USE", False)
FEDERATION_TOKEN_LIFETIME = env_int("FEDERATION_TOKEN_LIFETIME", 3600)  # seconds
FEDERATION_LIFETIME_FOLLOWS_TOKEN = env_bool("FEDERATION_LIFETIME_FOLLOWS_TOKEN", False)
FEDERATION_PASSWORD_LOGIN = env_bool("FEDERATION_PASSWORD_LOGIN", True)
# Seconds: when keys are asked for again, when they are void, between two tries.
FEDERATION_KEYS_FRESH_SECONDS = env_int("FEDERATION_KEYS_FRESH_SECONDS", 600)
FEDERATION_KEYS_MAX_SECONDS = env_int("FEDERATION_KEYS_MAX_SECONDS", 24 * 3600)
FEDERATION_KEYS_COOLDOWN_SECONDS = env_int("FEDERATION_KEYS_COOLDOWN_SECONDS", 60)

# --- Django ----------------------------------------------------------------------

DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY", VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", [])
ROOT_URLCONF = "quaysite.urls"
WSGI_APPLICATION = "quaysite.wsgi.application"
AUTH_USER_MODEL = "quaysite.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "quaysite",
    "registryauth",
    "federation",
    "robots",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "unfold.apps.BasicAppConfig",
    "csp",
    "quaysite.admin_config.QuaysiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "quaysite.hot_paths.HotPathsMiddleware",
    "quaysite.health.ProbesMiddleware",
    "quaysite.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "quaysite.middleware.DatabaseDownMiddleware",
    "quaysite.hashing_busy.HashingBusyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quaysite.oidc.sessions.OidcSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "quaysite.time_zone.TimeZoneMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "quaysite.api.browser_guard.BrowserGuardMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Databases and the cache -----------------------------------------------------

DATABASES = databases(
    DatabaseChoices(
        url=env_address("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
        max_age=env_int("CONN_MAX_AGE", 600),
        pool_size=env_int("DATABASE_POOL_SIZE", 0),
        prepared_statements=env_bool("DATABASE_PREPARED_STATEMENTS", True),
        replica_url=env_address("DATABASE_REPLICA_URL", ""),
    )
)
DATABASE_REPLICA_MAX_LAG = env_int("DATABASE_REPLICA_MAX_LAG", 5)  # seconds
CACHES = caches(env_address("CACHE_URL", "locmemcache://"))

# --- People's passwords and sessions ---------------------------------------------

PASSWORD_HASHERS = [
    "robots.password_hashing.BoundedArgon2",
    "robots.password_hashing.BoundedPBKDF2",
]
# Of each process; all of them together must be well below its threads.
PASSWORD_HASHES_AT_ONCE = env_int("PASSWORD_HASHES_AT_ONCE", 1)
PASSWORD_HASHES_WAITING = env_int("PASSWORD_HASHES_WAITING", 2)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "quaysite.sessions"

# --- People who sign in with an OpenID provider ----------------------------------

OIDC_ISSUER = env_str("OIDC_ISSUER", "")
OIDC_RP_CLIENT_ID = env_str("OIDC_RP_CLIENT_ID", "")
OIDC_RP_CLIENT_SECRET = env_given_secret("OIDC_RP_CLIENT_SECRET")
OIDC_TOKEN_USE_BASIC_AUTH = env_bool("OIDC_TOKEN_USE_BASIC_AUTH", False)
OIDC_SCOPES = env_str("OIDC_SCOPES", "openid email profile")
OIDC_NAME = env_str("OIDC_NAME", "single sign-on")
OIDC_GROUPS_CLAIM = env_str("OIDC_GROUPS_CLAIM", "")
OIDC_TEAM_GROUPS = env_list("OIDC_TEAM_GROUPS", [])  # group=organization/team
OIDC_STAFF_GROUPS = env_list("OIDC_STAFF_GROUPS", [])
OIDC_SUPERUSER_GROUPS = env_list("OIDC_SUPERUSER_GROUPS", [])
OIDC_CREATE_USERS = env_bool("OIDC_CREATE_USERS", True)
OIDC_PASSWORD_SIGN_IN = env_bool("OIDC_PASSWORD_SIGN_IN", True)

# --- The API: OAuth tokens, features, OpenAPI ------------------------------------

OAUTH2_PROVIDER_APPLICATION_MODEL = "quaysite.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "quaysite.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "quaysite.AccessToken"  # noqa: S105
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "quaysite.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "quaysite.IDToken"  # noqa: S105
OAUTH_IMPLICIT_FLOW = env_bool("OAUTH_IMPLICIT_FLOW", False)
OAUTH_TOKEN_LIFETIME = env_int("OAUTH_TOKEN_LIFETIME", 30 * 24 * 3600)  # seconds
OAUTH2_PROVIDER = {
    # Tokens are kept as checksums only.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    # django-oauth-toolkit's own; OAUTH_IMPLICIT_FLOW is asked in its place.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "OAUTH2_SERVER_CLASS": "quaysite.oauth.server.Server",
    "OAUTH2_BACKEND_CLASS": "quaysite.oauth.server.Backend",
    "OAUTH2_VALIDATOR_CLASS": "quaysite.oauth.validator.Validator",
    "SCOPES_BACKEND_CLASS": "quaysite.oauth.scopes.Scopes",
    "ACCESS_TOKEN_GENERATOR": "quaysite.oauth.generators.token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": OAUTH_TOKEN_LIFETIME,
    # A refresh token ends this long after the access token that it came with.
    "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 24 * 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],  # In forms of the admin.
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registryauth.api_authentication.BearerAuthentication",
        "quaysite.api.authentication.QuaySessionAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "robots.api.schema.ApiSchema",
    "DEFAULT_PERMISSION_CLASSES": [],  # Each action's rule decides (robots.api.base).
    "UNAUTHENTICATED_USER": None,
    "COMPACT_JSON": False,  # As Quay writes it, for clients that compare texts.
}
SPECTACULAR_SETTINGS = spectacular_settings(
    f"{PREFERRED_URL_SCHEME}://{SERVER_HOSTNAME}"
)
FRESH_LOGIN_TIMEOUT = env_int("FRESH_LOGIN_TIMEOUT", 600)  # seconds
GLOBAL_READONLY_SUPER_USERS = env_list("GLOBAL_READONLY_SUPER_USERS", [])
FEATURE_APP_SPECIFIC_TOKENS = env_bool("FEATURE_APP_SPECIFIC_TOKENS", True)
APP_SPECIFIC_TOKEN_EXPIRATION = env_int("APP_SPECIFIC_TOKEN_EXPIRATION", 0)  # seconds
BROWSER_API_CALLS_XHR_ONLY = env_bool("BROWSER_API_CALLS_XHR_ONLY", False)
FEATURE_SUPERUSERS_FULL_ACCESS = env_bool("FEATURE_SUPERUSERS_FULL_ACCESS", False)
FEATURE_USER_CREATION = env_bool("FEATURE_USER_CREATION", False)
FEATURE_USER_INITIALIZE = env_bool("FEATURE_USER_INITIALIZE", False)
FEATURE_USER_METADATA = env_bool("FEATURE_USER_METADATA", False)
FEATURE_USER_RENAME = env_bool("FEATURE_USER_RENAME", False)
FEATURE_LOG_EXPORT = env_bool("FEATURE_LOG_EXPORT", False)
LOG_EXPORT_DIR = Path(env_str("LOG_EXPORT_DIR", str(VAR_DIR / "log-exports")))

# --- Transport -------------------------------------------------------------------

SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", _https)
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", _https)
SECURE_HSTS_PRELOAD = env_bool("SECURE_HSTS_PRELOAD", _https)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
if not _https and _host in _loopback:
    # On the loopback address there is no wire to protect: HSTS, redirect, cookies.
    SILENCED_SYSTEM_CHECKS = [
        f"security.W0{number}" for number in ["04", "08", "12", "16"]
    ]

# --- The site's pages in a browser -----------------------------------------------

CONTENT_SECURITY_POLICY = browser_policy.POLICY
UNFOLD = theme.UNFOLD

# --- Static files, time, logs ----------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
USE_TZ = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")
LANGUAGE_CODE = "en-us"

# What Prometheus shows at /metrics. Unset: there is no such page.
METRICS_TOKEN = env_given_secret("METRICS_TOKEN")

LOG_FORMAT = env_choice("LOG_FORMAT", "line", FORMATS)
LOGGING = logging_settings(LOG_FORMAT, env_str("LOG_LEVEL", "INFO"))
