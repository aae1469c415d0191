"""EMAIL_URL: every way to write it, and no password in an error."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from quaysite.mail_server import MailServer, mail_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", MailServer("localhost", 25)),
        ("smtp://mail.example.com", MailServer("mail.example.com", 25)),
        ("smtp://mail.example.com:2525/", MailServer("mail.example.com", 2525)),
        (
            "smtp+tls://ops%40example.com:p%40ss%2Fw%3A@mail.example.com",
            MailServer(
                "mail.example.com", 587, "ops@example.com", "p@ss/w:", use_starttls=True
            ),
        ),
        (
            "smtps://ops:word@mail.example.com",
            MailServer("mail.example.com", 465, "ops", "word", use_tls=True),
        ),
        ("smtp://[::1]:25", MailServer("::1", 25)),
    ],
)
def test_what_a_url_says(url: str, server: MailServer) -> None:
    assert mail_server(url) == server
    assert "p@ss" not in repr(server) and "word='" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "https://user:canary@mail.example.com",
        "smtp://user:canary@",
        "smtp://user:canary@mail.example.com:port",
        "smtp://user:canary@mail.example.com/path",
        "smtp://user:canary@mail.example.com?tls=1",
        "smtp://user:canary/@mail.example.com",
        "smtp://user:canary#@mail.example.com",
        "smtp://[user:canary@mail.example.com",
    ],
)
def test_what_is_no_url_stops_the_start_and_is_not_repeated(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as caught:
        mail_server(url)
    assert "canary" not in str(caught.value)
