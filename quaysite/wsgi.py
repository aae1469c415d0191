"""The WSGI entry point that the server loads."""

import logging
import os
from wsgiref.types import WSGIApplication

from django.core.wsgi import get_wsgi_application

from quaysite.chunked import ChunkedBodies
from quaysite.content_types import Utf8Only
from robots import spans

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")

_django = get_wsgi_application()

# It needs models, which are there once Django is set up.
from quaysite.token_lane import TokenLane  # noqa: E402

logger = logging.getLogger(__name__)

application: WSGIApplication = TokenLane(Utf8Only(ChunkedBodies(_django)))

if spans.ARE_ON:
    try:
        from quaysite.tracing import traced_requests
    except ImportError as error:
        logger.warning("no traces: %s; requirements-tracing.txt has it", error)
    else:
        application = traced_requests(application)
