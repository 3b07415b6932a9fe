"""One connection to a mail server, kept for a batch; each hand-over ends as sent, failed, refused or in doubt."""

import re
import smtplib
import ssl
from collections.abc import Sequence

from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.delivery import HandedOver, of_reply
from encours.messaging.rules.oauth import xoauth2
from encours.messaging.rules.server import Server

TIMEOUT_SECONDS = 30
READY_FOR_DATA = 354
_FIRST_DOTS = re.compile(rb"^\.", re.MULTILINE)  # RFC 5321 section 4.5.2: a line of one dot ends the message


class ServerUnreachable(Unavailable):
    """The mail server does not let us in; nothing has been handed over."""

    message = gettext_noop("The mail server {host} does not accept the connection: {problem}.")


class Connection:
    """A signed-in SMTP session that hands messages over one after another."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._smtp: smtplib.SMTP | None = _open(server)

    def hand_over(self, *, sender: str, recipients: Sequence[str], raw: bytes) -> HandedOver:
        """Give one message to the server; after its bytes began to flow, a silence means doubt, never another try."""
        smtp = self._smtp
        if smtp is None:
            smtp = self._smtp = _open(self.server)
        refused: dict[str, str] = {}
        try:
            answer = _addressed(smtp, sender, recipients, refused)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            return HandedOver("failed", f"connection lost before the message: {error}")
        if answer is not None:
            self._reset()
            return answer
        return self._data(smtp, raw, refused)

    def _data(self, smtp: smtplib.SMTP, raw: bytes, refused: dict[str, str]) -> HandedOver:
        try:
            code, text = smtp.docmd("DATA")
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return HandedOver("failed", f"connection lost before the message: {error}")
        if code != READY_FOR_DATA:
            self._reset()
            return of_reply(code, _words(text))
        try:
            smtp.send(_FIRST_DOTS.sub(b"..", raw) + b".\r\n")
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return HandedOver("in_doubt", f"no answer after the message: {error}")
        ended = of_reply(code, _words(text))
        return HandedOver(ended.verdict, ended.answer, refused)

    def _reset(self) -> None:
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        """Take leave of the server; it may be gone already."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (smtplib.SMTPException, OSError):
            smtp.close()


def connect(server: Server) -> Connection:
    """A session with the server, or ServerUnreachable with what it said."""
    return Connection(server)


def _open(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    smtp: smtplib.SMTP | None = None
    try:
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)
        if server.token:
            _by_token(smtp, server)
        elif server.username:
            smtp.login(server.username, server.password)
    except (smtplib.SMTPException, OSError) as error:
        if smtp is not None:
            smtp.close()
        is_final = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
        raise ServerUnreachable(retry=not is_final, host=server.host, problem=_problem(error)) from None
    return smtp


def _by_token(smtp: smtplib.SMTP, server: Server) -> None:
    """Sign in by XOAUTH2; a refusal comes as a challenge that is answered by nothing, then as 535."""

    def answer(challenge: bytes | None = None) -> str:
        return xoauth2(server.username, server.token) if challenge is None else ""

    smtp.auth("XOAUTH2", answer)


def _problem(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return str(error)


def _addressed(
    smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], refused: dict[str, str]
) -> HandedOver | None:
    """Name the sender and the recipients; None when the server takes the message for at least one of them."""
    code, text = smtp.mail(sender)
    if code != 250:
        return of_reply(code, _words(text))
    answers = []
    for recipient in recipients:
        code, text = smtp.rcpt(recipient)
        answers.append(code)
        if code not in {250, 251}:
            refused[recipient] = f"{code} {_words(text)}"
    if len(refused) < len(recipients):
        return None
    may_pass_later = any(400 <= code < 500 for code in answers)
    return HandedOver("failed" if may_pass_later else "refused", "; ".join(refused.values()), dict(refused))


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
