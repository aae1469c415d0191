"""Another project: Django's own user, admin and session, and the three apps.

As docs/embedding.md has it, and no more than that.
"""

import os
from pathlib import Path

from django.templatetags.static import static

FOLDER = Path(os.environ["HOST_DIR"])
"""Where the database and the signing keys go."""

SECRET_KEY = os.environ["HOST_SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "host.urls"
WSGI_APPLICATION = "host.wsgi.application"

INSTALLED_APPS = [
    "registryauth",
    "federation",
    "robots",
    "oauth2_provider",
    "rest_framework",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "quaysite.middleware.RequestIdMiddleware",
    "quaysite.middleware.DatabaseDownMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "db.sqlite3",
    }
}
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = FOLDER / "static"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registryauth.api_authentication.BearerAuthentication",
        "robots.api.authentication.SessionAuthentication",
    ],
}
UNFOLD = {
    "STYLES": [lambda request: static("robots/admin.css")],
    "SCRIPTS": [lambda request: static("robots/admin.js")],
    "GLOBAL_CALLBACK": "robots.admin.banner.context",
}
OAUTH2_PROVIDER = {"COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True}

# The apps' own: all of them have defaults, and these are what a site must choose.
SERVER_HOSTNAME = os.environ["HOST_ADDRESS"]
PREFERRED_URL_SCHEME = "http"
REGISTRY_SERVICES = ["registry.example.com"]
REGISTRY_SIGNING_KEYS_DIR = FOLDER / "signing-keys"
ROBOTS_SECRET_KEYS = [os.environ["HOST_ROBOTS_KEY"]]
