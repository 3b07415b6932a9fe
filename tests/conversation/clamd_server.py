"""A small clamd for tests: INSTREAM and PING; the word EICAR is found, the word SILENCE not answered."""

import socketserver
import struct
import sys


class Session(socketserver.StreamRequestHandler):
    """One question."""

    def handle(self) -> None:
        command = self._until_zero()
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
            return
        if command != b"zINSTREAM":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while True:
            (size,) = struct.unpack("!L", self.rfile.read(4))
            if not size:
                break
            content += self.rfile.read(size)
        if b"SILENCE" in content:
            return
        self.wfile.write(b"stream: Eicar-Test FOUND\0" if b"EICAR" in content else b"stream: OK\0")

    def _until_zero(self) -> bytes:
        said = b""
        while (letter := self.rfile.read(1)) not in (b"", b"\0"):
            said += letter
        return said


class Server(socketserver.ThreadingTCPServer):
    """The listening scanner."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    with Server(("127.0.0.1", 0), Session) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
