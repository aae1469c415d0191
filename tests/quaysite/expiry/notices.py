"""Robots that end, and notices of it that are sent."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from quaysite.notices.sending import Tally, channels, send_notices
from robots.management.command import DONE
from robots.models import Robot
from tests.conftest import Cast
from tests.receivers import Hook

Captured = pytest.CaptureFixture[str]

NOW = timezone.now()


def give_address(cast: Cast) -> None:
    cast.alice.email = "alice@example.com"
    cast.alice.save()


def ends(robot: Robot, days: float) -> datetime:
    end = NOW + timedelta(days=days)
    Robot.objects.filter(pk=robot.pk).update(expires_at=end)
    return end


def send(now: datetime = NOW) -> dict[str, Tally]:
    return send_notices(channels(), lambda: now)


def told(posts: Hook) -> list[tuple[str, int]]:
    messages = [json.loads(post.body) for post in posts.accepted]
    return [(message["robot"], message["days"]) for message in messages]


def run(*arguments: str) -> int:
    try:
        call_command("send_expiry_notices", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return DONE
