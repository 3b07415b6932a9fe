"""A mail server on a bad day: it drops, delays and defers at random, and keeps for good whatever it took.

    rough_server.py FILE SEED

It prints its port. A message is in the file before its sender is answered, as a server that took it owes.
"""

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

CUT_EARLY, DEFERRED_EARLY = 0.03, 0.05  # at the recipient: nothing was handed over
CUT_UNTAKEN, CUT_TAKEN, DEFERRED_LATE, SLOW = 0.03, 0.03, 0.03, 0.08  # at the message
DELAY_SECONDS = (0.02, 0.2)


class RoughPostbox:
    def __init__(self, kept: Path, seed: str) -> None:
        self.kept, self.chance = kept, random.Random(seed)

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        mood = self.chance.random()
        if mood < CUT_EARLY:
            server.transport.abort()
        elif mood < CUT_EARLY + DEFERRED_EARLY:
            return "450 4.2.1 Mailbox busy, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        mood = self.chance.random()
        if mood < CUT_UNTAKEN:
            server.transport.abort()
            return "250 never seen"
        if mood < CUT_UNTAKEN + DEFERRED_LATE:
            return "451 4.3.0 Try later"
        if self.chance.random() < SLOW:
            await asyncio.sleep(self.chance.uniform(*DELAY_SECONDS))
        with self.kept.open("a") as file:
            file.write("".join(f"{address}\n" for address in envelope.rcpt_tos))
        if self.chance.random() < CUT_TAKEN:
            server.transport.abort()
        return "250 2.0.0 Taken"


async def serve(kept: Path, seed: str) -> None:
    loop = asyncio.get_running_loop()
    postbox = RoughPostbox(kept, seed)
    server = await loop.create_server(lambda: SMTP(postbox, enable_SMTPUTF8=False, loop=loop), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
