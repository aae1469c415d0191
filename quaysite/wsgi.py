"""The WSGI entry point that the server loads."""

import os

from django.core.wsgi import get_wsgi_application

from quaysite.chunked import ChunkedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")

application = ChunkedBodies(get_wsgi_application())
