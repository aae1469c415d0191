"""A secret in a file that an option of a command names."""

from pathlib import Path

from robots.errors import DomainError


def secret_text(option: str, path: str, longest: int) -> str:
    """What the file holds, without the line ends after it.

    Of a secret with more than `longest` characters it is more than that, and never
    the whole of a large file. Raises DomainError, naming `option`, for a file that
    cannot be read or is not UTF-8.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(longest + 2).rstrip("\r\n")
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise DomainError(f"{option}: {path} cannot be read ({kind})") from None
