"""Bounces that follow no standard: recognised by who writes and by their wording, addresses read from the text."""

import re
from collections.abc import Mapping

from encours.messaging.rules.inbound import failures
from encours.messaging.rules.inbound.mail import Mail, addresses_of

_SENDER = re.compile(
    r"mailer.?daemon|^postmaster@|^post_?master@|mail.?(?:delivery|system)|^mdaemon|^bounce|maildaemon|^mail-daemon|"
    r"mail\.delivery",
    re.IGNORECASE,
)
_SENDER_NAME = re.compile(
    r"mail(?:er)?[ -.]?(?:daemon|deliver\w*|system)|postmaster|delivery (?:sub)?system|system administrator|"
    r"administrateur système|microsoft outlook|mail administrator|interscan|ndr administrator|non[- ]remise",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|(?:delivery|mail|message|e-?mail|transmission)[^\n]{0,40}(?:fail|error|notif|problem|"
    r"delay|bounce|could not)|"
    r"failure notice|fail(?:ed|ure)[^\n]{0,20}(?:deliver|notice|mail)|returned (?:mail|message|"
    r"to sender)|returning message|"
    r"delivery status|could not be delivered|not delivered|bounce|unzustellbar|unable to deliver|warning: message|"
    r"delivery (?:has )?failed|non[- ](?:remis|délivr|distribu)|échec de (?:la )?(?:remise|"
    r"distribution|livraison|l['’]envoi)|"
    r"(?:n['’]a|pas) (?:pas )?(?:pu )?(?:être )?(?:remis|délivré|distribué)|retour de mail|"
    r"notification d['’]état|message rejeté|"
    r"zustell|nicht zugestellt|fehlgeschlagen|avis de non|rückläufer|mail nicht|mancata consegna|"
    r"no se (?:pudo|puede) entregar|"
    r"delayed mail|не доставлен|loop alert|mail system error",
    re.IGNORECASE,
)
_WORDING = re.compile(
    r"(?:could|can|was|were|did|has|have|is)(?: ?n[o']t|n['’]t)(?: be| been)? (?:deliver|reach|sent|complete)\w*|"
    r"unable to (?:deliver|send|complete|relay)|undeliver\w*|(?:delivery|recipients?|"
    r"addresses)[^\n]{0,40} (?:has |have |had )?"
    r"(?:failed|fatal|errors?)|permanent (?:fatal )?(?:error|failure)|fail(?:ed|ure) (?:permanently|"
    r"to deliver|reasons?)|"
    r"wasn['’]t able to deliver|returned to sender|transcript of session|fatal errors|following address|"
    r"not delivered to|(?:was|is|been) (?:rejected|bounced|refused|blocked)|address(?:ee)? rejected|"
    r"rejected (?:your message|by the)|"
    r"bounced? (?:notification|e-?mail|message)|unknown user|user unknown|mailbox (?:is )?full|delivery status|"
    r"n['’](?:a|ont|est)(?: pas)? (?:pas )?(?:pu |été )?(?:être )?(?:remis|délivré|distribué|livré|transmis|acheminé)|"
    r"impossible (?:de (?:remettre|délivrer|livrer|distribuer)|à remettre)|(?:remise|distribution|"
    r"livraison|envoi) [^\n]{0,40}(?:échou|impossible)|"
    r"non (?:remis|délivré|distribué)|"
    r"nicht (?:zugestellt|ausgeliefert|zustellbar|übermittelt)|konnte[^\n]{0,60}nicht|unzustellbar|"
    r"zustellung[^\n]{0,40}(?:fehl|nicht)|"
    r"error message below|invalid user address|duplicated message-id|remote host said|"
    r"still being retried|has been delayed|delivery to the following|returned mail|"
    r"не (?:может быть|было) доставлен|送信できません|no valid recipients|error-for",
    re.IGNORECASE,
)
# where the copy of our message begins
_COPY = re.compile(
    r"^[ \t>#*|]*(?:-{2,}[ \t]*)?(?:below this line is a copy|(?:this is|here is) a copy of (?:the|"
    r"your)|original (?:message|mail)(?: as)?(?: follows)?|"
    r"(?:the )?(?:header|text|body)s? of (?:the|your) (?:original )?message|copy of the (?:original )?message|"
    r"unsent message(?: follows)?|returned message|message (?:header|text|follows|attached)|included is a copy|"
    r"bounced e-?mail|message d['’]origine|en-têtes? du message|ursprüngliche nachricht|original headers?|"
    r"your (?:original )?message (?:follows|was|headers)|(?:--- )?the header of the original|"
    r"undelivered message(?: headers)?|"
    r"message contents?|enclosed is|start of (?:original|returned) message|"
    r"les en-têtes|begin (?:returned|original) message|original data|запрос|ниже)"
    r"[^\n]{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)
_RECEIVED = re.compile(r"^(?:Return-Path:|Received: )[^\n]*\n(?:[ \t]+[^\n]*\n)*(?:[A-Z][\w-]+:|[ \t])", re.MULTILINE)
_COPIES = frozenset({"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"})
_ADDRESS = re.compile(r"(?<![\w/])[\w.!#$%&'*+=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")


def is_bounce(mail: Mail) -> bool:
    """Whether it reads as a bounce: several of sender, subject, wording, codes, a copy; an ordinary answer has none.

    From "MAILER-DAEMON@mx.example", subject "failure notice" -> True
    """
    kind = mail.header("content-type").lower()
    if kind.startswith("multipart/report") and "disposition-notification" in kind:
        return False
    if mail.header("x-failed-recipients") or (kind.startswith("multipart/report") and "delivery-status" in kind):
        return True
    return points(mail) >= POINTS_MIN


POINTS_MIN = 4


def points(mail: Mail) -> int:
    """How much speaks for a bounce."""
    named = f"{mail.from_name} {mail.header('from')}"
    notice = notice_and_copy(mail)[0][:4_000]
    is_daemon = bool(_SENDER.search(mail.from_email) or _SENDER_NAME.search(named))
    is_nobody = mail.header("return-path").strip() == "<>" or mail.header("from").strip() in ("<>", "")
    is_answer = bool(mail.answers) and bool(re.match(r"\s*re\s*:", mail.subject, re.IGNORECASE)) and not is_daemon
    return (
        2 * is_daemon
        + is_nobody
        + 2 * bool(_SUBJECT.search(mail.subject))
        + 2 * bool(_WORDING.search(notice))
        + failures_in(notice)
        + any(part.content_type in _COPIES for part in mail.parts)
        + (failures.failure(notice).reason in failures.DEAD | {"mailbox_full"})
        - 3 * is_answer
    )


def failures_in(notice: str) -> bool:
    """Whether a text names codes as mail servers do, or an address in brackets."""
    return bool(re.search(r"(?<!\d)[45][0-5]\d[ -]|[45]\.\d\.\d|<[^<>\s]+@[^<>\s]+>", notice))


def is_complaint(mail: Mail) -> bool:
    """Whether a mailbox provider passes on a reader's complaint, without the standard form or with it."""
    if re.search(r"feedback-report", mail.header("content-type"), re.IGNORECASE):
        return True
    if re.search(
        r"(?:complaint about message from|abuse report|email feedback report|spam complaint)", mail.subject, re.I
    ):
        return bool(re.search(r"staff@|feedback|abuse|complaint|fbl", mail.from_email))
    return False


def notice_and_copy(mail: Mail) -> tuple[str, str]:
    """What the mail system says, and the headers of our message that it returns.

    "…User unknown\\n--- Below this line is a copy of the message.\\n\\nTo: x" -> ("…User unknown", "To: x")
    """
    attached = [part.text for part in mail.parts if part.content_type in _COPIES]
    texts = [p.text for p in mail.parts if p.content_type == "text/plain" and not p.is_returned]
    whole = re.sub(r"\r\n?", "\n", "\n".join(texts)) if texts else mail.text
    if not whole.strip():
        whole = mail.text
    cuts = [found.start() for found in (_COPY.search(whole), _RECEIVED.search(whole)) if found]
    cut = min(cuts) if cuts else len(whole)
    if cut < 20:
        after = [found.start() for found in (_RECEIVED.search(whole),) if found and found.start() > 20]
        cut = after[0] if after else len(whole)
    notice, copy = whole[:cut], whole[cut:]
    return notice, attached[0] if attached else copy


def header_in(returned: str, name: str) -> str:
    """A header of the returned message: ("Message-ID: <a@b>\\nTo: x", "message-id") -> "<a@b>"."""
    found = re.search(rf"^[ \t>]*{name}:[ \t]*([^\n]*(?:\n[ \t]+[^\n]+)*)", returned, re.IGNORECASE | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def ours(mail: Mail, returned: str) -> frozenset[str]:
    """Addresses that are not the failed one: who gets the bounce, who wrote the message, who reports."""
    names = ("from", "reply-to", "return-path", "sender", "errors-to")
    written = [address for name in names for address in addresses_of(header_in(returned, name))]
    to = [address for address in mail.recipients if address not in addresses_of(header_in(returned, "to"))]
    return frozenset([*written, *to, mail.from_email])


def blocks(notice: str, *, ours: frozenset[str]) -> Mapping[str, str]:
    """The failed addresses in the order named, each with the lines about it.

    "<a@x.example>:\\n550 User unknown\\n\\n<b@x.example>:\\nmailbox full" -> {a: "… unknown", b: "… full"}
    """
    found: dict[str, list[str]] = {}
    current = ""
    for line in _unwrapped(notice):
        named = [
            one.lower()
            for one in _ADDRESS.findall(line)
            if one.lower() not in ours and not re.search(r"mailer-daemon|postmaster@", one, re.IGNORECASE)
        ]
        is_sender = re.search(
            r"(?:mail from|from:|sender|^\s*from\b|message-id|by .{0,40} with|contact|questions)", line, re.I
        )
        if named and not is_sender:
            current = named[0]
            for one in dict.fromkeys(named):
                found.setdefault(one, []).append(line)
        elif current and len(found[current]) < BLOCK_LINES_MAX:
            found[current].append(line)
    return {address: "\n".join(lines) for address, lines in found.items()}


def _unwrapped(notice: str) -> list[str]:
    return [re.sub(r"^(?:> ?)(?!>>)", "", line).rstrip() for line in notice.split("\n") if line.strip("> \t")]


BLOCK_LINES_MAX = 14


def sentence(words: str, notice: str) -> str:
    """The line that says why, for a person to read."""
    lines = [line.strip() for line in (words or notice).split("\n") if line.strip()]
    said = [line for line in lines if failures.failure(line).reason not in ("unknown", "rejected")]
    chosen = (said or lines or [""])[0]
    return " ".join(chosen.split())[:300]
