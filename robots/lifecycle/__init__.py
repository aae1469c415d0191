"""Deeds that change who exists or who may do what: one transaction each, audited.

Every deed takes the `Performer` that it is recorded under. Whether the performer
may do it is for the caller to ask; what must never be is refused here.
"""
