"""The wheel in another Django project: `host/`, which knows nothing of the site."""
