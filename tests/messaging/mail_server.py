"""A real SMTP server in a process of its own; what a recipient is called says how it behaves.

    refused@ 550 5.1.1 | policy@ 550 5.7.1 | later@ 450 | content@ 554 after DATA | drop@ cut after DATA, message kept

It prints its port, then keeps each accepted message as one JSON line in the file given.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

RECIPIENT_ANSWERS = {
    "refused": "550 5.1.1 No such user here",
    "policy": "550 5.7.1 Refused by policy",
    "later": "450 4.2.1 Mailbox busy, try later",
}


class Postbox:
    def __init__(self, kept: Path) -> None:
        self.kept = kept

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        answer = RECIPIENT_ANSWERS.get(address.split("@")[0])
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        names = {address.split("@")[0] for address in envelope.rcpt_tos}
        if "content" in names:
            return "554 5.6.0 Message refused"
        line = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "raw": envelope.content.decode("latin-1")}
        with self.kept.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if "drop" in names:
            server.transport.abort()
        return "250 2.0.0 Taken"


async def serve(kept: Path) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Postbox(kept), enable_SMTPUTF8=False, loop=asyncio.get_running_loop()), "127.0.0.1", 0
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
