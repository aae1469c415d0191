"""A tiny container image, written without any container tool.

The folder is an OCI image layout (image-layout specification 1.0), which skopeo and
podman read as `oci:FOLDER:latest`.
"""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

TAG = "latest"

_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def write_image(folder: Path, seed: bytes) -> None:
    """Write an image of one layer, whose one file `seed.txt` holds `seed`.

    The same seed gives the same digests, another seed shares no blob with it. A
    layout that is in `folder` already is replaced. Raises OSError.
    """
    archive = _archive(seed)
    # mtime=0: the time of day must not change the digest.
    layer = _add_blob(folder, _LAYER, gzip.compress(archive, mtime=0))
    config = _add_blob(folder, _CONFIG, _json(_config(archive)))
    manifest = _add_blob(
        folder,
        _MANIFEST,
        _json(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": config,
                "layers": [layer],
            }
        ),
    )
    manifest["annotations"] = {"org.opencontainers.image.ref.name": TAG}
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [manifest]}
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(_json(index))


def _archive(seed: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("seed.txt")
        member.size = len(seed)
        member.mode = 0o644
        tar.addfile(member, io.BytesIO(seed))
    return buffer.getvalue()


def _config(archive: bytes) -> dict[str, Any]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [_digest(archive)]},
    }


def _add_blob(folder: Path, media_type: str, content: bytes) -> dict[str, Any]:
    """Store `content` under its digest; its descriptor."""
    digest = _digest(content)
    path = folder / "blobs" / digest.replace(":", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
