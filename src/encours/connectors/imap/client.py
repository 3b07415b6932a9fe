"""One session with a mailbox: what came since a place, oldest first; nothing is marked, moved or removed."""

import contextlib
import imaplib
import ssl
from collections.abc import Iterator

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.server import Server

TIMEOUT_SECONDS = 30
# of a mail larger than this only the beginning is fetched: it is kept in triage, not read
FETCHED_BYTES_MAX = 45_000_000


class MailboxUnreachable(Unavailable):
    """The mail server does not let us read the mailbox."""

    message = gettext_noop("The mailbox on {host} cannot be read: {problem}.")


class Session:
    """A signed-in mailbox with one folder open for reading."""

    def __init__(self, server: Server, folder: str) -> None:
        self.server = server
        self.folder = folder
        self._mailbox: BaseMailBox | None = None
        try:
            self._mailbox = _open(server)
            if server.token:
                self._mailbox.xoauth2(server.username, server.token, initial_folder=None)
            elif server.username:
                self._mailbox.login(server.username, server.password, initial_folder=None)
            self._mailbox.folder.set(folder, readonly=True)
            status = self._mailbox.folder.status(folder, ["UIDVALIDITY"])
        except (imaplib.IMAP4.error, ImapToolsError, OSError) as error:
            self.close()
            is_refused = isinstance(error, ImapToolsError)
            raise MailboxUnreachable(retry=not is_refused, host=server.host, problem=str(error)[:200]) from None
        self.uid_validity = int(status["UIDVALIDITY"])

    def new(self, *, after_uid: int, limit: int) -> Iterator[tuple[int, bytes]]:
        """The mails whose number is above, with their numbers, in their order, at most so many."""
        if self._mailbox is None:
            return
        try:
            # "n:*" always names the last mail, also when its number is below n
            numbers = sorted(int(uid) for uid in self._mailbox.uids(f"UID {after_uid + 1}:*"))
            for number in [one for one in numbers if one > after_uid][:limit]:
                raw = _fetched(self._mailbox, number)
                if raw is not None:
                    yield number, raw
        except (imaplib.IMAP4.error, ImapToolsError, OSError) as error:
            raise MailboxUnreachable(retry=True, host=self.server.host, problem=str(error)[:200]) from None

    def close(self) -> None:
        """Take leave of the server; it may be gone already."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is None:
            return
        try:
            mailbox.logout()
        except (imaplib.IMAP4.error, ImapToolsError, OSError):
            with contextlib.suppress(OSError):
                mailbox.client.shutdown()


def _fetched(mailbox: BaseMailBox, number: int) -> bytes | None:
    """The mail's bytes without marking it read; None when it went away meanwhile."""
    _, answer = mailbox.client.uid("FETCH", str(number), f"(UID BODY.PEEK[]<0.{FETCHED_BYTES_MAX}>)")
    parts = [part for part in answer if isinstance(part, tuple)]
    return bytes(parts[0][1]) if parts else None


def _open(server: Server) -> BaseMailBox:
    context = ssl.create_default_context()
    if server.security == "tls":
        return MailBox(server.host, server.port, timeout=TIMEOUT_SECONDS, ssl_context=context)
    if server.security == "starttls":
        return MailBoxStartTls(server.host, server.port, timeout=TIMEOUT_SECONDS, ssl_context=context)
    return MailBoxUnencrypted(server.host, server.port, timeout=TIMEOUT_SECONDS)


def open_mailbox(server: Server, folder: str) -> Session:
    """A session with the folder, or MailboxUnreachable with what the server said."""
    return Session(server, folder)
