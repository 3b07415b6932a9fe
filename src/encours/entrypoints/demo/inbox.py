"""The mails of the last days: what customers write to a receivables desk, and what machines do."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from encours.entrypoints import formats
from encours.entrypoints.demo import identity, people
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Player, Scene
from encours.entrypoints.demo.company import BY
from encours.messaging import actions as messaging
from encours.messaging.models import MessageContent

_OURS = f"comptabilite-clients@{people.DOMAIN}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as somebody wrote it; of a known customer it answers our last message."""

    days_ago: int
    time: tuple[int, int]
    part: str
    subject: str
    text: str
    attachment: tuple[str, str] | None = None


_CSV = "Facture;Montant\n{rows}\nTotal;{total}\n"
_LETTERS: tuple[Letter, ...] = (
    Letter(
        3,
        (9, 14),
        "promise",
        "RE: {invoice}",
        "Bonjour Maëlle,\n\nDésolée pour le retard, notre chef de dépôt était en congés. La facture {invoice} est"
        " validée : le virement de {amount} partira le {promised}.\n\nBonne journée,",
    ),
    Letter(
        2,
        (15, 52),
        "dispute",
        "RE: facture {invoice}",
        "Bonjour,\n\nNous contestons la facture {invoice} : deux établis sur les six sont arrivés abîmés, les photos"
        " ont été transmises au livreur le jour même. Nous réglerons dès réception de votre avoir.\n\nCordialement,",
    ),
    Letter(
        2,
        (10, 31),
        "copy",
        "Duplicata {invoice}",
        "Bonjour,\n\nNous ne retrouvons pas la facture {invoice} dans notre logiciel. Pourriez-vous nous envoyer une"
        " copie de cette facture s'il vous plaît ? Elle n'est jamais arrivée sur notre boîte.\n\nMerci d'avance,",
    ),
    Letter(
        1,
        (11, 5),
        "remittance",
        "Avis de virement",
        "Bonjour,\n\nVeuillez trouver ci-joint le détail de notre virement de ce jour, d'un montant total de {owed}."
        "\n\nService comptabilité fournisseurs",
        ("avis-virement.csv", _CSV),
    ),
    Letter(
        1,
        (8, 47),
        "bank_change",
        "Changement de coordonnées bancaires",
        "Bonjour,\n\nNous vous informons que notre société a changé de banque. Merci d'enregistrer nos nouvelles"
        " coordonnées bancaires pour vos prochains remboursements :\n\nIBAN : {iban}\n\nMerci de faire le nécessaire"
        " rapidement.\n\nBien à vous,",
    ),
    Letter(
        1,
        (14, 20),
        "delay",
        "RE: relance",
        "Bonjour Madame,\n\nNous traversons une période difficile. Pourriez-vous nous accorder un délai jusqu'au"
        " {promised} pour la facture {invoice} ? Nous préférons vous prévenir plutôt que de ne rien dire.\n\n"
        "Avec nos excuses,",
    ),
    Letter(
        1,
        (16, 8),
        "contact",
        "Changement d'interlocuteur",
        "Bonjour,\n\nJe quitte l'entreprise à la fin du mois. Merci d'adresser désormais vos factures et vos relances à"
        " Nadège Courtillat : nadege.courtillat@{domain}, 02 61 91 77 21.\n\nCordialement,",
    ),
    Letter(
        1,
        (9, 58),
        "paid",
        "RE: {invoice}",
        "Bonjour,\n\nSauf erreur de notre part, la facture {invoice} a été réglée par virement la semaine dernière."
        " Pouvez-vous vérifier de votre côté ?\n\nCordialement,",
    ),
    Letter(
        1,
        (8, 41),
        "away",
        "Réponse automatique : absence du bureau",
        "Bonjour,\n\nJe suis absent du bureau jusqu'au {promised} inclus. Pour toute urgence, merci de contacter le"
        " standard.\n\nCeci est une réponse automatique.",
    ),
)


def arrive(scene: Scene) -> None:
    """Take in all of them in the order they came, as the mailbox would give them."""
    found = [*_of_customers(scene), *_of_strangers(scene), *_of_machines(scene)]
    for instant, raw in sorted(found, key=lambda one: one[0]):
        messaging.receive_mail(organisation_id=scene.organisation_id, raw=raw, now=instant, by=BY)


