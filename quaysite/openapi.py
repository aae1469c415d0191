"""How the API describes itself, for `quaysite.settings`."""

from typing import Any

import quaysite


def spectacular_settings(url: str) -> dict[str, Any]:
    """drf-spectacular's settings for an API at `url`."""
    return {
        "TITLE": "Quaysite",
        "VERSION": quaysite.__version__,
        "DESCRIPTION": (
            "Robot accounts, teams, repositories and permissions of a container"
            " registry, in the wire format of Red Hat Quay's REST API."
        ),
        "LICENSE": {"name": "Apache-2.0"},
        "SERVERS": [{"url": url}],
        "OAS_VERSION": "3.1.0",
        "SERVE_PUBLIC": True,
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_AUTHENTICATION": [],
        "SCHEMA_PATH_PREFIX": r"/api/v1",
        "COMPONENT_SPLIT_REQUEST": True,
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "SWAGGER_UI_SETTINGS": {
            "deepLinking": True,
            "displayOperationId": True,
            "docExpansion": "none",
            "filter": True,
            "tagsSorter": "alpha",
        },
        "REDOC_DIST": "SIDECAR",
        "REDOC_UI_SETTINGS": {
            "theme": {
                "typography": {
                    "fontFamily": "system-ui, sans-serif",
                    "headings": {"fontFamily": "system-ui, sans-serif"},
                }
            }
        },
        "POSTPROCESSING_HOOKS": [
            "robots.api.schema.add_errors",
            "robots.api.security_schemes.add_security_schemes",
        ],
    }
