"""What others wrote, as a terminal may show it."""


def printable(line: str) -> str:
    """The line with `?` for what could end it, or tell the terminal what to do."""
    return "".join(char if char.isprintable() else "?" for char in line)
