"""Stored passwords: unreadable without a key, readable across a change of keys."""

from pathlib import Path

import pytest

from encours.core.secrets import (
    SecretKeyMissing,
    SecretUnreadable,
    configured_keys,
    decrypt,
    encrypt,
    ensure_key,
    rotated,
)


def test_a_secret_reads_back_and_does_not_show() -> None:
    token = encrypt("hunter2", keys=["first"])
    assert "hunter2" not in token
    assert decrypt(token, keys=["first"]) == "hunter2"
    assert encrypt("hunter2", keys=["first"]) != token


def test_a_new_key_reads_what_the_old_one_wrote_until_it_is_dropped() -> None:
    old = encrypt("hunter2", keys=["old"])
    assert decrypt(old, keys=["new", "old"]) == "hunter2"
    renewed = rotated(old, keys=["new", "old"])
    assert decrypt(renewed, keys=["new"]) == "hunter2"
    with pytest.raises(SecretUnreadable):
        decrypt(old, keys=["new"])
    with pytest.raises(SecretUnreadable):
        rotated(old, keys=["new"])


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = ensure_key(tmp_path / "home")
    before = path.read_text()
    assert ensure_key(tmp_path / "home").read_text() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENCOURS_SECRET_KEY", raising=False)
    with pytest.raises(SecretKeyMissing):
        configured_keys(tmp_path)
    kept = ensure_key(tmp_path).read_text().strip()
    assert configured_keys(tmp_path) == [kept]
    monkeypatch.setenv("ENCOURS_SECRET_KEY", "new old")
    assert configured_keys(tmp_path) == ["new", "old"]
