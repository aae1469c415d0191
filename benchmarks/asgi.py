"""The site for servers that speak ASGI only: measured, not shipped."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
