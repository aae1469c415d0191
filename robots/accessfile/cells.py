"""Cells of a CSV file that a spreadsheet will open, and that come back unharmed.

Pure. A spreadsheet runs a cell that begins like a formula. Such a cell is written with
an apostrophe before it, and so is one that begins with an apostrophe, so that each
text has one way to be written and reading is exact.
"""

COLUMNS = ("repository", "grantee", "role", "until")

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes the first character of a formula for."""

_GUARD = "'"


def guarded(cell: str) -> str:
    """The cell as it is written."""
    return f"{_GUARD}{cell}" if cell.startswith((*FORMULA, _GUARD)) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before it was written; one by hand needs no apostrophe."""
    inner = cell.removeprefix(_GUARD)
    return inner if inner.startswith((*FORMULA, _GUARD)) else cell
