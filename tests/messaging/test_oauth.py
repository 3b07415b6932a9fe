"""A mailbox is connected without a password, its tokens are renewed in time, and a lost one says so."""

import base64
import hashlib
import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from encours.access.models import AuditEntry, Organisation
from encours.connectors.imap import client as imap
from encours.connectors.oauth import client as oauth
from encours.connectors.smtp import client as smtp
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.actions.oauth import ClientIncomplete, NoRefreshToken
from encours.messaging.models import MailAccount, OAuthClient
from encours.messaging.rules.oauth import Tokens, must_refresh
from encours.messaging.rules.server import Server
from tests.messaging import imap_server

from .conftest import NOW, queue, state

EMAIL = "nadia@brevanne.example"


class Handler(BaseHTTPRequestHandler):
    """A provider's token endpoint: it checks what the protocol wants checked."""

    def do_POST(self) -> None:
        asked = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        server = self.server
        server.asked.append(asked)
        status, told = server.answer or self.token(asked)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def token(self, asked):
        server = self.server
        if asked.get("client_secret") != "app-secret":
            return 401, {"error": "invalid_client"}
        if asked["grant_type"] == "refresh_token":
            if asked["refresh_token"] != "refresh-1":
                return 400, {"error": "invalid_grant"}
            return 200, {"access_token": "access-2", "expires_in": 3600}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=")
        if asked["code"] != "code-1" or challenge.decode() != server.challenge:
            return 400, {"error": "invalid_grant"}
        claims = base64.urlsafe_b64encode(json.dumps({"email": EMAIL}).encode()).rstrip(b"=").decode()
        return 200, {
            "access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 3600, "id_token": f"x.{claims}.x",
        }  # fmt: skip

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def provider(monkeypatch) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer, server.challenge = [], None, ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    known = oauth.PROVIDERS["google"]
    fake = oauth.Provider(f"{here}/auth", f"{here}/token", known.scope, "127.0.0.1", known.more)
    monkeypatch.setitem(oauth.PROVIDERS, "google", fake)
    yield server
    server.shutdown()
    server.server_close()


class Talk(socketserver.StreamRequestHandler):
    """One session with a mail server that lets in by XOAUTH2 alone (RFC 5321, Google's and Microsoft's AUTH)."""

    def handle(self) -> None:
        self.say("220 ready")
        is_in = False
        for line in self.rfile:
            name, _, words = line.decode().strip().partition(" ")
            match name.upper():
                case "EHLO":
                    self.say("250-here", "250 AUTH XOAUTH2")
                case "AUTH":
                    is_in = self.signed_in(words)
                case "DATA" if is_in:
                    self.say("354 go on")
                    self.server.letters.append(self.until_dot())
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok" if is_in else "530 sign in first")

    def signed_in(self, words: str) -> bool:
        said = base64.b64decode(words.partition(" ")[2]).decode()
        token = said.removeprefix(f"user={EMAIL}\x01auth=Bearer ").removesuffix("\x01\x01")
        if token in ("access-1", "access-2"):
            self.server.signed_in.append(token)
            self.say("235 welcome")
            return True
        self.say("334 " + base64.b64encode(b'{"status":"401"}').decode())
        self.rfile.readline()
        self.say("535 5.7.8 not accepted")
        return False

    def until_dot(self) -> list[bytes]:
        return list(iter(self.rfile.readline, b".\r\n"))

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class MailServer(socketserver.ThreadingTCPServer):
    """The listening server, and what it took."""

    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def taker() -> Iterator[MailServer]:
    with MailServer(("127.0.0.1", 0), Talk) as server:
        server.letters, server.signed_in, server.port = [], [], server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def seller(company):
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    messaging.save_oauth_client(
        organisation_id=company.organisation_id, provider="google", client_id="app", client_secret="app-secret",
        by=company.by,
    )  # fmt: skip
    return company


def connected(company, provider, taker=None, now=NOW):
    access = queries.oauth_access("google", organisation_id=company.organisation_id)
    began = oauth.begin(access, redirect="http://desk.example/back")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(began.address).query).items()}
    assert (asked["state"], asked["code_challenge_method"]) == (began.state, "S256")
    assert began.verifier not in began.address
    provider.challenge = asked["code_challenge"]
    tokens = oauth.exchange(
        access, code="code-1", verifier=began.verifier, redirect="http://desk.example/back", now=now
    )
    account = messaging.connect_mailbox(
        organisation_id=company.organisation_id, user_id=company.collector.pk, provider="google", tokens=tokens,
        host="127.0.0.1", name="Nadia Ferrand", by=company.by, now=now,
    )  # fmt: skip
    if taker:
        MailAccount.objects.filter(pk=account.pk).update(port=taker.port, security="none")
    return MailAccount.objects.get(pk=account.pk)


