"""A real mail server, an organisation that may send, and messages to send."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from encours.access.models import Organisation
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Sender

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
HERE = Path(__file__).parent


@dataclass
class Postbox:
    """The running server and what it took."""

    port: int
    kept: Path

    def letters(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.kept.read_text().splitlines()] if self.kept.exists() else []


@pytest.fixture
def postbox(tmp_path: Path) -> Iterator[Postbox]:
    kept = tmp_path / "kept.jsonl"
    process = subprocess.Popen(
        [sys.executable, str(HERE / "mail_server.py"), str(kept)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield Postbox(int(process.stdout.readline()), kept)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def ready_to_send(company, postbox):
    """Templates, an account of the organisation, out of the sandbox."""
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    form = messaging.AccountForm("127.0.0.1", postbox.port, "none", "nadia@brevanne.example", "Nadia Ferrand")
    return messaging.save_mail_account(organisation_id=company.organisation_id, form=form, by=company.by)


@pytest.fixture
def sender(company, postbox):
    ready_to_send(company, postbox)
    return company


@pytest.fixture
def committed_sender(committed_company, postbox):
    ready_to_send(committed_company, postbox)
    return committed_company


def queue(company, key="acme:1", *, to="compta@acme.example", template_key="reminder_1", context=None, **more):
    return messaging.queue_message(
        organisation_id=company.organisation_id,
        key=key,
        kind=more.pop("kind", "reminder"),
        customer_id=company.acme.pk,
        sender=Sender(user_id=company.collector.pk, entity_id=company.entity.pk),
        to=[Address(to, "Compta Acme")],
        template_key=template_key,
        language="fr",
        context=context or sample.context(),
        by=company.by,
        send_after=more.pop("send_after", NOW),
        **more,
    )


def state(message_id: int) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message_id)


def worker_environment() -> dict[str, str]:
    """What a process needs to work on the test database."""
    at = connection.settings_dict
    where = urlencode({"host": at["HOST"]}) if at["HOST"] else ""
    sign_in = quote(at["USER"]) + (":" + quote(at["PASSWORD"]) if at["PASSWORD"] else "")
    port = f"localhost:{at['PORT']}" if at["PORT"] else ""
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{sign_in}@{port}/{at['NAME']}?{where}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(HERE.parents[1] / "src"),
    }


def worker(organisation_id: int, moment: str = "none") -> subprocess.Popen:
    """Start a worker process on the test database."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "worker_process.py"), str(organisation_id), moment, NOW.isoformat()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=worker_environment(),
    )
