"""Keys that change by themselves: published before they sign, and afterwards."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from registryauth.key_rotation import (
    Deed,
    KeyState,
    KnownKey,
    Schedule,
    Step,
    known_keys,
    steps,
)
from registryauth.keys import KeyStore, KeyStoreError

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONTHLY = Schedule(signs=30 * DAY, notice=7 * DAY, keep=2 * HOUR)
BY_HAND = MONTHLY._replace(signs=None)
OLD, NOW, NEW = KeyState.RETIRING, KeyState.ACTIVE, KeyState.NEXT


def test_what_a_key_is_follows_from_its_age() -> None:
    created = [("b", START + DAY), ("a", START), ("c", START + 2 * DAY)]
    activated = START + 5 * DAY
    assert known_keys(created, "b", activated) == [
        KnownKey("a", OLD, activated),
        KnownKey("b", NOW, activated),
        KnownKey("c", NEW, START + 2 * DAY),
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param(
            [KnownKey("a", NOW, START)],
            [Step(Deed.ADD, START + 23 * DAY)],
            id="one-key",
        ),
        pytest.param(
            [KnownKey("a", NOW, START), KnownKey("b", NEW, START + 23 * DAY)],
            [Step(Deed.ACTIVATE, START + 30 * DAY, "b")],
            id="a-next-one",
        ),
        pytest.param(
            [KnownKey("a", NOW, START), KnownKey("b", NEW, START + 29 * DAY)],
            [Step(Deed.ACTIVATE, START + 36 * DAY, "b")],
            id="a-next-one-that-came-late",
        ),
        pytest.param(
            [KnownKey("a", OLD, START), KnownKey("b", NOW, START)],
            [
                Step(Deed.RETIRE, START + 2 * HOUR, "a"),
                Step(Deed.ADD, START + 23 * DAY),
            ],
            id="one-that-signed",
        ),
    ],
)
def test_the_steps_ahead(keys: list[KnownKey], expected: list[Step]) -> None:
    assert steps(keys, MONTHLY) == expected
    retiring = [step for step in expected if step.deed is Deed.RETIRE]
    assert steps(keys, BY_HAND) == retiring


def test_a_year_of_hours(tmp_path: Path) -> None:
    """Whatever the hour, no registry that starts once in a week refuses a token."""
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    now = datetime.now(UTC)
    published: dict[str, datetime] = {key.id: now for key in store.known()}
    signed_until: dict[str, datetime] = {}
    changes = 0
    for hour in range(1, 365 * 24):
        now += HOUR
        before = store.known()
        for step in store.rotate("ES256", MONTHLY, now):
            assert step.key_id is not None
            if step.deed is Deed.ADD:
                published[step.key_id] = now
            elif step.deed is Deed.ACTIVATE:
                assert now - published[step.key_id] >= MONTHLY.notice
                (active,) = [key for key in before if key.state is NOW]
                signed_until[active.id] = now
                changes += 1
            else:
                assert now - signed_until[step.key_id] >= MONTHLY.keep
        states = [key.state for key in store.known()]
        assert states.count(NOW) == 1, hour
        assert len(states) <= 3, hour
    assert changes == 365 // 30


def test_what_is_long_overdue_is_done_without_leaving_a_step_out(
    tmp_path: Path,
) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    (first,) = store.known()
    late = datetime.now(UTC) + 400 * DAY
    assert [step.deed for step in store.rotate("ES256", MONTHLY, late)] == [Deed.ADD]
    assert store.active().id == first.id
    later = late + MONTHLY.notice
    (change,) = store.rotate("ES256", MONTHLY, later)
    assert (change.deed, store.active().id) == (Deed.ACTIVATE, change.key_id)
    assert store.rotate("ES256", MONTHLY, later) == []
    (end,) = store.rotate("ES256", MONTHLY, later + MONTHLY.keep)
    assert end == Step(Deed.RETIRE, later + MONTHLY.keep, first.id)


def test_by_hand_nothing_is_made_and_nothing_signs(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    assert store.rotate("ES256", BY_HAND, datetime.now(UTC) + 4000 * DAY) == []
    assert len(store.known()) == 1


def test_many_that_rotate_at_once_do_it_once(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    late, done = datetime.now(UTC) + 400 * DAY, list[Step]()
    threads = [
        threading.Thread(
            target=lambda: done.extend(store.rotate("ES256", MONTHLY, late))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [step.deed for step in done] == [Deed.ADD]
    assert len(store.known()) == 2


def test_a_folder_of_an_older_release_is_read_by_its_dates(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    (tmp_path / "activated").unlink()
    os.utime(tmp_path / "active", (START.timestamp() + 60,) * 2)
    key_id = store.active().id
    for name in (f"{key_id}.pem", f"{key_id}.crt"):
        (tmp_path / name).rename(tmp_path / name.replace(key_id, "brought"))
    os.utime(tmp_path / "brought.pem", (START.timestamp(),) * 2)
    (tmp_path / "active").write_text("brought\n")
    os.utime(tmp_path / "active", (START.timestamp() + 60,) * 2)
    (key,) = store.known()
    assert key == KnownKey("brought", NOW, START + timedelta(minutes=1))


@pytest.mark.parametrize("text", ["", "nonsense", "other 2026-01-01T00:00:00+00:00"])
def test_a_date_that_is_of_no_use_is_the_files(tmp_path: Path, text: str) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    (tmp_path / "activated").write_text(text)
    later = datetime.now(UTC) + DAY
    os.utime(tmp_path / "active", (later.timestamp(),) * 2)
    (key,) = store.known()
    assert abs(key.since - later) < timedelta(seconds=1)


def test_an_active_key_that_is_missing_is_an_error(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    (tmp_path / "active").write_text("gone\n")
    with pytest.raises(KeyStoreError, match="the active key gone is missing"):
        store.known()


def test_one_rotation_comes_to_an_end_however_much_is_due(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    added = [store.add("ES256").id for _ in range(22)]
    store.activate(added[-1])
    later = datetime.now(UTC) + BY_HAND.keep + DAY
    assert [len(store.rotate("ES256", BY_HAND, later)) for _ in range(3)] == [20, 2, 0]
    assert [key.id for key in store.all()] == added[-1:]


def test_a_key_whose_age_nobody_can_tell_is_named(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.ensure("ES256")
    lost = store.folder / "brought.pem"
    lost.symlink_to("nowhere")
    with pytest.raises(KeyStoreError, match=f"cannot read {lost}"):
        store.known()
