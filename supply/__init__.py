"""What Quaysite is made of: pins and hashes, advisories, licences, the wheel.

For those who develop and release it; nothing here is on a server.
"""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
