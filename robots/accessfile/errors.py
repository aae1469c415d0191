"""What is wrong with an access file, and where."""

from robots.errors import DomainError


class FileInvalid(DomainError):
    """A file that cannot be applied; the message begins with its name and the line."""

    def __init__(self, source: str, line: int, problem: str) -> None:
        place = f"{source}:{line}" if line else source
        super().__init__(f"{place}: {problem}")
