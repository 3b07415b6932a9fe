"""A real IMAP server for the journeys: Dovecot where this machine has it, else the tests' own small one."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.messaging.imap_server import PASSWORD, USER

OWN_SERVER = Path(__file__).parents[1] / "messaging" / "imap_server.py"
WAIT_SECONDS = 20

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
default_internal_user = {internal}
default_login_user = {login}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
mail_location = maildir:{folder}/mail
"""


@dataclass
class Box:
    """The running server and the folder that mails are put into."""

    name: str
    port: int
    folder: Path
    owner: tuple[int, int] | None
    count: int = 0
    user: str = USER
    password: str = PASSWORD

    def put(self, raw: bytes) -> None:
        """A mail arrives."""
        self.count += 1
        if self.name == "dovecot":
            written = self.folder / "tmp" / f"{self.count}"
            written.write_bytes(raw)
            if self.owner:
                os.chown(written, *self.owner)
            written.rename(self.folder / "new" / f"{time.time_ns()}.{self.count}.box")
        else:
            (self.folder / f"{self.count}.eml").write_bytes(raw)


@contextmanager
def imap_box(folder: Path) -> Iterator[Box]:
    """The best IMAP server of this machine, on a free port of its own, gone afterwards."""
    dovecot = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    yield from _dovecot(dovecot, folder) if dovecot else _own(folder)


def _own(folder: Path) -> Iterator[Box]:
    process = subprocess.Popen([sys.executable, str(OWN_SERVER), str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        yield Box("own", int(process.stdout.readline()), folder, None)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _dovecot(program: str, folder: Path) -> Iterator[Box]:
    is_root = os.getuid() == 0
    owner = (pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid) if is_root else None
    uid, gid = owner or (os.getuid(), os.getgid())
    me = pwd.getpwuid(os.getuid()).pw_name
    port = _free_port()
    for name in ("mail", "mail/new", "mail/cur", "mail/tmp", "home", "run"):
        (folder / name).mkdir(exist_ok=True)
        if owner and name != "run":
            os.chown(folder / name, *owner)
    if owner:  # the mail is read by another user than the test's
        folder.chmod(0o755)
    settings = folder / "dovecot.conf"
    users = {"internal": "dovecot", "login": "dovenull"} if is_root else {"internal": me, "login": me}
    settings.write_text(CONFIGURATION.format(folder=folder, port=port, uid=uid, gid=gid, password=PASSWORD, **users))
    process = subprocess.Popen([program, "-F", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_for(port, process, folder / "dovecot.log")
        yield Box("dovecot", port, folder / "mail", owner)
    finally:
        process.terminate()
        process.wait(timeout=WAIT_SECONDS)
        process.stderr.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with socket.socket() as line:
            if (
                process.poll() is None
                and line.connect_ex(("127.0.0.1", port)) == 0
                and line.recv(10).startswith(b"* OK")
            ):
                return
        time.sleep(0.1)
    said = log.read_text() if log.exists() else process.stderr.read().decode()
    raise AssertionError(f"dovecot did not start: {said[-2000:]}")
