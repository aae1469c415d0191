"""`make run` and `make demo`: the site and a registry together, on this machine only.

Nothing in here is needed to run Quaysite in production.
"""
