"""The mail server, from one URL: `smtp+tls://user:password@mail.example.com:587`.

Pure. No error repeats the URL, which holds a password.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
"""By scheme, where the URL names none."""

_WRONG = (
    "EMAIL_URL is not a URL like smtp+tls://user:password@mail.example.com:587; it"
    " begins with smtp://, smtp+tls:// (STARTTLS) or smtps://, and special characters"
    " of the password are written as %40 and so on"
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """What Django's EMAIL_ settings want; an empty `user` logs in nowhere."""

    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_starttls: bool = False
    use_tls: bool = False


def mail_server(url: str) -> MailServer:
    """What `url` says; an empty one is this machine. Raises ImproperlyConfigured."""
    if not url:
        return MailServer()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(_WRONG) from None
    is_plain = parts.path in ("", "/") and not (parts.query or parts.fragment)
    if parts.scheme not in PORTS or not parts.hostname or not is_plain:
        raise ImproperlyConfigured(_WRONG)
    return MailServer(
        parts.hostname,
        port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        use_starttls=parts.scheme == "smtp+tls",
        use_tls=parts.scheme == "smtps",
    )
