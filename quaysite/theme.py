"""The looks of the admin, for `quaysite.settings`; texts name callables."""

from django.urls import reverse_lazy

UNFOLD = {
    "SITE_TITLE": "Quaysite",
    "SITE_HEADER": "Quaysite",
    "SITE_SUBHEADER": "Machine identities",
    "SITE_SYMBOL": "sailing",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "quaysite.looks.icon"}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": ["quaysite.looks.style"],
    "SCRIPTS": ["quaysite.looks.script"],
    "SIDEBAR": {"navigation": "quaysite.navigation.sidebar"},
    "GLOBAL_CALLBACK": "robots.admin.banner.context",
    "DASHBOARD_CALLBACK": "quaysite.dashboard.overview.add_overview",
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Ways to sign in", "link": reverse_lazy("sign-in-ways")},
        ]
    },
    "COLORS": {"primary": "quaysite.looks.primary"},
}
