"""The WSGI entry point that the server loads."""

import os

from django.core.wsgi import get_wsgi_application

from quaysite.chunked import ChunkedBodies
from quaysite.content_types import Utf8Only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")

_django = get_wsgi_application()

# It needs models, which are there once Django is set up.
from quaysite.token_lane import TokenLane  # noqa: E402

application = TokenLane(Utf8Only(ChunkedBodies(_django)))
