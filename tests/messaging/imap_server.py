"""A small IMAP server for tests: one user, one folder whose mails are files; it can drop the line on purpose."""

import base64
import re
import socketserver
import sys
from pathlib import Path

USER, PASSWORD, TOKEN = "nadia", "secret", "token-for-an-hour"


class Session(socketserver.StreamRequestHandler):
    """One client: enough of RFC 9051 to sign in, choose a folder, and fetch mails by their numbers."""

    def handle(self) -> None:
        self.is_signed_in = False
        self.say(b"* OK ready")
        for line in self.rfile:
            tag, _, rest = line.strip().partition(b" ")
            name, _, arguments = rest.partition(b" ")
            if name.upper() == b"UID":
                name, _, arguments = arguments.partition(b" ")
            answer = getattr(self, f"on_{name.decode().lower()}", None)
            if answer is None or (
                not self.is_signed_in and name.upper() not in (b"LOGIN", b"AUTHENTICATE", b"CAPABILITY", b"LOGOUT")
            ):
                self.say(tag + b" BAD not now")
                continue
            said = answer(arguments)
            self.say(tag + b" " + said)
            if name.upper() == b"LOGOUT":
                return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def mails(self) -> dict[int, Path]:
        return {int(path.stem): path for path in sorted(self.server.folder.glob("*.eml"))}

    def validity(self) -> bytes:
        marked = self.server.folder / "validity"
        return marked.read_bytes() if marked.exists() else b"1"

    def on_capability(self, arguments: bytes) -> bytes:
        self.say(b"* CAPABILITY IMAP4rev1")
        return b"OK done"

    def on_login(self, arguments: bytes) -> bytes:
        words = arguments.replace(b'"', b"").split()
        self.is_signed_in = words == [USER.encode(), PASSWORD.encode()]
        return b"OK welcome" if self.is_signed_in else b"NO [AUTHENTICATIONFAILED] wrong password"

    def on_authenticate(self, arguments: bytes) -> bytes:
        """XOAUTH2 as Google and Microsoft speak it."""
        self.say(b"+ ")
        said = base64.b64decode(self.rfile.readline().strip())
        self.is_signed_in = said == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode()
        return b"OK welcome" if self.is_signed_in else b"NO [AUTHENTICATIONFAILED] token"

    def on_examine(self, arguments: bytes) -> bytes:
        if b"INBOX" not in arguments:
            return b"NO no such folder"
        self.say(b"* %d EXISTS" % len(self.mails()))
        self.say(b"* OK [UIDVALIDITY %s]" % self.validity())
        return b"OK [READ-ONLY] done"

    def on_status(self, arguments: bytes) -> bytes:
        self.say(b'* STATUS "INBOX" (UIDVALIDITY %s)' % self.validity())
        return b"OK done"

    def on_search(self, arguments: bytes) -> bytes:
        found = re.search(rb"UID (\d+):\*", arguments)
        numbers = [number for number in self.mails() if found and number >= int(found[1])]
        if not numbers and self.mails():
            numbers = [max(self.mails())]  # as the standard has it: "*" is the last mail, whatever its number
        self.say(b"* SEARCH " + b" ".join(str(number).encode() for number in numbers))
        return b"OK done"

    def on_fetch(self, arguments: bytes) -> bytes:
        number = int(arguments.split()[0])
        if (self.server.folder / f"{number}.drop").exists():
            self.connection.close()
            return b"BAD gone"
        content = self.mails()[number].read_bytes()
        self.wfile.write(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (number, number, len(content)) + content + b")\r\n")
        return b"OK done"

    def on_logout(self, arguments: bytes) -> bytes:
        self.say(b"* BYE")
        return b"OK done"


class Server(socketserver.ThreadingTCPServer):
    """The listening server."""

    allow_reuse_address = True
    daemon_threads = True
    folder: Path


def main() -> None:
    with Server(("127.0.0.1", 0), Session) as server:
        server.folder = Path(sys.argv[1])
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
