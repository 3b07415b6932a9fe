"""Why a mail server could not deliver, from its own words and codes, and whether the address is dead for good."""

import re
from dataclasses import dataclass

# reason -> words that give it, tried in this order: what is about the message or the sender comes after what names the
# mailbox, since a refusal for policy often quotes both
_WORDS: tuple[tuple[str, str], ...] = (
    ("host_unknown", r"account or domain may not exist"),
    ("network", r"(?:host|name|domain)~60~not found, try again|temporary (?:dns|lookup|failure in name)"),
    (
        "mailbox_full",
        r"mail ?(?:box|folder|drop) (?:is |was )?(?:currently )?(?:over ?)?(?:full|quota|exceed)|mailfolder is full|"
        r"over ?(?:the )?(?:disk )?quota|quota (?:is |has been |was )?(?:exceeded|full|limit|reached)|"
        r"exceed(?:ed|s|ing)? (?:(?:its|their|the|his|her|storage|mail(?:box)?|disk|user|message|a|store) )*"
        r"(?:quota|storage|allocation|capacity|size limit)|"
        r"quotas? d[ée]pass|bo[iî]te~60~pleine|(?:capacit|espace)~40~(?:d[ée]pass|insuffisant)|"
        r"postfach~40~(?:voll|überfüllt)|speicher~30~(?:voll|überschritten|erschöpft)|"
        r"insufficient (?:disk|storage|quota)|out of (?:storage|space)|not enough (?:disk|storage|space)|"
        r"(?:inbox|account|maildir|recipient|user|mail ?store)~30~ (?:is |are )?full|too much mail data|"
        r"mailbox size|mailbox exceeds|too many mails? in|quota violation|overquota|over their quota|"
        r"mbox_full|exceeded storage|"
        r"disk full|storage limit|mailbox_full|переполнен",
    ),
    (
        "too_large",
        r"message (?:size )?(?:is )?(?:too (?:large|big)|exceeds|file too big)|size (?:limit )?exceed|"
        r"exceed~30~(?:maximum|message|fixed|max)~20~ size|"
        r"too large|mail size|larger than|trop volumineu|zu gro(?:ß|ss)|552 5\.3\.4|message length",
    ),
    (
        "not_accepting",
        r"does not accept (?:any )?(?:mail|email|message)|does not receive mail|null mx|no mail accepted|"
        r"indicated no smtp service|no mx (?:record )?found|(?:host|server)~20~ does not accept (?:mail|messages)|"
        r"not a mail exchanger|name service error for name=\S+ type=mx: malformed|does not support mail|"
        r"mail receiving disabled|all relevant mx records point to non-existent|nullmx|invalid mx",
    ),
    (
        "policy",
        r"prohibited by (?:administrator|policy)|policy (?:violation|reject|restriction|reason)|violat(?:es|ed|ion)|"
        r"not rfc ?5322|non[- ]?compliant|rfc ?compli|content~20~(?:reject|denied|filter)|"
        r"(?:message|mail|content|attachment)~40~ (?:virus|malware|infected)|virus|"
        r"suspicious|phishing|illegal attachment|executable",
    ),
    (
        "spam",
        r"(?:as|like|considered|is|contains|classified|detected|identified|judged|probable|potential|unsolicited)"
        r"~30~ ?(?:spam|junk|uce|bulk)|spam (?:message|content|score|detected|filter|refused|reject)|"
        r"denied as spam|ind[ée]sirable|spamassassin|unsolicited|mail rejet[ée]|high[- ]probability",
    ),
    (
        "authentication",
        r"\bdmarc\b|\bspf\b|\bdkim\b|sender policy framework|authentication (?:check|fail|required|info)|"
        r"unauthenticated|not authenticated|not pass(?:ing)? authentication",
    ),
    (
        "blocked",
        r"black ?list|block ?list|blocked|\brbl\b|spamhaus|spamcop|sorbs|\bpbl\b|bad reputation|reputation|"
        r"reverse (?:dns|address|lookup)|\bptr\b|rdns|no reverse|ip name lookup|helo|ehlo|too many "
        r"(?:connection|message|recipient|error|session)|rate ?limit|throttl|"
        r"access denied\.? (?:ip|from|banned)|banned|client host~60~(?:reject|cannot find)|"
        r"connection (?:refused|dropped|rejected) (?:by|due)|your (?:ip|server|host|network)|"
        r"for sending mail|my name was rejected|"
        r"ip (?:address )?[\d.]{7,15}~40~ (?:is |was )?(?:list|block|reject|denied)|no access from mail server|"
        r"unusual rate|(?:sender|from)~40~(?:reject|denied|not allowed|unverified|invalid|does not exist|"
        r"not exist|unknown|verify|verification)|"
        r"(?:domain|address)(?: of)? (?:the )?sender|sender (?:address|domain)|"
        r"relay(?:ing)? (?:access )?(?:denied|not|prohib)|"
        r"not (?:permitted|allowed|authorized) to (?:relay|send|post)|unable to relay|relaying|greylist|"
        r"not authorized|(?:may|might) not have permission|permission to post|dns ?bl",
    ),
    (
        "moved",
        r"(?:user|recipient|mailbox|address|account)~30~ (?:has )?(?:moved|changed)|new address|"
        r"no longer (?:works|employed|with)|forwarding address|has moved|a déménagé|a changé d['’]adresse",
    ),
    (
        "disabled",
        r"(?:mail ?box|account|user|recipient|address|email)~40~ (?:is |has been |was |been |temporarily )*"
        r"(?:disabled|suspended|inactive|deactivated|blocked|locked|frozen|expired|closed|terminated|not active|"
        r"under attack|restricted|over rate)|(?:temporar\w+|currently) (?:locked|disabled|blocked|suspended)|"
        r"(?:disabled|inactive|suspended) (?:user|mailbox|account|recipient)|compte~30~(?:désactiv|suspendu|bloqu)|"
        r"bo[iî]te~40~(?:désactiv|suspendu|bloqu)|deaktiviert|gesperrt",
    ),
    (
        "user_unknown",
        r"(?:user|recipient|mail ?box|mailbox name|account|address(?:ee)?|e-?mail|alias|"
        r"local[- ]?part|destinataire|adresse|utilisateur|name)"
        r"~70~ (?:is |was |does |do |has |could |can |cannot |are |be )*(?:unknown|not (?:exist|found|"
        r"listed|known|valid|recogni[sz]ed|available|here|"
        r"our customer|be found|have an?|a valid|local)|does ?n[o']t exist|doesn['’]t (?:exist|have)|"
        r"invalid|non[- ]?exist|no such|undeliverable|"
        r"rejected: (?:undeliverable|access|unknown|user|no such)|inconnu|introuvable|n['’]existe pas|"
        r"inexistant|unbekannt|existiert nicht)|"
        r"(?:unknown|invalid|no such|unrouteable|unroutable|non-?existent|undeliverable|illegal|bad|"
        r"nonexisting|inexistent) (?:or [a-z]+ )?"
        r"(?:e-?mail |local |destination |target |virtual |recipient |mail )?(?:user|recipient|"
        r"mailbox|address(?:ee)?|account|alias|person|name|destination|customer|subscriber|member)|"
        r"(?:destinataire|adresse|utilisateur|bo[iî]te|compte|messagerie)~50~(?:inconnu|introuvable|"
        r"n['’]existe|invalide|inexistant)|"
        r"(?:empfänger|benutzer|adresse|postfach|konto)~50~(?:unbekannt|existiert nicht|"
        r"nicht gefunden|ungültig|nicht bekannt)|"
        r"(?:user|recipient|mailbox) unknown|unknown user|user_unknown|no mailbox here|"
        r"no such (?:user|person|recipient|mailbox|account|address|local|domain user)|"
        r"not (?:a )?(?:known|valid|listed|a member|in (?:the )?(?:directory|address book|"
        r"our database))|does not exist|didn['’]t exist|"
        r"no (?:valid|matching)? ?recipients? (?:for|found|by|here|at)|this user doesn['’]t have|nobody by that name|"
        r"address (?:error|not found)|recipient (?:address )?(?:not found|not ok)|address rejected\.?$|"
        r"cannot find (?:your )?(?:recipient|user)|mailbox (?:not found|unavailable|unknown|invalid)|"
        r"resolver\.adr\.\w*not ?found|recipnotfound|recipientnotfound|addressnotfound|user not found|"
        r"(?:can['’]t|cannot|could not|couldn['’]t) (?:be )?(?:verif|locat|find|found)|"
        r"couldn['’]t be found|wasn['’]t found|not our (?:user|customer)|is not a (?:user|valid|registered)|"
        r"5\.1\.1\b|5\.1\.10\b|не существует|не найден|unrecognized|not recogni[sz]ed|listed in domino directory|"
        r"unmatched to|i couldn't find|ユーザ",
    ),
    (
        "host_unknown",
        r"(?:host|domain)(?: name)?~60~ (?:is |was )?(?:unknown|not (?:exist|found|resolv|be found)|"
        r"does ?n[o']t exist|invalid|lookup fail|no mx|no mail)|"
        r"(?:unknown|invalid|no such|non-?existent|illegal) (?:mail )?(?:host|domain)|host ?name lookup|"
        r"unrouteable (?:mail )?domain|domain is not reachable|"
        r"(?:domain|dns)~40~(?:not found|nxdomain|couldn['’]t be found|no (?:valid )?(?:mx|a) record)|nxdomain|"
        r"couldn['’]t find any host|all host address lookups failed|name or service not known|name service error|"
        r"bad destination (?:host|mailbox|system)|recipient['’]?s? (?:e-?mail )?(?:server|"
        r"domain) (?:name )?(?:was )?not found|"
        r"domaine~40~(?:inconnu|introuvable|n['’]existe)|domain~40~(?:unbekannt|existiert nicht)|"
        r"no route to domain|unknown mail host|what is this host|cannot find your hostname",
    ),
    (
        "expired",
        r"time[d ]?-? ?out|timeout|too (?:long|old)|not delivered within|delivery time expired|message expired|expired|"
        r"(?:could not|cannot|can['’]t|unable to)~30~(?:within|after|for) \d+ (?:hour|day|minute)|giving up|"
        r"retry (?:time|timeout|period)|still being retried|has been delayed|delayed|will (?:continue|retry|try again)|"
        r"délai|retard[ée]|verzögert|in the queue too long|undelivered for|no response|deferred|"
        r"connection lost|lost connection",
    ),
    (
        "network",
        r"connect(?:ion)?~40~(?:refused|reset|failed|closed|lost|abort)|network|no route|unreachable|"
        r"couldn['’]t connect|unable to connect|could not connect|can['’]?t connect|"
        r"(?:routing|mail) loop|too many hops|hop count|tls|starttls|certificate|dns (?:error|fail|temporar|lookup)|"
        r"host or domain name not found|loops? back",
    ),
    (
        "system",
        r"system (?:error|full|failure|not accept|config)|server (?:error|unavailable|down|misconfig)|"
        r"local (?:error|configuration)|"
        r"internal (?:error|server)|service (?:not|un)available|try again later|resources|"
        r"mail (?:system|server) (?:error|problem)|"
        r"command (?:died|failed)|exit status|can(?:not|['’]t) (?:open|create|append|write)|i/o error|lock",
    ),
    (
        "rejected",
        r"reject|refus|denied|not accepted|declined|bounced|prohibited|forbidden|disallow|abgelehnt|verweigert|filter",
    ),
)
# ~40~ is up to that many letters of the same sentence; a full stop inside an address does not end one
_GAP = re.compile(r"~(\d+)~")
_REASONS = tuple(
    (reason, re.compile(_GAP.sub(r"(?:[^.\\n]|\\.(?=\\S)){0,\1}?", words), re.IGNORECASE)) for reason, words in _WORDS
)

