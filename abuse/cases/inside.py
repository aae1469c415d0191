"""What is in the security list, and cannot be seen from outside."""

from abuse.case import from_inside

CASES = (
    from_inside(
        "S-17",
        "names that are given to somebody else",
        "whether trusts pin ids is up to whoever writes them; their issuers decide ids",
    ),
    from_inside("S-28", "no secret in logs", "the logs are not to be seen"),
    from_inside(
        "S-29",
        "every endpoint for every role",
        "the matrix of roles needs the list of endpoints and somebody of each role",
    ),
)
