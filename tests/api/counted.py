"""What a run of generated input counts, to be told at its end."""

requests = 0
"""Requests that were sent."""
