"""Which part of the site a path belongs to: few names, whatever clients ask for."""

from robots.tallies import tallies

ENDPOINTS = ("token", "exchange", "api", "admin", "sign_in", "probe", "static", "other")

_EXACT = {
    "/v2/auth": "token",
    "/oauth2/federation/robot/token": "exchange",
    "/oauth2/token": "exchange",
    "/healthz": "probe",
    "/readyz": "probe",
    "/metrics": "probe",
}
_CODES = tuple(f"{hundreds}xx" for hundreds in range(10))
_BELOW = {
    "/api/": "api",
    "/admin/": "admin",
    "/sign-in/": "sign_in",
    "/oidc/": "sign_in",
    "/static/": "static",
}


def endpoint_of(path: str) -> str:
    """One of ENDPOINTS."""
    exact = _EXACT.get(path)
    if exact is not None:
        return exact
    for beginning, endpoint in _BELOW.items():
        if path.startswith(beginning):
            return endpoint
    return "other"


def note_response(path: str, status: int) -> None:
    """Count an answer of the server, its own errors included."""
    endpoint = _EXACT.get(path) or endpoint_of(path)
    tallies.note(("http_responses", endpoint, _CODES[status // 100]))
