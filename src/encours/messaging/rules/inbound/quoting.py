"""What somebody wrote now, apart from what they quote and from how they sign."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in three: what was newly written, the signature under it, and what is quoted from before."""

    text: str
    signature: str
    quoted: str


# "On Tue, 3 Nov 2026 at 10:12, Lise <l@x.example> wrote:" and its like; the line may be broken in up to four
_WROTE = (
    r"wrote|a écrit|a ecrit|écrit|écrivait|schrieb|ha scritto|scrisse|escribió|escreveu|schreef|skrev|kirjoitti|"
    r"napisał(?:\(a\))?|пишет|написал(?:а|\(а\))?|ha scrito|va escriure|geschreven|sent|"
    r"escribi=C3=B3|a =C3=A9crit|さんは書きました|のメール"
)
_OPENS = (
    r"On|In data|Le|Am|Il|El|Em|Op|Den|På|Ke|Ti|Ma|To|Pe|La|Su|W dniu|Dnia|Le\s|Il giorno|Mandag|"
    r"Tirsdag|Onsdag|Torsdag|"
    r"Fredag|Lørdag|Søndag|Lun|Mar|Mer|Jeu|Ven|Sam|Dim|Data|Dne|At|fre|tor|man|tis|ons|lör|sön"
)
_HEADER = re.compile(
    rf"^\s*[>*\-\s]*(?:{_OPENS})\b.{{0,400}}?\b(?:{_WROTE})\b[^\n]{{0,60}}?\s*(?:[:：]\s*\**|-{{2,}}|"
    rf"(?<=wrote)|(?<=écrit))\s*$",
    re.DOTALL,
)
_MONTHS = "[Jj]an|[FfMm][eéaä]|[Aa][pvug]|[Jj]u|[Ss]e|[Oo][ck]|[Nn]o|[Dd][eé]|[Ll]un|[Tt]h|[Ww]ed|[Ss][au]|[Vv]en"
# "3 nov. 2026 à 10:12, Lise <l@x.example> a écrit :", "2026-11-03 10:12 GMT+01:00 Lise <l@x.example>:"
_DATED = re.compile(
    rf"^\s*[>\s]*(?:\d{{1,4}}[./ :-]|(?:{_MONTHS})\w{{0,9}}[.,]?\s+\d{{1,2}}[., ]).{{0,300}}?"
    rf"(?:\b(?:{_WROTE})\b[^\n]{{0,40}}|<[^<>\s]+@[^<>\s]+>)\s*[:：]\s*$",
    re.DOTALL,
)
_NAMED = re.compile(
    rf"^[^\n:]{{0,120}}<(?:mailto:)?[^<>\s]+@[^<>\s]+>[^\n:]{{0,60}}\b(?:{_WROTE})\b[^\n]{{0,20}}[:：]\s*$", re.DOTALL
)
_RULED = re.compile(
    r"^\s*[>*]*\s*[-_–—=*]{2,}\s*(?:original message|original appointment|message d['’]origine|message original|"
    r"courriel d['’]origine|e-?mail d['’]origine|original-?nachricht|ursprüngliche nachricht|"
    r"urspr(?:ü|ue)ngliche e-?mail|"
    r"messaggio originale|mensaje original|mensagem original|oorspronkelijk bericht|oprindelig (?:meddelelse|besked)|"
    r"opprinnelig melding|alkuperäinen viesti|ursprungligt meddelande|"
    r"forwarded message|message transféré|message transmis|transféré|"
    r"weitergeleitete nachricht|début du message (?:transféré|réexpédié)|begin forwarded message|reply message|"
    r"original|исходное сообщение|пересылаемое сообщение)\s*[-_–—=*:]*\s*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^\s*(?:begin forwarded message|début du message (?:transféré|réexpédié)|anfang der weitergeleiteten "
    r"(?:e-?mail|nachricht)|inizio messaggio inoltrato|message d['’]origine|"
    r"original message)\s*:?\s*$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\s*[>|]?\s*\*{0,2}(?P<name>from|de|von|da|van|från|fra|lähettäjä|от|od|"
    r"sent|envoyé(?: le| par)?|gesendet|inviato|enviado(?: el)?|verzonden|skickat|sendt|lähetetty|"
    r"отправлено|date|datum|data|fecha|дата|dato|"
    r"to|à|a|an|para|aan|till|til|vastaanottaja|кому|pour|cc|copie(?: à)?|kopie|"
    r"subject|objet|betreff|oggetto|asunto|assunto|onderwerp|ämne|emne|aihe|тема|sujet|reply-to|répondre à)"
    r"\s*\*{0,2}\s*[:：]\s*\*{0,2}\s*\S",
    re.IGNORECASE,
)
_FROM = {"from", "de", "von", "da", "van", "från", "fra", "lähettäjä", "от", "od"}

