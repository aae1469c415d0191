"""Bringing sealed audit events to where an intruder of this site cannot reach them.

At least once and in order, to each destination of AUDIT_SHIP: `docs/audit.md`.
"""
