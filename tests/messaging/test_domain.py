"""What a domain publishes is judged: by tables of records, and asked of a real name server."""

import socket
import threading

import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from encours.connectors.dns import client
from encours.messaging import actions as messaging
from encours.messaging.models import MailAccount
from encours.messaging.rules.domain import findings, names_to_ask

from .conftest import NOW

DOMAIN = "brevanne.example"
KEY = "v=DKIM1; k=rsa; p=MIGfMA0G"


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], "missing"),
        (["google-site-verification=x"], "missing"),
        (["v=spf1 include:_spf.host.example -all"], "good"),
        (["v=spf1 mx ~all"], "good"),
        (["v=spf1 redirect=_spf.host.example"], "good"),
        (["v=spf1 mx ?all"], "weak"),
        (["v=spf1 mx"], "weak"),
        (["v=spf1 +all"], "wrong"),
        (["v=spf1 mx -all", "v=spf1 a -all"], "wrong"),
    ],
)
def test_spf(texts, verdict):
    assert findings(DOMAIN, {DOMAIN: texts})["spf"].verdict == verdict


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], "missing"),
        (["v=DMARC1; p=reject; rua=mailto:x@y"], "good"),
        (["v=DMARC1;p=quarantine"], "good"),
        (["v=DMARC1; p=none"], "weak"),
        (["v=DMARC1; p=perhaps"], "wrong"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "wrong"),
    ],
)
def test_dmarc(texts, verdict):
    assert findings(DOMAIN, {f"_dmarc.{DOMAIN}": texts})["dmarc"].verdict == verdict


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("selector1._domainkey", KEY, "good"),
        ("selector1._domainkey", "v=DKIM1; p=", "wrong"),
        ("nobody._domainkey", KEY, "missing"),
    ],
)
def test_dkim(name, text, verdict):
    assert findings(DOMAIN, {f"{name}.{DOMAIN}": [text]})["dkim"].verdict == verdict


@pytest.fixture
def name_server():
    """A name server on the loopback that knows two names."""
    zone = {f"{DOMAIN}.": '"v=spf1 mx " "-all"', f"_dmarc.{DOMAIN}.": '"v=DMARC1; p=none"'}
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                data, asker = line.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query)
            name = query.question[0].name
            if str(name) in zone:
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", zone[str(name)]))
            else:
                reply.set_rcode(3)
            line.sendto(reply.to_wire(), asker)

    thread = threading.Thread(target=answer)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
    yield resolver
    line.sendto(b"", line.getsockname())
    thread.join()
    line.close()


def test_the_findings_are_kept_with_the_account(sender, name_server):
    account = MailAccount.objects.get()
    found = messaging.check_domain(
        organisation_id=sender.organisation_id,
        account_id=account.pk,
        look_up=lambda names: client.text_records(names, resolver=name_server),
        by=sender.by,
        now=NOW,
    )
    assert {code: finding.verdict for code, finding in found.items()} == {
        "spf": "good",
        "dkim": "missing",
        "dmarc": "weak",
    }
    account.refresh_from_db()
    assert account.domain_checked_at == NOW
    assert account.domain_findings["spf"]["record"] == "v=spf1 mx -all"
    assert names_to_ask(DOMAIN)[:2] == [DOMAIN, f"_dmarc.{DOMAIN}"]


def test_silent_name_servers_are_told(monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.2)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 9
    with pytest.raises(client.NameServersSilent):
        client.text_records([DOMAIN], resolver=resolver)
