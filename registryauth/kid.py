"""The key id that Distribution 2.8 computes for a key: libtrust's fingerprint.

Pure. Distribution 3.x takes whatever kid its JWKS file gives, so one id in the
token header, the bundle and the JWKS serves both.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_FINGERPRINT_BYTES = 30
_GROUP = 4


def libtrust_kid(public_key: PublicKey) -> str:
    """SHA-256 of the DER public key, 30 bytes of it, base32 in groups of four."""
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(der).digest()[:_FINGERPRINT_BYTES]
    text = base64.b32encode(fingerprint).decode("ascii")
    return ":".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))
