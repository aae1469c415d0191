"""The file of keys that a site made for itself: changed in one step, by ids."""

import os
from pathlib import Path

import pytest

from robots.errors import DomainError
from robots.key_file import KeyFile
from robots.keyring import key_id_of

FIRST = "first key of the site that is as long as it takes"
OTHER = "other key of the site that is as long as it takes"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "robots_secret_keys"
    path.write_text(f"{FIRST}\n")
    path.chmod(0o600)
    return path


def stored(path: Path) -> list[str]:
    return path.read_text().strip().split(",")


def test_a_new_key_stands_behind_the_current_one(path: Path) -> None:
    path.write_text(f"{FIRST},{OTHER}\n")
    key_id = KeyFile(path).add()
    current, new, other = stored(path)
    assert (current, other) == (FIRST, OTHER)
    assert key_id_of(new) == key_id
    assert len(new) == 64
    assert "," not in new
    assert KeyFile(path).ids() == [key_id_of(FIRST), key_id, key_id_of(OTHER)]


def test_a_key_is_put_first_and_none_is_lost(path: Path) -> None:
    path.write_text(f"{FIRST}, {OTHER}")
    KeyFile(path).activate(key_id_of(OTHER))
    assert stored(path) == [OTHER, FIRST]
    KeyFile(path).activate(key_id_of(OTHER))
    assert stored(path) == [OTHER, FIRST]


def test_a_key_is_taken_out(path: Path) -> None:
    path.write_text(f"{FIRST},{OTHER}")
    KeyFile(path).remove(key_id_of(OTHER))
    assert stored(path) == [FIRST]


@pytest.mark.parametrize("deed", ["activate", "remove"])
def test_an_unknown_key_is_refused(deed: str, path: Path) -> None:
    before = path.read_text()
    with pytest.raises(DomainError, match="There is no key 00000000"):
        getattr(KeyFile(path), deed)("00000000")
    assert path.read_text() == before


def test_the_current_key_stays(path: Path) -> None:
    with pytest.raises(DomainError, match="is the current key"):
        KeyFile(path).remove(key_id_of(FIRST))
    assert stored(path) == [FIRST]


def test_only_its_owner_reads_the_new_file(path: Path) -> None:
    path.chmod(0o644)
    before = os.umask(0)
    try:
        KeyFile(path).add()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_the_file_to_the_user_of_the_servers(path: Path) -> None:
    os.chown(path, 65534, 65534)
    KeyFile(path).add()
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_the_lock_to_them_too(path: Path) -> None:
    os.chown(path, 12345, 12345)
    KeyFile(path).add()
    lock = path.with_name(f".{path.name}.lock").stat()
    assert (lock.st_uid, lock.st_gid, lock.st_mode & 0o777) == (12345, 12345, 0o600)


def test_a_link_in_place_of_the_lock_is_not_followed(
    path: Path, tmp_path: Path
) -> None:
    """Whoever owns the folder would have root empty any file."""
    other = tmp_path / "other"
    other.write_text("kept")
    path.with_name(f".{path.name}.lock").symlink_to(other)
    with pytest.raises(DomainError):
        KeyFile(path).add()
    assert (other.read_text(), stored(path)) == ("kept", [FIRST])


def test_a_link_goes_on_leading_to_the_file(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    KeyFile(link).add()
    assert link.is_symlink()
    assert len(stored(path)) == 2


def test_what_fails_leaves_the_file_and_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("robots.key_file.os.fsync", full)
    with pytest.raises(DomainError, match="No space left on device") as caught:
        KeyFile(path).add()
    assert FIRST not in str(caught.value)
    assert stored(path) == [FIRST]
    left = {one.name for one in path.parent.iterdir()}
    assert left == {path.name, f".{path.name}.lock"}


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="No such file"):
        KeyFile(tmp_path / "nowhere" / "keys").add()
    with pytest.raises(DomainError, match="No such file"):
        KeyFile(tmp_path / "keys").ids()