_SENT_FROM = re.compile(
    r"^\s*(?:_{2,}\s*)?(?:sent from|sent via|sent with|envoyé (?:de|depuis|à partir|avec|via)|get outlook for|"
    r"télécharger outlook|"
    r"obtenir outlook|provenance\s*:\s*courrier|von meinem|gesendet (?:von|mit)|inviato da|enviado (?:desde|do)|"
    r"verzonden vanaf|skickat från|sendt fra|lähetetty|from my |отправлено из|"
    r"outlook (?:pour|for) (?:android|ios))\b.{0,120}$",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\s*(?:(?:bien |très |tres )?cordialement|(?:bien )?cdlt|cdt|crdlt|bien à (?:vous|toi)|sincères salutations|"
    r"(?:meilleures |sincères |cordiales |respectueuses )?salutations(?: distinguées)?|"
    r"bonne (?:journée|réception|soirée)[^.\n]{0,40}|"
    r"bon week-?end[^.\n]{0,30}|"
    r"respectueusement|en vous souhaitant [^\n]{0,60}|"
    r"(?:je vous prie|nous vous prions|veuillez|recevez|je vous prie)[^\n]{0,90}(?:salutations|"
    r"considération|sentiments)[^\n]{0,40}|"
    r"(?:with )?(?:best|kind|kindest|warm|warmest|many)? ?regards|best wishes|(?:all the )?best|cheers|"
    r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|yours|many thanks|thanks(?: a lot| again|"
    r" and regards)?|thank you(?: (?:very|so) much)?|"
    r"thanks,? (?:and|&) (?:best |kind )?regards|thx|br|rgds|kr|"
    r"merci(?: (?:beaucoup|d['’]avance|par avance|et [^\n]{0,40}))?|"
    r"mit (?:freundlichen|besten|lieben) gr(?:ü|ue)(?:ß|ss)en|(?:viele|beste|liebe|freundliche|"
    r"schöne) gr(?:ü|ue)(?:ß|ss)e|mfg|lg|vg|"
    r"cordiali saluti|distinti saluti|saludos(?: cordiales)?|atenciosamente|met vriendelijke groet(?:en)?|"
    r"med vänlig hälsning|med venlig hilsen|vennlig hilsen|ystävällisin terveisin)\s*[,.!…;:\-–]*\s*$",
    re.IGNORECASE,
)
_DASHES = re.compile(r"^\s*(?:--\s?|__+|—{1,3}|-{2,}|={3,}|\*{3,}|-\s?--)\s*$")
_NOTICE = re.compile(
    r"^\s*(?:ce (?:message|courriel|mail|courrier électronique)[^\n]{0,80}(?:confidentiel|pièces? jointes?|destin)|"
    r"this (?:e-?mail|message|communication)[^\n]{0,100}(?:confidential|intended|privileged|attachment)|"
    r"diese (?:e-?mail|nachricht)[^\n]{0,80}(?:vertraulich)|"
    r"(?:avis de )?confidentialit[éy](?: notice)?\b|disclaimer\b|"
    r"(?:pensez à|avant d['’])[^\n]{0,60}imprime|please consider the environment|l['’]intégrité de ce message|"
    r"sans virus\.|virus-free)",
    re.IGNORECASE,
)
_NAME_DASH = re.compile(r"^\s*[-–—]\s?[A-ZÀ-Ý][\w.'’-]+(?:\s+[A-ZÀ-Ý][\w.'’-]*){0,3}\s*$")
SIGNATURE_LINES_MAX = 14


def fold(text: str) -> Folded:
    """The text with what is quoted and the signature taken apart.

    "Payé hier.\\n\\nCordialement,\\nLise\\n\\nLe 3 nov. 2026 à 10:12, Walnut <w@x.example> a écrit :\\n> Relance"
    -> text "Payé hier.", signature "Cordialement,\\nLise", quoted "Le 3 nov. … > Relance"
    """
    lines = text.replace("\r\n", "\n").replace("\u200b", "").split("\n")
    own, quoted = _apart(lines)
    if not any(line.strip() for line in own) and (inner := _forwarded(quoted)):
        own, quoted = _apart(inner)
    written, signature = _unsigned(own)
    return Folded("\n".join(written).strip(), "\n".join(signature).strip(), "\n".join(quoted).strip())


def _apart(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    own: list[str] = []
    quoted: list[str] = []
    index = 0
    while index < len(lines):
        if _is_ruled(lines, index) or _is_field_block(lines, index):
            return own, [*quoted, *lines[index:]]
        length = _attribution(lines, index)
        if length:
            rest = lines[index + length :]
            if not any(line.lstrip().startswith(">") for line in rest):
                return own, [*quoted, *lines[index:]]
            quoted.extend(lines[index : index + length])
            index += length
            continue
        line = lines[index].lstrip()
        is_quoted = line.startswith((">", "&gt;")) or _runs_on(lines, index)
        (quoted if is_quoted else own).append(lines[index])
        index += 1
    return own, quoted


def _forwarded(quoted: Sequence[str]) -> list[str]:
    """Of a mail passed on without a word, what it passes on: the lines under its From, Date, Subject."""
    start = next((index for index in range(min(5, len(quoted))) if _is_field_block(quoted, index)), None)
    if start is None:
        return []
    end = start
    while end < len(quoted) and (_FIELD.match(quoted[end]) or not quoted[end].strip()):
        end += 1
    return list(quoted[end:])


def _runs_on(lines: Sequence[str], index: int) -> bool:
    """A quoted line that a mailer broke in two goes on in small letters, without its mark."""
    return index > 0 and lines[index][:1].islower() and lines[index - 1].lstrip().startswith(">")


def _is_ruled(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if _RULED.match(line):
        return True
    return bool(_BARE.match(line)) and any(_FIELD.match(one) for one in lines[index + 1 : index + 6])


def _is_field_block(lines: Sequence[str], index: int) -> bool:
    """Outlook's From, Sent, To, Subject, in any of its languages: at least three of them close together."""
    first = _FIELD.match(lines[index])
    if first is None or first["name"].lower() not in _FROM:
        return False
    near = [_FIELD.match(line) for line in lines[index : index + 10] if line.strip()][:6]
    names = {found["name"].lower() for found in near if found}
    return len(names) >= 3


def _attribution(lines: Sequence[str], index: int) -> int:
    """How many lines, from one to four, are the sentence that introduces a quotation; else 0."""
    if not lines[index].strip():
        return 0
    for length in range(1, 5):
        piece = lines[index : index + length]
        if len(piece) < length or (length > 1 and not (piece[-1].strip() and re.search(r"\d|@", piece[0]))):
            return 0
        whole = " ".join(line.strip().lstrip(">").strip() for line in piece)
        if len(whole) > 420:
            return 0
        if _HEADER.match(whole) or _DATED.match(whole) or _NAMED.match(whole):
            return length if _is_dated(whole) else 0
    return 0


def _is_dated(whole: str) -> bool:
    """A sentence that introduces a quotation says when or from whom: "He wrote:" alone does not."""
    return bool(re.search(r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[/.-]\d{1,2}|@", whole))


def _unsigned(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    filled = [index for index, line in enumerate(kept) if line.strip()]
    for index in filled:
        after = [line for line in kept[index + 1 :] if line.strip()]
        if _SENT_FROM.match(kept[index]) and len(after) <= SIGNATURE_LINES_MAX and index > 0:
            return kept[:index], kept[index:]
        if _NOTICE.match(kept[index]) and index > 0:
            return kept[:index], kept[index:]
        is_mark = bool(_DASHES.match(kept[index]) or _CLOSES.match(kept[index]))
        if is_mark and index > 0 and len(after) <= SIGNATURE_LINES_MAX and all(_is_short(line) for line in after):
            return kept[:index], kept[index:]
    if len(filled) > 1 and _NAME_DASH.match(kept[filled[-1]]):
        return kept[: filled[-1]], kept[filled[-1] :]
    return kept, []


def _is_short(line: str) -> bool:
    """A line of a signature is a name, a post, a number, an address: not a sentence that runs on."""
    return len(line.strip()) <= 100 or "http" in line or "@" in line or bool(_NOTICE.match(line))
