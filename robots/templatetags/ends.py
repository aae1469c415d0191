"""How templates show a time that comes from outside.

Django's own `date` fails on what is too near the first or last year.
"""

from datetime import datetime

from django import template
from django.utils.formats import date_format

from robots.admin.ends import local

register = template.Library()


@register.filter
def end(at: datetime | None) -> str:
    """Day and time in the person's zone; nothing for None."""
    return date_format(local(at), "j M Y H:i") if at else ""


@register.filter
def on_day(at: datetime | None) -> str:
    """The day in the person's zone; nothing for None."""
    return date_format(local(at), "j M Y") if at else ""
