"""Directories of a company on this machine: an OpenID provider and a SAML identity provider, strict as real ones."""

import base64
import hashlib
import json
import secrets
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

CLIENT_ID, CLIENT_SECRET = "encours", "un-secret-de-client"
NAMES = {"p": "urn:oasis:names:tc:SAML:2.0:protocol", "a": "urn:oasis:names:tc:SAML:2.0:assertion"}
MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
VERIFIED = "http://schemas.auth0.com/email_verified"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A directory's own key; under another name, a forger's."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Person:
    """Whoever sits before the directory's page, already known to it."""

    subject: str
    email: str = ""
    is_verified: bool | None = True
    name: str = "Nadia Ferrand"


@dataclass
class Directory:
    """A directory that is up: its address, who sits before it, and what it lies about."""

    address: str
    person: Person
    signs_as: str = "directory"
    audience: str = ""
    is_down: bool = False
    is_late_by: timedelta = timedelta()
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Door(BaseHTTPRequestHandler):
    """Answers for the directory its server carries."""

    directory: Directory

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.directory.asked.append(parts.path)
        if self.directory.is_down:
            return self.answer(503, "text/plain", b"down")
        return self.told(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})

    def told(self, path: str, query: dict[str, str]) -> None:
        self.answer(404, "text/plain", b"no such page")

    def answer(self, status: int, kind: str, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def json(self, content: Any, status: int = 200) -> None:
        self.answer(status, "application/json", json.dumps(content).encode())

    def log_message(self, *_given: Any) -> None:
        """Quiet: pytest shows what matters."""


class OpenIdDoor(Door):
    """Discovery, authorization code with PKCE, an id_token signed RS256, user info, keys."""

    def told(self, path: str, query: dict[str, str]) -> None:
        {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": lambda: self.authorize(query),
            "/userinfo": self.userinfo,
            "/jwks": self.keys,
        }.get(path, lambda: super(OpenIdDoor, self).told(path, query))()

    def discovery(self) -> None:
        here = self.directory.address
        self.json(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "userinfo_endpoint": f"{here}/userinfo",
                "jwks_uri": f"{here}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def authorize(self, query: dict[str, str]) -> None:
        right = query.get("client_id") == CLIENT_ID and query.get("response_type") == "code"
        if not right or "openid" not in query.get("scope", "").split() or query.get("code_challenge_method") != "S256":
            return self.json({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self.directory.codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return self.answer(302, "text/plain", b"", Location=f"{query['redirect_uri']}?{back}")

    def do_POST(self) -> None:
        self.directory.asked.append(self.path)
        length = int(self.headers["Content-Length"])
        said = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        wanted = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.directory.codes.pop(said.get("code", ""), None)
        if self.headers["Authorization"] != wanted:
            return self.json({"error": "invalid_client"}, 401)
        proof = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if asked is None or asked["redirect_uri"] != said["redirect_uri"] or asked["code_challenge"] != proof.decode():
            return self.json({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        self.directory.tokens[access_token] = self.directory.person
        return self.json(
            {"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": self.id_token()}
        )

    def claims(self) -> dict[str, Any]:
        person = self.directory.person
        told: dict[str, Any] = {"sub": person.subject, "name": person.name}
        if person.email:
            told["email"] = person.email
        if person.is_verified is not None:
            told["email_verified"] = person.is_verified
        return told

    def id_token(self) -> str:
        now = datetime.now(UTC) - self.directory.is_late_by
        told = {
            **self.claims(),
            "iss": self.directory.address,
            "aud": self.directory.audience or CLIENT_ID,
            "iat": now,
            "exp": now + timedelta(minutes=5),
        }
        return jwt.encode(told, key(self.directory.signs_as), algorithm="RS256", headers={"kid": "first"})

    def userinfo(self) -> None:
        person = self.directory.tokens.get(self.headers["Authorization"].removeprefix("Bearer "))
        self.json({"error": "invalid_token"}, 401) if person is None else self.json(self.claims())

    def keys(self) -> None:
        told = jwt.algorithms.RSAAlgorithm.to_jwk(key("directory").public_key(), as_dict=True)
        self.json({"keys": [{**told, "kid": "first", "use": "sig", "alg": "RS256"}]})


class SamlDoor(Door):
    """Metadata, and a sign-on page that posts a signed assertion back by the person's browser."""

    def told(self, path: str, query: dict[str, str]) -> None:
        if path == "/metadata":
            return self.answer(200, "application/samlmetadata+xml", metadata(self.directory.address))
        request = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15))
        consumer = request.attrib["AssertionConsumerServiceURL"]
        response = base64.b64encode(saml_response(self.directory, request)).decode()
        page = f"""<!doctype html><title>Directory</title><form method="post" action="{consumer}">
            <input type="hidden" name="SAMLResponse" value="{response}"></form>
            <script>document.forms[0].submit()</script>"""
        return self.answer(200, "text/html", page.encode())


@cache
def certificate(name: str) -> bytes:
    """The certificate of a key, in PEM."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(named, named, key(name).public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return made.sign(key(name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def metadata(address: str) -> bytes:
    """What the identity provider says of itself."""
    body = "".join(certificate("directory").decode().splitlines()[1:-1])
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{address}">
      <md:IDPSSODescriptor protocolSupportEnumeration="{NAMES["p"]}">
        <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
          <ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{address}/sso"/>
      </md:IDPSSODescriptor></md:EntityDescriptor>""".encode()


def saml_response(directory: Directory, request: etree._Element) -> bytes:
    """The response to one request: its assertion signed, for this reader, for five minutes."""
    from onelogin.saml2.utils import OneLogin_Saml2_Utils  # loads a C library that few tests need

    person, consumer = directory.person, request.attrib["AssertionConsumerServiceURL"]
    now = datetime.now(UTC) - directory.is_late_by
    at, until = (f"{day:%Y-%m-%dT%H:%M:%SZ}" for day in (now - timedelta(seconds=5), now + timedelta(minutes=5)))
    reader = directory.audience or request.findtext("a:Issuer", namespaces=NAMES)
    told = {MAIL: person.email, VERIFIED: {True: "true", False: "false", None: ""}[person.is_verified]}
    attributes = "".join(
        f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
        for name, value in {**told, "urn:oid:2.5.4.4": "Ferrand"}.items()
        if value
    )
    asked = request.attrib["ID"]
    assertion = f"""<saml:Assertion xmlns:saml="{NAMES["a"]}" ID="_a{secrets.token_hex(8)}" Version="2.0"
        IssueInstant="{at}">
      <saml:Issuer>{directory.address}</saml:Issuer>
      <saml:Subject><saml:NameID Format="{PERSISTENT}">{person.subject}</saml:NameID>
        <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
          NotOnOrAfter="{until}" Recipient="{consumer}" InResponseTo="{asked}"/></saml:SubjectConfirmation>
      </saml:Subject>
      <saml:Conditions NotBefore="{at}" NotOnOrAfter="{until}"><saml:AudienceRestriction>
        <saml:Audience>{reader}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
      <saml:AuthnStatement AuthnInstant="{at}"><saml:AuthnContext><saml:AuthnContextClassRef
        >urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext>
      </saml:AuthnStatement>
      <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"""
    if directory.signs_as:
        private = key(directory.signs_as).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        assertion = OneLogin_Saml2_Utils.add_sign(
            assertion, private, certificate(directory.signs_as).decode(),
            sign_algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest_algorithm="http://www.w3.org/2001/04/xmlenc#sha256",
        ).decode()  # fmt: skip
    return f"""<samlp:Response xmlns:samlp="{NAMES["p"]}" xmlns:saml="{NAMES["a"]}" ID="_r{secrets.token_hex(8)}"
      Version="2.0" IssueInstant="{at}" Destination="{consumer}" InResponseTo="{asked}">
      <saml:Issuer>{directory.address}</saml:Issuer>
      <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
      {assertion}</samlp:Response>""".encode()


@contextmanager
def serving(door: type[Door], person: Person) -> Iterator[Directory]:
    """The directory, answering on this machine until the end of the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    directory = Directory(f"http://127.0.0.1:{server.server_port}", person)
    server.RequestHandlerClass = type(door.__name__, (door,), {"directory": directory})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield directory
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def open_id_environment(directory: Directory, **more: str) -> dict[str, str]:
    """What an administrator sets to name the OpenID provider."""
    return {
        "ENCOURS_OIDC_ISSUER": directory.address,
        "ENCOURS_OIDC_CLIENT_ID": CLIENT_ID,
        "ENCOURS_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "ENCOURS_OIDC_NAME": "Annuaire",
        **more,
    }