def _of_customers(scene: Scene) -> Iterator[tuple[dt.datetime, bytes]]:
    for letter in _LETTERS:
        player = scene.cast.get(letter.part)
        if player is None or player.contact is None:
            continue
        instant = scene.at(scene.before(letter.days_ago), *letter.time)
        words = _words(scene, player, instant.date())
        text = f"{letter.text.format(**words)}\n{player.contact.name}\n{player.customer.name}"
        mail = _mail(f"{player.contact.name} <{player.contact.email}>", letter.subject.format(**words), text, instant)
        if letter.part == "away":
            mail["Auto-Submitted"] = "auto-replied"
        _thread(scene, player, mail)
        if letter.attachment is not None:
            name, content = letter.attachment
            body = content.format(rows=_rows(player), total=_amount(_owed_minor(player)))
            mail.add_attachment(body.encode(), maintype="text", subtype="csv", filename=name)
        yield instant, mail.as_bytes()


def _words(scene: Scene, player: Player, day: dt.date) -> dict[str, str]:
    oldest = player.owed[0]
    return {
        "invoice": oldest.document.number,
        "amount": formats.money(oldest.open_minor, player.customer.currency, language="fr"),
        "owed": formats.money(_owed_minor(player), player.customer.currency, language="fr"),
        "promised": formats.day_long(FRANCE.next_business_day(day + dt.timedelta(days=9)), language="fr"),
        "domain": identity.domain(player.customer.name),
        "iban": identity.french_iban(player.customer.chance),
    }


def _owed_minor(player: Player) -> int:
    return sum(part.open_minor for part in player.owed[:3])


def _rows(player: Player) -> str:
    return "\n".join(f"{part.document.number};{_amount(part.open_minor)}" for part in player.owed[:3])


def _amount(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def _thread(scene: Scene, player: Player, mail: EmailMessage) -> None:
    """Answer our last message to the customer, where there is one."""
    last = (
        MessageContent.objects.filter(
            organisation_id=scene.organisation_id, message__customer_id=scene.customer_id(player)
        )
        .order_by("-pk")
        .first()
    )
    if last is not None:
        mail["In-Reply-To"] = last.message_id_header


def _of_strangers(scene: Scene) -> Iterator[tuple[dt.datetime, bytes]]:
    """Two senders nobody knows: a holding that pays for somebody, and an accountant with a question."""
    written = (
        (
            2,
            (17, 26),
            "Service trésorerie <tresorerie@holding-kervastel.example>",
            "Virement pour le compte de notre filiale",
            "Bonjour,\n\nNous réglons désormais vos factures pour le compte de notre filiale. Le prochain virement"
            " partira vendredi prochain. Merci de nous adresser un relevé de compte.\n\nTrésorerie groupe",
        ),
        (
            1,
            (10, 12),
            "Cabinet Ormelin <dossiers@cabinet-ormelin.example>",
            "Demande de duplicata",
            "Bonjour,\n\nExpert-comptable d'un de vos clients, j'aurais besoin d'une copie de vos trois dernières"
            " factures pour son bilan. À qui dois-je m'adresser ?\n\nBien cordialement,\nYann Ormelin",
        ),
    )
    for days_ago, time, sender, subject, text in written:
        instant = scene.at(scene.before(days_ago), *time)
        yield instant, _mail(sender, subject, text, instant).as_bytes()


def _mail(sender: str, subject: str, text: str, instant: dt.datetime) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, _OURS, subject
    made["Date"] = format_datetime(instant)
    made["Message-ID"] = (
        f"<{instant:%Y%m%d%H%M}.{identity.domain(subject)[:30]}@{sender.rpartition('@')[2].strip('>')}>"
    )
    made.set_content(f"{text}\n")
    return made


def _of_machines(scene: Scene) -> Iterator[tuple[dt.datetime, bytes]]:
    """The report of a mailbox that is gone, about a message of ours."""
    player = scene.cast.get("bounced")
    if player is None or player.contact is None:
        return
    last = (
        MessageContent.objects.filter(
            organisation_id=scene.organisation_id, message__customer_id=scene.customer_id(player)
        )
        .order_by("-pk")
        .first()
    )
    if last is None:
        return
    instant = scene.at(scene.before(1), 9, 31)
    host = player.contact.email.partition("@")[2]
    yield (
        instant,
        _BOUNCE.format(
            host=host,
            ours=_OURS,
            to=player.contact.email,
            date=format_datetime(instant),
            original=last.message_id_header,
            stamp=f"{instant:%Y%m%d%H%M}",
        ).encode(),
    )


_BOUNCE = """\
From: MAILER-DAEMON@{host}
To: {ours}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{stamp}.bounce@{host}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="parts"

--parts
Content-Type: text/plain; charset=utf-8

<{to}>: host mail.{host} said: 550 5.1.1 User unknown

--parts
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.{host}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--parts
Content-Type: text/rfc822-headers

Message-ID: {original}
To: {to}

--parts--
"""
