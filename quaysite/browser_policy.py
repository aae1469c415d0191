"""What a browser may load and run on the site's pages, for `quaysite.settings`."""

POLICY = {
    # JSON for registry clients and API clients; the API's pages follow the policy.
    "EXCLUDE_URL_PREFIXES": ("/v2/", "/oauth2/"),
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # Alpine adds 'unsafe-eval', on the theme's pages alone (quaysite.admin_site).
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
}
