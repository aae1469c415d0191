"""The manual: what it tells is done, where it leads is there (docs/contributing.md)."""
