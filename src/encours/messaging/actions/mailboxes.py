"""Write mailboxes, and bring in what came to them."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import NotFound, Unavailable, gettext_noop
from encours.messaging.actions.accounts import AccountIncomplete, PasswordInClear
from encours.messaging.actions.inbound import receive_mail
from encours.messaging.models import MailAccount, Mailbox, Security
from encours.messaging.queries import token_of
from encours.messaging.rules.server import OpenFolder, Server

MAILS_A_TURN = 200


class MailboxUnknown(NotFound):
    """No such mailbox in this organisation."""

    message = gettext_noop("There is no such mailbox.")


@dataclass(frozen=True, slots=True)
class MailboxForm:
    """What a person fills in to have a mailbox read; an empty password keeps the one there is."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = ""
    folder: str = "INBOX"


@transaction.atomic
def save_mailbox(*, organisation_id: int, account_id: int, form: MailboxForm, by: Actor) -> Mailbox:
    """Make or change the mailbox beside an account; another folder or server is read from its beginning.

    The password is encrypted under the installation's key, and only travels over TLS or STARTTLS.
    """
    if not form.host.strip() or not 0 < form.port < 65536 or form.security not in Security.values:
        raise AccountIncomplete
    if form.password and form.security == Security.NONE and form.host not in ("127.0.0.1", "::1", "localhost"):
        raise PasswordInClear(host=form.host)
    account = MailAccount.objects.get(organisation_id=organisation_id, pk=account_id)
    owner = {"organisation_id": organisation_id, "account_id": account.pk}
    box = Mailbox.objects.select_for_update().filter(**owner).first() or Mailbox(**owner)
    if (box.host, box.username, box.folder) != (form.host.strip(), form.username.strip(), form.folder):
        box.uid_validity, box.last_uid = None, 0
    if form.password:
        secrets.ensure_key(settings.ENCOURS_HOME)
        box.password_encrypted = secrets.encrypt(form.password, keys=secrets.configured_keys(settings.ENCOURS_HOME))
    box.host, box.port, box.security = form.host.strip(), form.port, form.security
    box.username, box.folder = form.username.strip(), form.folder
    box.is_active, box.problem = True, ""
    box.save()
    _audit(box, "mailbox_saved", by=by)
    return box


def verify_mailbox(*, organisation_id: int, mailbox_id: int, open_folder: OpenFolder, by: Actor) -> None:
    """Sign in and open the folder once; the server's refusal is passed on, a success clears what was wrong before."""
    box = _known(organisation_id, mailbox_id)
    open_folder(_server(box), box.folder).close()
    with transaction.atomic():
        Mailbox.objects.filter(pk=box.pk).update(problem="")
        _audit(box, "mailbox_verified", by=by)


@transaction.atomic
def switch_mailbox(*, organisation_id: int, mailbox_id: int, is_active: bool, by: Actor) -> None:
    """Stop reading a mailbox, or take it up again where it was left."""
    box = _known(organisation_id, mailbox_id)
    Mailbox.objects.filter(pk=box.pk).update(is_active=is_active)
    _audit(box, "mailbox_started" if is_active else "mailbox_stopped", by=by)


def _known(organisation_id: int, mailbox_id: int) -> Mailbox:
    box = Mailbox.objects.filter(organisation_id=organisation_id, pk=mailbox_id).select_related("account").first()
    if box is None:
        raise MailboxUnknown
    return box


def _audit(box: Mailbox, verb: str, *, by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=box.organisation_id,
        verb=verb,
        subject_kind="mail_account",
        subject_id=str(box.account_id),
        why="",
        details={"host": box.host, "port": box.port, "folder": box.folder},
    )


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a turn brought in, and what stopped it."""

    mail_ids: tuple[int, ...]
    problem: str


def pull_mailbox(
    *,
    organisation_id: int,
    mailbox_id: int,
    open_folder: OpenFolder,
    now: datetime,
    by: Actor,
    limit: int = MAILS_A_TURN,
) -> Pulled:
    """Bring in what came since the last turn; each mail and the place reached are one transaction.

    Killed at any moment, the next turn takes up where this one stopped: a mail is kept once by its Message-ID. A
    server that does not answer is noted with the mailbox. Numbers that lost their meaning are read from the start.
    """
    box = _known(organisation_id, mailbox_id)
    taken: list[int] = []
    problem = ""
    try:
        session = open_folder(_server(box), box.folder)
        try:
            after = box.last_uid if box.uid_validity == session.uid_validity else 0
            for number, raw in session.new(after_uid=after, limit=limit):
                with transaction.atomic():
                    taken.append(
                        receive_mail(
                            organisation_id=organisation_id, raw=raw, now=now, by=by, account_id=box.account_id
                        )
                    )
                    _reached(box, number=number, uid_validity=session.uid_validity)
        finally:
            session.close()
    except Unavailable as error:
        problem = str(error)
    Mailbox.objects.filter(pk=box.pk).update(pulled_at=now, problem=problem[:500])
    return Pulled(tuple(taken), problem)


def _reached(box: Mailbox, *, number: int, uid_validity: int) -> None:
    Mailbox.objects.filter(pk=box.pk).update(last_uid=number, uid_validity=uid_validity)


def _server(box: Mailbox) -> Server:
    password = ""
    if box.password_encrypted:
        password = secrets.decrypt(box.password_encrypted, keys=secrets.configured_keys(settings.ENCOURS_HOME))
    # a mailbox connected by OAuth is read with the tokens of the account it belongs to
    token = "" if box.password_encrypted else token_of(box.account)
    return Server(box.host, box.port, box.security, box.username, password, token)
