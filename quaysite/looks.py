"""What the theme asks of the site: its styles, script, icon and colour."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static


def style(request: HttpRequest) -> str:
    return static("robots/admin.css")


def script(request: HttpRequest) -> str:
    return static("robots/admin.js")


def icon(request: HttpRequest) -> str:
    return static("quaysite/icon.svg")


def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon that a page does not name."""
    return redirect(icon(request))


def primary(request: HttpRequest) -> dict[str, str]:
    """A blue whose 600 has a contrast of 5:1 and more with white."""
    return {
        "50": "oklch(97% .014 254.604)",
        "100": "oklch(93.2% .032 255.585)",
        "200": "oklch(88.2% .059 254.128)",
        "300": "oklch(80.9% .105 251.813)",
        "400": "oklch(70.7% .165 254.624)",
        "500": "oklch(62.3% .214 259.815)",
        "600": "oklch(50% .2 262.881)",
        "700": "oklch(45% .19 264.376)",
        "800": "oklch(42.4% .199 265.638)",
        "900": "oklch(37.9% .146 265.522)",
        "950": "oklch(28.2% .091 267.935)",
    }
