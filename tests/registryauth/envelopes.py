"""Envelopes of notices, as Distribution sends them, and JSON of any kind."""

import json
from typing import Any

from hypothesis import strategies as st

TIME = "2026-11-27T12:30:15.123456789Z"

# As Distribution 2.8 sends it, but for the values.
EVENT: dict[str, Any] = {
    "id": "8b7d8a3e-5f4f-4e4c-9d55-1c5c9a4f6a02",
    "timestamp": TIME,
    "action": "push",
    "target": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "size": 405,
        "digest": "sha256:" + "0" * 64,
        "length": 405,
        "repository": "acme/web",
        "url": "http://127.0.0.1:5000/v2/acme/web/manifests/sha256:0",
        "tag": "v1",
    },
    "request": {
        "id": "f1b8b2f1-1b7a-4ff1-a4ca-1c1d4e5f6a7b",
        "addr": "192.0.2.7:50000",
        "host": "127.0.0.1:5000",
        "method": "PUT",
        "useragent": "skopeo/1.9.3",
    },
    "actor": {"name": "acme+ci"},
    "source": {"addr": "host:5000", "instanceID": "4d3b0d6f"},
}


def envelope(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["acme/web", "push", "mount", TIME, "acme+ci"])
)
KEYS = st.text() | st.sampled_from(
    ["events", "action", "target", "repository", "actor", "name", "timestamp",
     "fromRepository"]
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=30
)
