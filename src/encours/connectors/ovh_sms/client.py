"""One signed call for each SMS; a call that may have arrived and whose answer is lost is in doubt, never repeated."""

import hashlib
import http.client
import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from encours.connectors.web import line_to, path_of
from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.delivery import HandedOver
from encours.messaging.rules.gateway import Gateway, GatewayAccess, News, Parcel

CHANNELS = ("sms",)
ADDRESS = "https://eu.api.ovh.com/1.0"
TIMEOUT_SECONDS = 30
TAG_LETTERS = 20
RECEIPTS_A_TURN = 100
# What `deliveryReceipt` says. OVHcloud publishes no list of its codes: these are those of the delivery reports that SMS
# gateways share (1 delivered, 2 failed, 16 rejected) and that public clients of OVHcloud go by. So 1 is believed; 2 and
# 16 are told as "for now", conclude nothing about the number, and a later 1 still counts; any other is on its way. The
# code itself is kept with the report.
RECEIPTS = {1: "delivered", 2: "bounced_soft", 16: "bounced_soft"}
NEEDED = ("application_key", "consumer_key", "service")


class OvhIncomplete(Unavailable):
    """The account with OVHcloud is not wholly told."""

    message = gettext_noop("OVHcloud needs {name}: fill it in in the settings.")


class Client:
    """An account with OVHcloud that may send SMS."""

    def __init__(self, access: GatewayAccess) -> None:
        self.access = access
        self.address = str(access.settings.get("address") or ADDRESS).rstrip("/")

    def hand_over(self, parcel: Parcel) -> HandedOver:
        """Ask for the SMS to be sent; its answer is how it ended."""
        body: dict[str, Any] = {
            "charset": "UTF-8",
            "coding": "7bit" if parcel.facts.get("encoding") == "GSM-7" else "8bit",
            "message": parcel.body.decode(),
            "noStopClause": True,  # reminders of a debt are no advertising (CPCE L34-5)
            "priority": "high",
            "receivers": list(parcel.recipients),
            "tag": parcel.reference[-TAG_LETTERS:],
        }
        if parcel.sender:
            body["sender"] = parcel.sender
        else:
            body["senderForResponse"] = True
        path = f"/sms/{quote(str(self.access.settings['service']), safe='')}/jobs"
        return self._asked("POST", path, json.dumps(body))

    def _asked(self, method: str, path: str, body: str) -> HandedOver:
        connection = line_to(self.address, timeout_seconds=TIMEOUT_SECONDS)
        try:
            try:
                connection.connect()
            except OSError as error:
                return HandedOver("failed", f"no connection: {error}")
            try:
                connection.request(
                    method, path_of(self.address + path), body.encode(), self._headers(method, path, body)
                )
                answer = connection.getresponse()
                return _ended(answer.status, answer.read())
            except (http.client.HTTPException, OSError) as error:
                return HandedOver("in_doubt", f"no answer after the message: {error}")
        finally:
            connection.close()

    def _headers(self, method: str, path: str, body: str) -> dict[str, str]:
        """OVHcloud's signature: "$1$" and the SHA-1 of secret, consumer key, method, address, body and second."""
        secret, values = self.access.secret, self.access.settings
        second = str(int(time.time()))
        said = "+".join([secret, values["consumer_key"], method, self.address + path, body, second])
        signature = "$1$" + hashlib.sha1(said.encode()).hexdigest()  # noqa: S324  # their protocol knows no other
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Ovh-Application": values["application_key"],
            "X-Ovh-Consumer": values["consumer_key"],
            "X-Ovh-Timestamp": second,
            "X-Ovh-Signature": signature,
        }

    def news(self, waiting: Sequence[str] = ()) -> Iterable[News]:
        """The receipts of those whose end is not known yet; an account that does not answer is asked again later."""
        outgoing = f"/sms/{quote(str(self.access.settings['service']), safe='')}/outgoing"
        for reference in waiting[:RECEIPTS_A_TURN]:
            try:
                for number in self._told(f"{outgoing}?tag={quote(reference[-TAG_LETTERS:], safe='')}") or ():
                    found = _receipt(reference, self._told(f"{outgoing}/{int(number)}"))
                    if found is not None:
                        yield found
            except (http.client.HTTPException, OSError, ValueError, TypeError):
                return

    def _told(self, path: str) -> Any:
        """What a question is answered with; nothing where OVHcloud refuses it."""
        connection = line_to(self.address, timeout_seconds=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path_of(self.address + path), headers=self._headers("GET", path, ""))
            answer = connection.getresponse()
            body = answer.read()
            return json.loads(body) if answer.status == HTTPStatus.OK else None
        finally:
            connection.close()

    def close(self) -> None:
        """Each call has a connection of its own."""


def _receipt(reference: str, told: Any) -> News | None:
    """What became of an SMS to one number, as far as the unpublished codes of OVHcloud tell it (see `RECEIPTS`)."""
    kind = RECEIPTS.get(told.get("deliveryReceipt") or 0) if isinstance(told, dict) else None
    if kind is None:
        return None
    at = datetime.fromisoformat(str(told.get("sentAt") or told["creationDatetime"]))
    recipient = str(told.get("receiver", ""))[:254]
    detail = {"provider": "ovh_sms", "code": told.get("deliveryReceipt"), "ptt": told.get("ptt")}
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return News(f"ovh_sms:{told['id']}:{kind}", reference, kind, at, recipient=recipient, detail=detail)


def _ended(status: int, body: bytes) -> HandedOver:
    """What an answer means: taken, refused, or to be tried again; an answer that cannot be read leaves a doubt."""
    words = " ".join(body.decode("utf-8", "replace").split())[:300]
    if status in (429, 503):
        return HandedOver("failed", f"{status} {words}")
    if status >= 500:
        return HandedOver("in_doubt", f"{status} {words}")
    if status >= 400:
        return HandedOver("refused", f"{status} {words}")
    try:
        told = json.loads(body)
        refused, ids = told.get("invalidReceivers") or [], told.get("ids") or []
    except (ValueError, AttributeError):
        return HandedOver("in_doubt", f"{status} {words}")
    if not ids:
        return HandedOver("refused", words, dict.fromkeys(refused, "invalid receiver"))
    answer = f"{status} ids {', '.join(str(one) for one in ids)}"
    return HandedOver("sent", answer, dict.fromkeys(refused, "invalid receiver"))


def open_gateway(access: GatewayAccess) -> Gateway:
    """The account, once all of it is told."""
    for name in NEEDED:
        if not access.settings.get(name):
            raise OvhIncomplete(retry=False, name=name)
    if not access.secret:
        raise OvhIncomplete(retry=False, name="application_secret")
    return Client(access)
