"""Which of Quay's features the site has, under the names that its clients know."""

from django.conf import settings

_ALWAYS = frozenset(
    {
        "ADVERTISE_V2",
        "DIRECT_LOGIN",
        "EXTENDED_REPOSITORY_NAMES",
        "GENERAL_OCI_SUPPORT",
        "HELM_OCI_SUPPORT",
        "LIBRARY_SUPPORT",
        "SUPER_USERS",
        "UI_V2",
        "USER_LAST_ACCESSED",
        "USER_LOG_ACCESS",
        "USERNAME_CONFIRMATION",
    }
)
"""What there is no setting for, because it is part of the site."""

_BY_SETTING = {
    "ANONYMOUS_ACCESS": True,
    "APP_SPECIFIC_TOKENS": True,
    "ASSIGN_OAUTH_TOKEN": True,
    "CHANGE_TAG_EXPIRATION": True,
    "LOG_EXPORT": False,
    "SUPERUSERS_FULL_ACCESS": False,
    "USER_CREATION": False,
    "USER_INITIALIZE": False,
    "USER_METADATA": False,
    "USER_RENAME": False,
}
"""What FEATURE_ and the name switch on or off, and the default."""

_NEVER = frozenset(
    {
        "ACI_CONVERSION",
        "ACTION_LOG_ROTATION",
        "AGGREGATED_LOG_COUNT_RETRIEVAL",
        "APP_REGISTRY",
        "AUTO_PRUNE",
        "BILLING",
        "BITBUCKET_BUILD",
        "BLACKLISTED_EMAILS",
        "BUILD_SUPPORT",
        "CLEAR_EXPIRED_RAC_ENTRIES",
        "DEFAULT_AUTO_PRUNE",
        "DISABLE_ANGULAR_UI",
        "DISABLE_PULL_LOGS",
        "EDIT_QUOTA",
        "ENTITLEMENT_RECONCILIATION",
        "EXPORT_COMPLIANCE",
        "EXTENDED_ACTION_LOGGING",
        "FIPS",
        "GARBAGE_COLLECTION",
        "GITHUB_BUILD",
        "GITHUB_LOGIN",
        "GITLAB_BUILD",
        "GOOGLE_LOGIN",
        "IMAGE_EXPIRY_TRIGGER",
        "IMAGE_PULL_STATS",
        "IMMUTABLE_TAGS",
        "INVITE_ONLY_USER_CREATION",
        "KEYLESS_REGISTRY",
        "MAILING",
        "MANIFEST_SIZE_BACKFILL",
        "MANIFEST_SUBJECT_BACKFILL",
        "NONSUPERUSER_TEAM_SYNCING_SETUP",
        "ORG_MIRROR",
        "OTEL_TRACING",
        "PARTIAL_USER_AUTOCOMPLETE",
        "PERMANENT_SESSIONS",
        "PROXY_CACHE",
        "PROXY_CACHE_BLOB_DOWNLOAD",
        "PROXY_STORAGE",
        "PUBLIC_CATALOG",
        "QUOTA_MANAGEMENT",
        "QUOTA_SUPPRESS_FAILURES",
        "RATE_LIMITS",
        "READER_BUILD_LOGS",
        "READONLY_APP_REGISTRY",
        "RECAPTCHA",
        "REFERRERS_API",
        "REPO_MIRROR",
        "REQUIRE_ENCRYPTED_BASIC_AUTH",
        "REQUIRE_TEAM_INVITE",
        "RESTRICTED_USERS",
        "RESTRICTED_V1_PUSH",
        "RH_MARKETPLACE",
        "SECURITY_NOTIFICATIONS",
        "SECURITY_SCANNER",
        "SECURITY_SCANNER_NOTIFY_ON_NEW_INDEX",
        "SIGNING",
        "SPARSE_INDEX",
        "STORAGE_REPLICATION",
        "SUPERUSERS_ORG_CREATION_ONLY",
        "SUPERUSER_CONFIGDUMP",
        "TEAM_SYNCING",
        "UI_DELAY_AFTER_WRITE",
        "UI_MODELCARD",
        "UI_V2_REPO_SETTINGS",
        "USER_EVENTS",
        "VERIFY_QUOTA",
        "VULNERABILITY_SUPPRESSION",
    }
)


def features() -> dict[str, bool]:
    """Every feature by its name in Quay, without `FEATURE_`, and whether it is on."""
    switched = {
        name: bool(getattr(settings, f"FEATURE_{name}", default))
        for name, default in _BY_SETTING.items()
    }
    fixed = dict.fromkeys(_ALWAYS, True) | dict.fromkeys(_NEVER, False)
    return dict(sorted((fixed | switched).items()))
