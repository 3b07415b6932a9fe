"""Notices in which a sending provider puts its JSON into an e-mail: bounce, complaint, delivery (Amazon SES by SNS)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LISTS = {
    "bounce": ("bounce", "bouncedRecipients", "failed"),
    "complaint": ("complaint", "complainedRecipients", "complained"),
    "delivery": ("delivery", "recipients", "delivered"),
    "deliverydelay": ("deliveryDelay", "delayedRecipients", "delayed"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider says: kind (bounce, complaint, delivered), the addresses with status and words, our message."""

    kind: str
    action: str
    recipients: tuple[tuple[str, str, str], ...]
    original_message_id: str
    original_subject: str
    server: str
    quote: str


def notice(text: str) -> Notice | None:
    """The notice in a text that begins with a JSON object, or None.

    '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": "a@x.example"}]}}' -> bounce of a
    """
    document = _document(text)
    name = str(document.get("notificationType") or document.get("eventType") or "").lower().replace(" ", "")
    if name not in _LISTS:
        return None
    inner, listed, action = _LISTS[name]
    body = _mapping(document.get(inner))
    mail = _mapping(document.get("mail"))
    headers = _mapping(mail.get("commonHeaders"))
    rows = [_row(one, str(body.get("smtpResponse") or "")) for one in body.get(listed) or ()]
    kind = {"delivery": "delivered", "deliverydelay": "bounce"}.get(name, name)
    quote = next((words for _, _, words in rows if words), str(body.get("complaintFeedbackType") or ""))
    return Notice(
        kind=kind,
        action=action,
        recipients=tuple(rows),
        original_message_id=str(headers.get("messageId") or mail.get("messageId") or ""),
        original_subject=str(headers.get("subject") or ""),
        server=str(body.get("reportingMTA") or "").partition(";")[2].strip() or str(body.get("reportingMTA") or ""),
        quote=quote[:300],
    )


def _document(text: str) -> Mapping[str, Any]:
    start = re.match(r"\s*(?=\{)", text)
    if start is None or not re.search(r'"(?:notificationType|eventType|Type)"', text[:5_000]):
        return {}
    try:
        unbroken = re.sub(r"!?\r?\n ?", "", text[start.end() :])
        document, _ = json.JSONDecoder(strict=False).raw_decode(unbroken)
        if isinstance(document, dict) and isinstance(document.get("Message"), str):
            document = json.loads(document["Message"])
    except (ValueError, RecursionError):
        return {}
    return _mapping(document)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _row(one: object, response: str) -> tuple[str, str, str]:
    if not isinstance(one, dict):
        return str(one).lower(), "", response
    words = str(one.get("diagnosticCode") or response)
    return str(one.get("emailAddress") or "").lower(), str(one.get("status") or ""), words
