"""Reminders written, handed to a mail server and recorded, beside a bare loop that writes and sends the same letter."""

import datetime as dt
import resource
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from bench.measure import Book, Figure

MESSAGES = 10_000
BARE = 2_000  # letters of the bare loop, twice: it holds nothing and keeps its rate, and costs more time than ours
RATIO_MAX = 2.0  # at least half of the bare loop's rate
NOW = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)


@contextmanager
def sink() -> Iterator[int]:
    """A mail server of its own process that takes everything."""
    script = Path(__file__).with_name("mail_sink.py")
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def run(book: Book, *, messages: int = MESSAGES) -> list[Figure]:
    """Queue the letters, deliver them, and time the bare loop before and after to even out the machine's mood.

    What counts is the rate of each: the bare loop's seconds are told for as many letters as ours.
    """
    del book  # letters need customers, not their invoices: an organisation of its own keeps the book as it is
    contexts = [context(number) for number in range(messages)]
    with sink() as port:
        organisation_id, queued_seconds = prepared(contexts, port)
        few = contexts[:BARE]
        del contexts  # what this process holds is not held by the worker
        memory = _memory_mb()
        before = bare(few, port)
        ours = delivered(organisation_id, messages)
        after = bare(few, port)
    limit = (before + after) / 2 * messages / len(few)
    note = (
        f"{messages / ours:.0f} against {messages / limit:.0f} messages/s a worker; queued in {queued_seconds:.1f} s; "
        f"peak of memory {_memory_mb() - memory:+.0f} MB while they left"
    )
    size = f"{messages:,} letters"
    return [Figure("e-mails written, handed over, recorded", size, ours, "bare loop", limit, RATIO_MAX, note)]


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def context(number: int) -> dict[str, Any]:
    """One to six invoices, as a reminder has them."""
    from encours.messaging.rules import sample

    letter = sample.context()
    item = letter["items"][0]
    letter["items"] = [
        {
            **item,
            "number": f"FA-{number:05d}-{row}",
            "open": {"amount": f"{100 + row}.{number % 100:02d}", "currency": "EUR"},
        }
        for row in range(1 + number % 6)
    ]
    letter["customer"] = {"name": f"Client {number} & fils", "number": f"C{number}", "reference_rf": "RF91C10316K2611"}
    return letter


def prepared(contexts: list[dict[str, Any]], port: int) -> tuple[int, float]:
    """An organisation out of its sandbox, its account, its letters in the queue; how long queueing took."""
    from encours.access import context as access_context
    from encours.access.models import Organisation
    from encours.core.actors import Actor
    from encours.customers.models import Customer
    from encours.messaging import actions as messaging
    from encours.messaging.rules.values import Address, Draft, Sender

    by = Actor.system("bench")
    organisation = Organisation.objects.create(name="Mail", slug=f"mail-{time.time_ns()}", sandbox=False)
    with access_context.bound(organisation.pk):
        messaging.install_default_templates(organisation_id=organisation.pk, by=by)
        form = messaging.AccountForm("127.0.0.1", port, "none", "nadia@brevanne.example", "Nadia Ferrand")
        messaging.save_mail_account(organisation_id=organisation.pk, form=form, by=by)
        customers = Customer.objects.bulk_create(
            Customer(organisation=organisation, number=f"C{number}", name=f"Client {number}")
            for number in range(len(contexts))
        )
        drafts = [
            Draft(
                key=f"bench:{number}",
                kind="reminder",
                customer_id=customers[number].pk,
                sender=Sender(),
                to=[Address(f"compta{number}@client.example", f"Comptabilité {number}")],
                template_key="reminder_1",
                language="fr",
                context=letter,
                send_after=NOW,
            )
            for number, letter in enumerate(contexts)
        ]
        start = time.perf_counter()
        for first in range(0, len(drafts), 1000):
            messaging.queue_messages(organisation_id=organisation.pk, drafts=drafts[first : first + 1000], by=by)
        return organisation.pk, time.perf_counter() - start


def delivered(organisation_id: int, messages: int) -> float:
    """How long one worker takes to write, hand over and record all of them."""
    from encours.access import context as access_context
    from encours.connectors.smtp import client
    from encours.messaging import actions as messaging

    with access_context.bound(organisation_id):
        start = time.perf_counter()
        report = messaging.deliver_due(organisation_id=organisation_id, now=NOW, limit=messages, connect=client.connect)
        took = time.perf_counter() - start
    if report.states != {"sent": messages}:
        raise RuntimeError(f"not all letters left: {report}")
    return took


def bare(contexts: list[dict[str, Any]], port: int) -> float:
    """How long plain Jinja2, EmailMessage and smtplib take for the same letter, nothing checked, nothing recorded."""
    import jinja2

    from encours.messaging.rules import context as typed_contexts
    from encours.messaging.rules import defaults, layout, wording

    words = defaults.wording("reminder_1", "fr")
    sources = {
        "html": layout.html_of(words.mjml, language="fr"),
        "text": layout.whole_text(words.text, language="fr"),
        "subject": words.subject,
    }
    templates = {}
    for name, source in sources.items():
        environment = jinja2.Environment(autoescape=name == "html")  # noqa: S701  text has no markup
        environment.filters.update(wording._filters("fr"))
        templates[name] = environment.from_string(source)
    letters = [typed_contexts.typed(letter) for letter in contexts]
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number, letter in enumerate(letters):
            message = EmailMessage()
            message["From"], message["To"] = "nadia@brevanne.example", f"compta{number}@client.example"
            message["Subject"] = templates["subject"].render(letter)
            message["Message-ID"] = f"<{number}@brevanne.example>"
            message.set_content(templates["text"].render(letter))
            message.add_alternative(templates["html"].render(letter), subtype="html")
            smtp.sendmail("nadia@brevanne.example", [f"compta{number}@client.example"], message.as_bytes())
    return time.perf_counter() - start
