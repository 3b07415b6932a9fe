"""The installation's own keys: read from the environment, else made once and kept in the data folder."""

import os
import secrets
from pathlib import Path


def signing_key(folder: Path) -> str:
    """Key for sessions and signed links: ENCOURS_SIGNING_KEY, else `signing.key` in the data folder (mode 600)."""
    if key := os.environ.get("ENCOURS_SIGNING_KEY"):
        return key
    path = folder / "signing.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()
