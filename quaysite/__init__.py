"""The site: settings, URLs, people, health; puts the three apps together."""

__version__ = "0.1.0"
