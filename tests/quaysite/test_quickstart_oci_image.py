"""A container image written without any container tool."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from quaysite.quickstart.oci_image import write_image


def blobs(folder: Path) -> dict[str, bytes]:
    return {
        f"sha256:{path.name}": path.read_bytes()
        for path in (folder / "blobs" / "sha256").iterdir()
    }


def manifest(folder: Path) -> dict[str, Any]:
    index = json.loads((folder / "index.json").read_bytes())
    content: dict[str, Any] = json.loads(blobs(folder)[index["manifests"][0]["digest"]])
    return content


def test_every_blob_is_named_by_its_digest_and_measured(tmp_path: Path) -> None:
    write_image(tmp_path, b"one")
    found = blobs(tmp_path)
    assert len(found) == 3
    for digest, content in found.items():
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    described = manifest(tmp_path)
    for part in (described["config"], *described["layers"]):
        assert part["size"] == len(found[part["digest"]])


def test_the_layer_holds_the_seed_and_the_configuration_names_it(
    tmp_path: Path,
) -> None:
    write_image(tmp_path, b"one")
    described, found = manifest(tmp_path), blobs(tmp_path)
    archive = gzip.decompress(found[described["layers"][0]["digest"]])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        member = tar.extractfile("seed.txt")
        assert member is not None
        assert member.read() == b"one"
    configuration = json.loads(found[described["config"]["digest"]])
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    assert configuration["rootfs"]["diff_ids"] == [digest]


def test_the_tag_is_latest(tmp_path: Path) -> None:
    write_image(tmp_path, b"one")
    index = json.loads((tmp_path / "index.json").read_bytes())
    annotations = index["manifests"][0]["annotations"]
    assert annotations == {"org.opencontainers.image.ref.name": "latest"}


def test_a_seed_always_gives_the_same_image(tmp_path: Path) -> None:
    write_image(tmp_path / "first", b"one")
    write_image(tmp_path / "second", b"one")
    assert blobs(tmp_path / "first") == blobs(tmp_path / "second")


def test_images_of_different_seeds_share_no_blob(tmp_path: Path) -> None:
    write_image(tmp_path / "first", b"one")
    write_image(tmp_path / "second", b"two")
    assert not blobs(tmp_path / "first").keys() & blobs(tmp_path / "second").keys()
