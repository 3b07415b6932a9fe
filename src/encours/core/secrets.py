"""Passwords of outside systems, encrypted at rest under a key that never enters the database.

The key comes from ENCOURS_SECRET_KEY, or from the file `secret.key` in the data folder. Several keys, separated by
spaces or lines, rotate: the first encrypts, all of them decrypt.
"""

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from encours.core.errors import Refused, Unavailable, gettext_noop

ENVIRONMENT_NAME = "ENCOURS_SECRET_KEY"
FILE_NAME = "secret.key"


class SecretKeyMissing(Unavailable):
    """No key is configured, so nothing can be encrypted or read back."""

    code = "secret_key_missing"
    message = gettext_noop("No secret key: set ENCOURS_SECRET_KEY or keep the file {path} in the data folder.")


class SecretUnreadable(Refused):
    """The secret was encrypted under a key that is no longer configured."""

    code = "secret_unreadable"
    message = gettext_noop("This stored password was encrypted under another key: enter it again.")


def encrypt(secret: str, *, keys: list[str]) -> str:
    """The secret as a token that may be stored; the same secret gives another token each time."""
    return _box(keys).encrypt(secret.encode()).decode()


def decrypt(token: str, *, keys: list[str]) -> str:
    """The secret behind a stored token, under whichever of the keys encrypted it."""
    try:
        return _box(keys).decrypt(token.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None


def rotated(token: str, *, keys: list[str]) -> str:
    """The same secret encrypted anew under the first key."""
    try:
        return _box(keys).rotate(token.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None


def configured_keys(home: Path) -> list[str]:
    """The keys in force, the encrypting one first."""
    text = os.environ.get(ENVIRONMENT_NAME, "")
    path = home / FILE_NAME
    if not text.strip() and path.exists():
        text = path.read_text()
    keys = text.split()
    if not keys:
        raise SecretKeyMissing(retry=False, path=path.name)
    return keys


def working_keys(home: Path) -> list[str]:
    """The keys in force, the key file made first when none is configured yet."""
    if not os.environ.get(ENVIRONMENT_NAME, "").strip():
        ensure_key(home)
    return configured_keys(home)


def ensure_key(home: Path) -> Path:
    """Make the key file on first use, readable by its owner alone; an existing one is left as it is."""
    path = home / FILE_NAME
    home.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    return path


def _box(keys: list[str]) -> MultiFernet:
    # Any text serves as a key; hashing gives Fernet the 32 bytes it wants. Keys are random, so no slow hash is due.
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"encours secrets" + key.encode()).digest())) for key in keys]
    )
