"""What settings say of notices."""

from django.conf import settings


def sends_email() -> bool:
    """Whether there is a mail server to send by."""
    return bool(getattr(settings, "EXPIRY_NOTICE_EMAIL", False))


def webhook_url() -> str:
    """Where notices are posted to; empty for nowhere."""
    return str(getattr(settings, "EXPIRY_WEBHOOK_URL", ""))


def webhook_secrets() -> tuple[str, ...]:
    """What signs those posts, each of them."""
    listed = str(getattr(settings, "EXPIRY_WEBHOOK_SECRET", "")).split(",")
    return tuple(filter(None, map(str.strip, listed)))
