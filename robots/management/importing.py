"""What the commands that bring from another registry ask for alike."""

from django.core.management.base import CommandParser

from robots.management import new_tokens


def add_arguments(parser: CommandParser) -> None:
    """--restore, --dry-run, and where new tokens go."""
    parser.add_argument(
        "--restore",
        action="store_true",
        help="Bring back robots that were deleted here, too.",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="Read everything and tell what would be done; store nothing.",
    )
    new_tokens.add_arguments(parser)
