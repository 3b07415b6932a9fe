"""What became of a message we sent, as mail systems tell it: delivery reports, plain bounces, complaints (CM-06)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from encours.messaging.rules.inbound import bounces, failures, providers
from encours.messaging.rules.inbound.mail import Mail, Part, addresses_of


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one address: action (failed, delayed, delivered), the failure, and the server's words."""

    email: str
    action: str
    reason: str
    status: str
    reply_code: str
    is_hard: bool
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its kind (bounce, delivered, complaint), each address, and the message of ours it is about."""

    kind: str
    recipients: tuple[RecipientReport, ...]
    original_message_id: str = ""
    original_subject: str = ""
    server: str = ""
    quote: str = ""
    feedback: Mapping[str, str] = field(default_factory=dict)


def report(mail: Mail) -> Report | None:
    """The report a mail is, or None when it is something else.

    A multipart/report with "Final-Recipient: rfc822; lise@x.example", "Action: failed", "Status: 5.1.1"
    -> bounce, lise@x.example, user_unknown, hard
    """
    told = providers.notice(mail.text)
    if told is not None:
        return _notified(told)
    feedback = _part(mail, "message/feedback-report")
    if feedback is not None or bounces.is_complaint(mail):
        return _complaint(mail, feedback)
    status = [part for part in mail.parts if "delivery-status" in part.content_type and not part.is_returned]
    if not status and re.search(r"^final-recipient:", mail.text, re.IGNORECASE | re.MULTILINE):
        status = [part for part in mail.parts if part.content_type == "text/plain"]
    groups = [group for part in status for group in _groups(part.text)]
    if any(_recipient(group) for group in groups) or bounces.is_bounce(mail):
        return _bounce(mail, groups)
    return None


def _part(mail: Mail, content_type: str) -> Part | None:
    return next((part for part in mail.parts if part.content_type == content_type), None)


def _groups(text: str) -> list[dict[str, str]]:
    """The blocks of a delivery-status part, each a small set of fields, continuation lines joined."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    found = []
    for block in blocks:
        joined = re.sub(r"\n[ \t]+", " ", block)
        fields = [line.partition(":") for line in joined.split("\n") if ":" in line]
        found.append({name.strip().lower(): value.strip() for name, _, value in reversed(fields)})
    return found


def _typed(value: str) -> str:
    """The value without its type: "rfc822; lise@x.example" -> "lise@x.example"."""
    return value.partition(";")[2].strip() if ";" in value else value.strip()


def _recipient(group: Mapping[str, str]) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _address(_typed(group.get(name, "")))
        if found:
            return found
    return _typed(group.get("final-recipient", "")) and _typed(group["final-recipient"]).strip("<>").lower()


def _address(text: str) -> str:
    found = re.search(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\w", text)
    return found[0].lower() if found else ""


def _bounce(mail: Mail, groups: Iterable[Mapping[str, str]]) -> Report:
    notice, returned = bounces.notice_and_copy(mail)
    told = bounces.blocks(notice, ours=bounces.ours(mail, returned))
    rows = [_row(group, told, notice) for group in groups if _recipient(group)]
    if not rows:
        rows = [_from_words(address, words, notice) for address, words in told.items()]
    if not rows:
        rows = [_from_words(address, notice) for address in _failed_to(mail, returned)]
    if not rows:
        rows = [_from_words("", notice)]
    kept = {(row.email, row.action == "delivered"): row for row in reversed(rows)}
    final = tuple(reversed(kept.values()))
    is_delivered = all(row.action in ("delivered", "relayed", "expanded") for row in final)
    return Report(
        kind="delivered" if is_delivered else "bounce",
        recipients=final,
        original_message_id=bounces.header_in(returned, "message-id"),
        original_subject=bounces.header_in(returned, "subject"),
        server=next((_typed(group["reporting-mta"]) for group in groups if "reporting-mta" in group), ""),
        quote=bounces.sentence(final[0].words or notice, notice),
    )


def _row(group: Mapping[str, str], told: Mapping[str, str], notice: str) -> RecipientReport:
    email = _recipient(group)
    action = group.get("action", "failed").split("(")[0].split(";")[0].strip().lower() or "failed"
    words = _typed(group.get("diagnostic-code", "")) if "diagnostic-code" in group else ""
    status = _status(group.get("status", ""))
    if action in ("delivered", "relayed", "expanded") or status.startswith("2."):
        code = re.match(r"[25]\d\d", words)
        return RecipientReport(email, "delivered", "delivered", status, code[0] if code else "", False, words)
    said = told.get(email, "")
    found = failures.failure(
        words, status=status, is_delayed=action == "delayed", dialogue=said if len(told) > 1 else notice
    )
    if found.reason in ("unknown", "rejected", "expired", "system") or not words:
        more = failures.failure(
            f"{words} {said or notice}",
            status=status,
            is_delayed=action == "delayed",
            dialogue=said if len(told) > 1 else notice,
        )
        found = more if more.reason != "unknown" else found
    return RecipientReport(
        email, action, found.reason, found.status or status, found.reply_code, found.is_hard, words or said
    )


def _status(value: str) -> str:
    found = re.search(r"[245]\.\d{1,3}\.\d{1,3}", value)
    return found[0] if found else ""


def _from_words(email: str, words: str, notice: str = "") -> RecipientReport:
    is_delayed = bool(
        re.search(r"delayed|still being retried|will (?:be retried|retry|keep trying)|warning", words, re.I)
    )
    found = failures.failure(words, is_delayed=is_delayed, dialogue=notice)
    if found.reason == "unknown":
        found = failures.failure(notice or words, is_delayed=is_delayed)
    action = "delayed" if is_delayed else "failed"
    return RecipientReport(
        email, action, found.reason, found.status, found.reply_code, found.is_hard, " ".join(words.split())[:500]
    )


def _notified(told: providers.Notice) -> Report:
    rows = []
    for email, status, words in told.recipients:
        found = failures.failure(words, status=status)
        is_failed = told.kind == "bounce"
        reason = found.reason if is_failed else told.kind
        rows.append(
            RecipientReport(
                email, told.action, reason, found.status, found.reply_code, is_failed and found.is_hard, words
            )
        )
    return Report(told.kind, tuple(rows), told.original_message_id, told.original_subject, told.server, told.quote)


def _failed_to(mail: Mail, returned: str) -> list[str]:
    named = addresses_of(mail.header("x-failed-recipients"))
    return named or addresses_of(bounces.header_in(returned, "to"))[:1]


def _complaint(mail: Mail, feedback: Part | None) -> Report:
    fields = {name: value for group in _groups(feedback.text) for name, value in group.items()} if feedback else {}
    _, returned = bounces.notice_and_copy(mail)
    named = re.findall(r"original-rcpt-to:\s*(\S+)", feedback.text, re.IGNORECASE) if feedback else []
    to = [_address(one) for one in named] or addresses_of(bounces.header_in(returned, "to"))[:1]
    kind = fields.get("feedback-type", "abuse")
    rows = [RecipientReport(one, "complained", kind, "", "", False, "") for one in dict.fromkeys(to) if one]
    return Report(
        kind="complaint",
        recipients=tuple(rows),
        original_message_id=bounces.header_in(returned, "message-id"),
        original_subject=bounces.header_in(returned, "subject"),
        server=_typed(fields.get("reporting-mta", "")),
        quote=bounces.sentence(mail.text, mail.subject),
        feedback=fields,
    )
