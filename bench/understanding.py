"""How many inbound mails a second are read and understood, beside the standard library merely parsing them."""

import time
from datetime import date
from email import message_from_bytes
from email.policy import default

from bench.measure import Book, Figure

MAILS = 300
RATIO_MAX = 20.0
TODAY = date(2026, 11, 19)
OPENINGS = ("Bonjour,", "Bonjour Madame,", "Hi,", "Hello Nadia,")
SAID = (
    "Le virement de {n} 234,50 € partira vendredi prochain, merci de patienter.",
    "Nous avons réglé la facture FA-2026-{n:04} par virement le {d} novembre.",
    "Le prix de la facture FA-2026-{n:04} ne correspond pas au devis, merci d'établir un avoir.",
    "Pouvez-vous nous renvoyer la facture FA-2026-{n:04} en PDF ?",
    "Madame Petit a quitté l'entreprise, écrivez désormais à compta{n}@client.example.",
    "We will pay invoice INV-{n:05} at the end of the month.",
    "Two of the pallets on INV-{n:05} arrived damaged, please issue a credit note.",
    "Merci pour votre message, nous revenons vers vous.",
)
QUOTED = "\n\nLe jeu. 19 nov. 2026 à 10:12, Nadia <nadia@brevanne.example> a écrit :\n" + "> Relance\n" * 20


def mails() -> list[bytes]:
    """Answers as they come: a greeting, one or two things said, a signature, the reminder quoted below."""
    made = []
    for number in range(MAILS):
        first, second = SAID[number % len(SAID)], SAID[(number * 3 + 1) % len(SAID)]
        said = "\n".join((first, second) if number % 3 else (first,)).format(n=number, d=number % 18 + 1)
        text = f"{OPENINGS[number % len(OPENINGS)]}\n\n{said}\n\nCordialement,\nLise Marchal{QUOTED}"
        made.append(
            f"From: Lise <lise@client.example>\nSubject: Re: Relance\nMessage-ID: <{number}@client.example>\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}".encode()
        )
    return made


def run(book: Book) -> list[Figure]:
    """The same mails parsed by the standard library and understood by us; the book does not matter."""
    from encours.messaging.rules.inbound import mail
    from encours.messaging.rules.understanding import reading

    raws = mails()
    reading.understand(mail.read(raws[0]), today=TODAY)
    begun = time.process_time()
    for raw in raws:
        message_from_bytes(raw, policy=default).get_content()
    limit_seconds = time.process_time() - begun
    begun = time.process_time()
    for raw in raws:
        reading.understand(mail.read(raw), today=TODAY)
    ours_seconds = time.process_time() - begun
    return [
        Figure(
            work="inbound mails understood",
            book=f"{MAILS:,} mails",
            ours_seconds=ours_seconds,
            limit="the standard library parses them",
            limit_seconds=limit_seconds,
            ratio_max=RATIO_MAX,
            note=f"{MAILS / ours_seconds:,.0f} mails/s on one core",
        )
    ]


if __name__ == "__main__":
    from pathlib import Path

    [figure] = run(Book(folder=Path(), dsn="", invoices=0, as_of=""))
    print(f"{figure.note}; {figure.ratio:.1f} times the bare parse")
