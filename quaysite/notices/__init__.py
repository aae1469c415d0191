"""Notices of what ends soon: over which channels they go, and how each is told."""
