"""Robots of a Harbor, brought here: `manage.py import_harbor`.

`dumps`, `rows` and `csv_export` read its database, `api` asks it, `roles` and `names`
say what a robot is here, `planning` leaves out what cannot be, `bringing` stores.
"""
