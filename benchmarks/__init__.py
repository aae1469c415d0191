"""What is measured, as ratios of one run. Importing it sets Django up."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")
django.setup()
