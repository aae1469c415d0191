"""Tokens of an issuer that nobody can reach, and its keys, for pages that show some.

    python -m tests.docs.made_tokens ISSUER AUDIENCE SUBJECT ...

writes keys.json, for `--keys-file`, and SUBJECT.jwt for each subject.
"""

import json
import sys
import time
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm


def main(issuer: str, audience: str, *subjects: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = {"keys": [{**public, "kid": "made", "alg": "ES256", "use": "sig"}]}
    Path("keys.json").write_text(json.dumps(keys))
    now = int(time.time())
    for subject in subjects:
        claims = {
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + 600,
            "jti": str(uuid.uuid4()),
            "event": "push",
        }
        token = jwt.encode(claims, key, "ES256", {"kid": "made"})
        Path(f"{subject}.jwt").write_text(token)


if __name__ == "__main__":
    main(*sys.argv[1:])
