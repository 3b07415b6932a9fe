"""Whether a call comes from Amazon SNS: its signature, by the certificate at Amazon's own address and no other."""

import base64
import http.client
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from encours.connectors.web import line_to, path_of

TIMEOUT_SECONDS = 10
CERTIFICATE_BYTES_MAX = 20_000
# the region in the host: sns.eu-west-3.amazonaws.com, sns.cn-north-1.amazonaws.com.cn
_HOST = r"https://sns\.(?P<region>[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_CONFIRMING = re.compile(_HOST + r"/\?[!-~]+")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[\w.-]{1,256}")
_ISSUED_FOR = re.compile(r"sns[a-z0-9.-]*\.amazonaws\.com(?:\.cn)?")
# what is signed, in its order; a subject only where there is one
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  # version 1 is SHA-1


class NotOfAmazon(ValueError):
    """What was sent does not prove to be Amazon's."""


def verify(told: Mapping[str, Any], *, now: datetime) -> None:
    """Refuse a call that SNS has not signed, in version 1 or 2, by a certificate in force of the topic's own region."""
    address, topic = _text(told, "SigningCertURL"), _TOPIC.fullmatch(_text(told, "TopicArn"))
    named = _CERTIFICATE.fullmatch(address)
    if named is None or topic is None or named["region"] != topic["region"]:
        raise NotOfAmazon("the certificate is not at Amazon's address of this topic")
    algorithm = _HASHES.get(_text(told, "SignatureVersion"))
    if algorithm is None:
        raise NotOfAmazon("the version of the signature is not known")
    certificate = _certificate(address)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotOfAmazon("the certificate is not in force")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise NotOfAmazon("the certificate has no RSA key")
    try:
        signature = base64.b64decode(_text(told, "Signature"), validate=True)
        key.verify(signature, signed_text(told), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        raise NotOfAmazon("the signature does not fit") from None


def signed_text(told: Mapping[str, Any]) -> bytes:
    """What SNS signs: {"Type": "Notification", "MessageId": "1", ...} -> b"Message\\n...\\nMessageId\\n1\\n..."."""
    names = _SIGNED.get(_text(told, "Type"))
    if names is None:
        raise NotOfAmazon("no such kind of call")
    rows = [(name, _text(told, name)) for name in names if name != "Subject" or told.get("Subject") is not None]
    return "".join(f"{name}\n{value}\n" for name, value in rows).encode()


def confirmation(told: Mapping[str, Any]) -> str:
    """The address that confirms a subscription of this very topic, in its region; refuses any other."""
    address, topic = _text(told, "SubscribeURL"), _text(told, "TopicArn")
    named, region = _CONFIRMING.fullmatch(address), _TOPIC.fullmatch(topic)
    asked = parse_qs(urlsplit(address).query)
    is_meant = asked.get("Action") == ["ConfirmSubscription"] and asked.get("TopicArn") == [topic]
    if named is None or region is None or named["region"] != region["region"] or not is_meant:
        raise NotOfAmazon("the address does not confirm this topic")
    return address


def confirm(told: Mapping[str, Any]) -> None:
    """Open the address that confirms; whoever sends us elsewhere is not followed."""
    asked(confirmation(told))


@lru_cache(maxsize=16)
def _certificate(address: str) -> x509.Certificate:
    """The certificate there, kept while we run: Amazon gives each a name of its own."""
    found = x509.load_pem_x509_certificate(asked(address))
    names = [str(one.value) for one in found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    if not any(_ISSUED_FOR.fullmatch(name) for name in names):
        raise NotOfAmazon("the certificate was not issued for SNS")
    return found


def asked(address: str) -> bytes:
    """What Amazon's server answers; the line checks the server's own certificate."""
    line = line_to(address, timeout_seconds=TIMEOUT_SECONDS)
    try:
        line.request("GET", path_of(address))
        answer = line.getresponse()
        body = answer.read(CERTIFICATE_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        raise NotOfAmazon(f"Amazon does not answer: {error}") from None
    finally:
        line.close()
    if answer.status != http.client.OK:
        raise NotOfAmazon(f"Amazon answers {answer.status}")
    return body


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