class TestAMailbox:
    def test_is_connected_and_sends_by_its_token(self, seller, provider, taker):
        account = connected(seller, provider, taker)
        assert (account.from_email, account.sign_in, account.port) == (EMAIL, "google", taker.port)
        message_id = queue(seller)
        report = messaging.deliver_due(organisation_id=seller.organisation_id, now=NOW, limit=9, connect=smtp.connect)
        assert report.states == {"sent": 1}
        assert (state(message_id), taker.signed_in, len(taker.letters)) == ("sent", ["access-1"], 1)

    def test_keeps_its_tokens_out_of_the_database_and_of_the_audit(self, seller, provider):
        account = connected(seller, provider)
        stored = str(list(MailAccount.objects.values())) + str(list(OAuthClient.objects.values()))
        stored += str(list(AuditEntry.objects.values_list("details", flat=True)))
        for secret in ("access-1", "refresh-1", "app-secret"):
            assert secret not in stored
        assert queries.token_of(account) == "access-1"
        assert "access-1" not in repr(queries.server_of(account))

    def test_is_renewed_before_its_token_ends_and_not_sooner(self, seller, provider, taker):
        account = connected(seller, provider, taker)
        ask = {"organisation_id": seller.organisation_id, "refresh": oauth.refresh}
        assert messaging.refresh_tokens(**ask, now=NOW) == 0
        assert messaging.refresh_tokens(**ask, now=NOW + timedelta(minutes=56)) == 1
        account.refresh_from_db()
        assert queries.token_of(account) == "access-2"
        assert account.token_ends_at == NOW + timedelta(minutes=116)
        assert messaging.refresh_tokens(**ask, now=NOW + timedelta(minutes=56)) == 0

    def test_whose_consent_was_withdrawn_says_so_and_its_messages_wait(self, seller, provider, taker):
        account = connected(seller, provider, taker)
        provider.answer = (400, {"error": "invalid_grant"})
        ask = {"organisation_id": seller.organisation_id, "refresh": oauth.refresh}
        messaging.refresh_tokens(**ask, now=NOW + timedelta(hours=1))
        account.refresh_from_db()
        assert "invalid_grant" in account.token_problem
        message_id = queue(seller)
        messaging.deliver_due(organisation_id=seller.organisation_id, now=NOW, limit=9, connect=smtp.connect)
        assert (state(message_id), taker.letters) == ("failed", [])
        provider.answer = None
        connected(seller, provider, taker)
        report = messaging.deliver_due(
            organisation_id=seller.organisation_id, now=NOW + timedelta(hours=2), limit=9, connect=smtp.connect
        )
        assert report.states == {"sent": 1}

    def test_of_a_silent_provider_is_kept_and_asked_again(self, seller, provider):
        account = connected(seller, provider)
        provider.answer = (503, {})
        ask = {"organisation_id": seller.organisation_id, "refresh": oauth.refresh}
        assert messaging.refresh_tokens(**ask, now=NOW + timedelta(hours=1)) == 0
        account.refresh_from_db()
        assert account.token_problem == ""
        provider.answer = None
        assert messaging.refresh_tokens(**ask, now=NOW + timedelta(hours=1)) == 1

    def test_that_could_not_stay_connected_is_refused(self, seller):
        with pytest.raises(NoRefreshToken):
            messaging.connect_mailbox(
                organisation_id=seller.organisation_id, user_id=seller.collector.pk, provider="google",
                tokens=Tokens("t", "", NOW, EMAIL), host="h", name="", by=seller.by, now=NOW,
            )  # fmt: skip

    def test_goes_back_to_a_password_when_one_is_given(self, seller, provider):
        connected(seller, provider)
        form = messaging.AccountForm("mail.example", 587, "starttls", EMAIL, username="nadia", password="pw")
        account = messaging.save_mail_account(
            organisation_id=seller.organisation_id, form=form, by=seller.by, user_id=seller.collector.pk
        )
        assert (account.sign_in, account.refresh_token_encrypted) == ("password", "")


class TestTheFlow:
    def test_with_another_verifier_gets_nothing(self, seller, provider):
        access = queries.oauth_access("google", organisation_id=seller.organisation_id)
        provider.challenge = "of-someone-else"
        with pytest.raises(oauth.SignInRefused, match="invalid_grant"):
            oauth.exchange(access, code="code-1", verifier="mine", redirect="x", now=NOW)

    def test_makes_another_state_and_verifier_each_time(self, seller):
        access = queries.oauth_access("google", organisation_id=seller.organisation_id)
        one, other = (oauth.begin(access, redirect="x") for _ in range(2))
        assert one.state != other.state
        assert one.verifier != other.verifier

    def test_without_a_registered_application_is_refused(self, company):
        with pytest.raises(queries.OAuthClientMissing):
            queries.oauth_access("microsoft", organisation_id=company.organisation_id)
        with pytest.raises(ClientIncomplete):
            messaging.save_oauth_client(
                organisation_id=company.organisation_id,
                provider="google",
                client_id="x",
                client_secret="",
                by=company.by,
            )


def test_a_token_of_the_wrong_person_is_refused_by_the_mail_server(taker):
    with pytest.raises(smtp.ServerUnreachable):
        smtp.connect(Server("127.0.0.1", taker.port, "none", EMAIL, token="stolen"))
    assert taker.signed_in == []


def test_a_folder_is_read_by_the_token_too(tmp_path):
    (tmp_path / "1.eml").write_bytes(b"Subject: hello\r\n\r\n")
    with imap_server.Server(("127.0.0.1", 0), imap_server.Session) as server:
        server.folder = tmp_path
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        session = imap.open_mailbox(
            Server("127.0.0.1", port, "none", imap_server.USER, token=imap_server.TOKEN), "INBOX"
        )
        assert [number for number, _ in session.new(after_uid=0, limit=5)] == [1]
        session.close()
        with pytest.raises(imap.MailboxUnreachable):
            imap.open_mailbox(Server("127.0.0.1", port, "none", imap_server.USER, token="stolen"), "INBOX")
        server.shutdown()


@pytest.mark.parametrize(("minutes", "expected"), [(-1, True), (4, True), (5, True), (6, False)])
def test_a_token_is_renewed_five_minutes_before_its_end(minutes, expected):
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert must_refresh(now + timedelta(minutes=minutes), now=now) is expected
    assert must_refresh(None, now=now)
