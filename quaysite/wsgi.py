"""The WSGI entry point that the server loads."""

import os

from django.core.wsgi import get_wsgi_application

from quaysite.chunked import ChunkedBodies
from quaysite.content_types import Utf8Only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")

application = Utf8Only(ChunkedBodies(get_wsgi_application()))
