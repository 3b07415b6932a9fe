"""The quickest SMTP server we can be: takes every message, keeps none; prints its port, then serves until ended."""

import asyncio
import sys


class Sink(asyncio.Protocol):
    """One connection: commands by line, a message until its lone dot."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer, self.is_data = transport, b"", False
        self.answer("220 sink")

    def answer(self, line: str) -> None:
        self.transport.write(line.encode() + b"\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if self.is_data:
                if not self.buffer.endswith(b"\r\n.\r\n"):
                    return
                self.buffer, self.is_data = b"", False
                self.answer("250 taken")
                return
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self.command(line[:4].upper())

    def command(self, verb: bytes) -> None:
        if verb == b"DATA":
            self.is_data = True
            self.answer("354 go on")
        elif verb == b"QUIT":
            self.answer("221 bye")
            self.transport.close()
        else:
            self.answer("250 ok")


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    sys.stdout.close()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