# enhanced status code (RFC 3463, and what Exchange adds) -> reason
_STATUS = {
    "1.1": "user_unknown", "1.2": "host_unknown", "1.3": "user_unknown", "1.4": "user_unknown", "1.6": "moved",
    "1.7": "blocked", "1.8": "blocked", "1.10": "user_unknown", "2.1": "disabled", "2.2": "mailbox_full",
    "2.3": "too_large", "2.4": "rejected", "3.1": "mailbox_full", "3.2": "not_accepting", "3.4": "too_large",
    "3.5": "network", "4.1": "network", "4.2": "network", "4.3": "system", "4.4": "network", "4.5": "system",
    "4.6": "network", "4.7": "expired", "4.310": "host_unknown", "7.1": "rejected", "7.26": "authentication",
    "7.606": "blocked", "7.9": "policy", "7.25": "blocked", "7.27": "not_accepting",
}  # fmt: skip
DEAD = frozenset({"user_unknown", "host_unknown", "moved", "not_accepting"})

_STATUS_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.#-])(?<!\d:)([245][0-5]\d)(?=[ \-#](?!\d{3}\b)|: |,|$)")


# said of the sender, or once the address had already been taken: neither proves the address dead
_STAGE = re.compile(
    r"(?P<sender>(?:after|to) mail from\b|>>> mail)|"
    r"(?:in reply to|after) (?:the )?(?:end of )?data|(?:end of|>>>) data\b|(?:command data|data command)\b",
    re.IGNORECASE,
)
# a refusal in answer to the text itself; a 503 after it says that commands were sent ahead and it was the address's
_DIALOGUE = re.compile(
    r">>> data\s*\n\s*<<<\s*(?!354|[\s\S]{0,500}(?:503 |no valid recipients|need rcpt))[45]\d\d|"
    r"smtp command data|end of data|text command",
    re.IGNORECASE,
)
# what a gateway puts before the words of the server it talked to
_GATEWAY = re.compile(r"(?<!\S)\d\.\d\.\d - [A-Za-z ]+(?=[45]\d\d-)")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one delivery failed: reason, codes as written (empty when none), and whether the address is dead."""

    reason: str
    status: str
    reply_code: str
    is_hard: bool


def failure(words: str, *, status: str = "", is_delayed: bool = False, dialogue: str = "") -> Failure:
    """The failure a server's words and codes describe.

    "550 5.1.1 <x@y.example>... User unknown" -> user_unknown, 5.1.1, 550, hard
    "452 4.2.2 Mailbox full" -> mailbox_full, 4.2.2, 452, soft: the address exists
    "550 5.7.1 Blocked by Spamhaus" -> blocked, soft: it says nothing about the address
    `dialogue` is what else the notice quotes of the two servers' talk: it tells at which command it failed.
    """
    flat = _GATEWAY.sub("", " ".join(words.split())[:6_000])
    written = next((found[0] for found in _STATUS_CODE.finditer(flat) if not _is_vague(found[0])), "")
    told = written or (status if _STATUS_CODE.fullmatch(status) and not _is_vague(status) else "")
    code = _REPLY_CODE.search(flat)
    reply_code = code[1] if code else ""
    reason = _reason(flat, told)
    if reason in ("user_unknown", "host_unknown") and (stage := _STAGE.search(flat) or _DIALOGUE.search(dialogue)):
        reason = "blocked" if stage.groupdict().get("sender") else "rejected"
    is_temporary = is_delayed or (told or reply_code).startswith("4")
    return Failure(reason, told, reply_code, reason in DEAD and not is_temporary)


def _is_vague(status: str) -> bool:
    return status.endswith(".0.0")


def _reason(flat: str, status: str) -> str:
    said = next((reason for reason, pattern in _REASONS if pattern.search(flat)), "")
    coded = _STATUS.get(status.partition(".")[2], "") if status else ""
    is_vague = said in ("rejected", "system") or (said in ("expired", "network") and coded in DEAD)
    if not said or (is_vague and coded):
        return coded or said or "unknown"
    return said
