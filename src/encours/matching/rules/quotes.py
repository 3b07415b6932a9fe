"""The documents a line quotes, however mangled: whole numbers, parts of them, look-alikes, slips, cut ends, lists."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from encours.matching.rules import folding
from encours.matching.rules.book import CROWDED, Book, Shelf, points_of
from encours.matching.rules.facts import Line
from encours.matching.rules.numbering import Parts

DIGIT = 230  # ln 10: what one digit that agrees says, in points
PREFIX = 150
YEAR = 120
PADDING = 100
SLIP = -320  # about one number in twenty-five is written with a slip
ORDER_NUMBER = -150  # an order may have several invoices
REFERENCE = 1500
MOST_FUZZY = 4_000  # items of a payer that are compared one by one

CLUSTER = re.compile(r"[A-Z0-9]+(?:[-/._#][A-Z0-9]+)*")
DIGITS = re.compile(r"\d+")
# dates, amounts, percentages and accounts are no document numbers
MASK = re.compile(
    r"\b[0-3]?\d[./-][01]?\d[./-](?:20)?\d\d\b(?![-/]?\d)|\b20\d\d-[01]\d-[0-3]\d\b(?!-?\d)"
    r"|\b\d{1,3}(?:[. ]\d{3})*[.,]\d\d\b(?![./-]?\d)|\b\d+[.,]\d\d\b(?![./-]?\d)|\b\d{1,2}(?:[.,]\d+)? ?(?:%|PCT|PROZ)"
    r"|\b(?!RF)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
    r"|\b(?:DU|LE|AU|VOM|DEL|DAL) (?:[0-3]?\d[./-][01]?\d|[0-3]\d[01]\d{3})\b(?![./-]?\d)"
)
# numbers of the bank's own, of cheques, card terminals and public payers' orders: no document of ours
NOT_OURS = re.compile(
    r"\b(?:REM(?:ISES?)?\.? ?(?:DE )?(?:CB|CARTES?|CHQS?|CHEQUES?|LCR)|TPE|CHQS?|CHEQUES?|CHQE|BORDEREAU|CONTRAT|MANDAT"
    r"|SIRET|SIREN|RUM|ICS|TEL|SCHECK|ASSEGNO)[ .:]*(?:N[RO]?[ .:]*|NUM(?:ERO)?[ .:]*)?\d+\b"
    r"|\bMANDATS[ .:]*(?:N[RO]?[ .:]*)?\d+(?:(?: ?[,;/+-] ?| ET | A | )\d+)*\b"
)
REFERENCE_IN_TEXT = re.compile(r"\bRF\d\d(?: ?[A-Z0-9]){1,26}")
RANGE = re.compile(
    r"(\d+)\s*(?:-|A|AU|TO|BIS|AL|T/M|BIS ZU|\.\.\.?)\s*(?:N[O.]?\s*)?(?:[A-Z]{1,6}[- ]?)?(?:\d{2,4}[-/])?(\d+)"
)
# a word of digits and their look-alikes only, of each at least one
MIXED = re.compile(r"(?<![A-Z0-9])(?=[OQILSBZ]*\d)(?=\d*[OQILSBZ])[OQILSBZ\d]{3,}(?![A-Z0-9])")
GOES_ON = re.compile(r"\s*(?:[/,+&;]|\b(?:ET|E|Y|EN|AND|UND)\b)\s*[A-Z0-9/,.-]{0,14}\s*")
MOST_OF_A_RANGE = 200
NAMED = re.compile(
    r"\b(?:FACTURES?|FACT|FACTUUR|FATTURA|FACTURA|FATT|FTRA|FRA|FAC|FA|FT|RECHNUNG|RECHN|RG|RE|INVOICE|INV)"
    r"[ .:/#-]*(?:N[RO]?[ .:]*|NUM(?:ERO)?[ .:]*)?(?P<number>\d{3,12})(?![\d.,/-]*\d)"
)


class Quote(NamedTuple):
    """One document recognised in a line: how (`form`), how much that says, and where it stands."""

    position: int
    form: str
    points: int
    field: str = "text"
    start: int = 0
    end: int = 0


class Token(NamedTuple):
    """A run of digits of the text, or several that a blank had parted."""

    start: int
    end: int
    digits: str
    is_joined: bool = False


def coded(line: Line, shelf: Shelf) -> list[Quote]:
    """Documents named by a reference a machine wrote: ISO 11649, payment link, end-to-end id, our own number."""
    found = []
    for field in ("structured_reference", "end_to_end_id"):
        written = getattr(line, field)
        if not written:
            continue
        key = folding.unseparated(written)
        for position in shelf.by_reference.get(key) or shelf.by_external_id.get(key):
            found.append(Quote(position, "reference", REFERENCE, field, 0, len(written)))
        if not found:
            for position in shelf.by_compact.get(folding.compact(written)):
                found.append(Quote(position, "full", full_points(shelf, position), field, 0, len(written)))
    return found


def written(text: str, shelf: Shelf) -> list[Quote]:
    """Documents whose whole number, or reference, stands in the text, whatever its separators and look-alikes."""
    found = []
    others = [match.span() for match in NOT_OURS.finditer(text)]
    for cluster in CLUSTER.finditer(text):
        word = cluster[0]
        if word.isalpha() or any(start <= cluster.start() < end and word.isdigit() for start, end in others):
            continue
        for position in shelf.by_compact.get(folding.compact(word)):
            found.append(Quote(position, "full", full_points(shelf, position), "text", cluster.start(), cluster.end()))
    if "RF" in text:
        found += _references(text, shelf)
    return found


def _references(text: str, shelf: Shelf) -> list[Quote]:
    """References in free text, also in blocks of four with words behind them."""
    found = []
    for match in REFERENCE_IN_TEXT.finditer(text):
        blocks = match[0].split(" ")
        for count in range(len(blocks), 0, -1):
            key = folding.unseparated("".join(blocks[:count]))
            positions = shelf.by_reference.get(key)
            if positions:
                end = match.start() + len(" ".join(blocks[:count]))
                found += [Quote(one, "reference", REFERENCE, "text", match.start(), end) for one in positions]
                break
    return found


def partly_written(text: str, shelf: Shelf, customers: Collection[int], known: Iterable[Quote]) -> list[Quote]:
    """Documents of whose number a part stands in the text: prefix, year or zeros are lost, a blank is in it.

    Parts that so many items share are taken only of the `customers` that may be the payer.
    """
    covered = [(one.start, one.end) for one in known if one.field == "text"]
    covered += [match.span() for match in MASK.finditer(text) if not shelf.by_compact.get(folding.compact(match[0]))]
    covered += [match.span() for match in NOT_OURS.finditer(text)]
    tokens = tokens_of(text, covered)
    best: dict[tuple[int, int], Quote] = {}
    for index, token in enumerate(tokens):
        for position, form, points, start in _readings(text, tokens, index, shelf, customers):
            quote = Quote(position, form, points, "text", start, token.end)
            key = (position, token.end)
            if key not in best or best[key].points < points:
                best[key] = quote
    return _without_joined_rivals(list(best.values()))


def tokens_of(text: str, covered: list[tuple[int, int]]) -> list[Token]:
    """The runs of digits that stand outside what is already understood, and neighbours joined."""
    single = [
        Token(match.start(), match.end(), match[0])
        for match in DIGITS.finditer(text)
        if not any(start <= match.start() < end for start, end in covered)
    ]
    tokens = []
    for index, token in enumerate(single):
        tokens.append(token)
        if index + 1 < len(single):
            following = single[index + 1]
            gap = text[token.end : following.start]
            if len(gap) <= 2 and not gap.isalnum() and len(token.digits) + len(following.digits) <= 18:
                tokens.append(Token(token.start, following.end, token.digits + following.digits, True))
    return tokens


def _readings(
    text: str, tokens: list[Token], index: int, shelf: Shelf, customers: Collection[int]
) -> Iterable[tuple[int, str, int, int]]:
    token = tokens[index]
    key = token.digits.encode()
    whole = shelf.by_digits.get(key) if len(key) >= 3 else ()
    if not whole and len(key) >= 5:
        whole = shelf.by_digits.get(b"20" + key)
    for position in _of_interest(whole, shelf, customers):
        form = "split" if token.is_joined else "digits"
        points = digits_points(shelf.parts(position)) - (80 if token.is_joined else 0)
        prefix = shelf.parts(position).prefix
        points += PREFIX if prefix and text[: token.start].rstrip(" -/._#").endswith(prefix) else 0
        yield position, form, points, token.start
    if len(token.digits) > 12:
        return
    for position in _of_interest(shelf.by_sequence.get(int(token.digits)), shelf, customers):
        reading = in_context(text, tokens, index, shelf, position)
        if reading is not None:
            yield position, *reading


def _of_interest(positions: Collection[int], shelf: Shelf, customers: Collection[int]) -> Collection[int]:
    if len(positions) <= CROWDED:
        return positions
    return [position for position in positions if shelf.items[position].customer_id in customers]


def in_context(text: str, tokens: list[Token], index: int, shelf: Shelf, position: int) -> tuple[str, int, int] | None:
    """How a running number reads in its place: with its year and prefix, or bare; None where another year is."""
    token, parts = tokens[index], shelf.parts(position)
    is_padded = token.digits == parts.sequence
    points = DIGIT * len(token.digits.lstrip("0")) + (PADDING if is_padded and token.digits[0] == "0" else 0)
    points -= 80 if token.is_joined else 0
    start, end, years = token.start, token.end, 0
    lead = parts.around[: parts.before]
    glued = _neighbour(text, tokens, start, end, is_behind=False) if len(lead) > 1 else None
    if glued is not None and glued.digits == "".join(lead):
        years, start = len(lead), glued.start
        points += YEAR + DIGIT * len(glued.digits[2:].lstrip("0"))
        lead = ()
    elif glued is not None and len(glued.digits) == len("".join(lead)) and " " not in text[glued.end : start]:
        return None  # the same running number of another year or month
    for is_behind, around in ((False, tuple(reversed(lead))), (True, parts.around[parts.before :])):
        for digits in around:
            neighbour = _neighbour(text, tokens, start, end, is_behind=is_behind)
            if neighbour is None:
                break
            is_year = digits in parts.years
            if neighbour.digits in (digits, digits.lstrip("0")) or (is_year and neighbour.digits in parts.years):
                years += 1
                points += YEAR if is_year else DIGIT * len(digits.lstrip("0"))
                start, end = min(start, neighbour.start), max(end, neighbour.end)
                continue
            if is_year and not is_behind and (_is_year(neighbour.digits) or neighbour.digits in shelf.numbering.years):
                return None  # the same running number of another year
            if not is_year and " " not in text[min(end, neighbour.end) : max(start, neighbour.start)]:
                return None  # another number that shares this part
            break
    if years < len(parts.around) and parts.before == len(parts.around) and _goes_on(text, end, shelf, position):
        return None  # the middle of another number
    has_prefix = bool(parts.prefix) and text[:start].rstrip(" -/._#:").endswith(parts.prefix)
    if has_prefix:
        start = text[:start].rindex(parts.prefix)
        points += PREFIX
    is_whole = years == len(parts.around)
    if is_whole and (years or has_prefix or not parts.prefix):
        form = "split" if token.is_joined else "full" if is_padded and has_prefix else "dated" if years else "bare"
    else:
        form = "padded" if is_padded and token.digits[0] == "0" else "bare"
    if form == "bare" and len(token.digits) < 3:
        points -= 250  # small numbers stand everywhere
    return form, points, start


def _neighbour(text: str, tokens: list[Token], start: int, end: int, *, is_behind: bool) -> Token | None:
    """The run of digits that touches a place, separators apart."""
    if is_behind:
        return next((one for one in tokens if 0 < one.start - end <= 2 and not one.is_joined), None)
    before = [one for one in tokens if one.end <= start and start - one.end <= 2 and not one.is_joined]
    if before and not text[before[-1].end : start].isalnum():
        return before[-1]
    return None


def _goes_on(text: str, end: int, shelf: Shelf, position: int) -> bool:
    """Whether a number's own separator and more digits follow: "26" in "C00084-26-343"."""
    mark = text[end : end + 1]
    is_own = bool(mark) and not mark.isalnum() and mark in shelf.items[position].document_number
    return is_own and text[end + 1 : end + 2].isdigit()


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits.startswith(("19", "20"))


def _without_joined_rivals(quotes: list[Quote]) -> list[Quote]:
    """A joined run is dropped where its pieces read as well alone."""
    return [
        one
        for one in quotes
        if one.form != "split"
        or not any(
            other.form in ("full", "dated", "digits")
            and other.points >= one.points - 100
            and other.start < one.end
            and one.start < other.end
            for other in quotes
            if other is not one
        )
    ]


def is_cut_short(text: str, known: Collection[Quote], shelf: Shelf) -> bool:
    """Whether a list of numbers goes on where the text ends: "FA-2026-06001/09", "... ET", "... FA-2"."""
    last = max((one for one in known if one.field == "text"), key=lambda one: one.end, default=None)
    if last is None or last.end >= len(text):
        return False
    tail = text[last.end :]
    if GOES_ON.fullmatch(tail):
        return True
    return len(tail.strip()) >= 1 and shelf.items[last.position].document_number.upper().startswith(tail.strip())


def names_unknown_document(text: str, shelf: Shelf, known: Collection[Quote]) -> bool:
    """Whether a number of our own making stands in the text that is not open: settled long since, or mistyped."""
    numbering = shelf.numbering
    for cluster in CLUSTER.finditer(text):
        word = cluster[0]
        if len(word) < 5 or not _has_digit(word) or not numbering.is_of_a_pattern(word):
            continue
        if shelf.by_compact.get(folding.compact(word)):
            continue
        if any(one.start < cluster.end() and cluster.start() < one.end for one in known if one.field == "text"):
            continue
        return not MASK.search(word)
    return any(
        numbering.is_of_a_length(found["number"])
        and not _is_year(found["number"])
        and not shelf.by_sequence.get(int(found["number"]))
        and not shelf.by_digits.get(found["number"].encode())
        and not any(one.start < found.end() and found.start("number") < one.end for one in known if one.field == "text")
        for found in _numbers_named(text)
    )


def _numbers_named(text: str) -> Iterable[re.Match[str]]:
    """Digits that stand right behind a word for invoice: "FACT 120", "RE NR. 120"."""
    for found in NAMED.finditer(text):
        if not MASK.match(text, found.start("number")):
            yield found


def full_points(shelf: Shelf, position: int) -> int:
    """What the whole number of an item says."""
    return digits_points(shelf.parts(position)) + (PREFIX if shelf.parts(position).prefix else 0)


def digits_points(parts: Parts) -> int:
    """What all the digits of a number say; a year in them is easily guessed."""
    points = DIGIT * len(parts.sequence.lstrip("0")) + (PADDING if parts.sequence[:1] == "0" else 0)
    for digits in parts.around:
        points += YEAR if digits in parts.years else DIGIT * len(digits.lstrip("0"))
    return points


def slipped(text: str, shelf: Shelf, positions: Collection[int], known: Collection[Quote]) -> list[Quote]:
    """Documents, among some items, whose number stands in the text with one slip: two digits swapped, one wrong, lost
    or added; look-alikes; a number cut where the text ends."""
    if not positions or len(positions) > MOST_FUZZY:
        return []
    covered = [match.span() for pattern in (MASK, NOT_OURS) for match in pattern.finditer(text)]
    covered += [(one.start, one.end) for one in known if one.form == "reference"]
    folded = MIXED.sub(lambda found: found[0].translate(folding.DIGITS_FOLDED), text)
    tokens = [one for one in tokens_of(folded, covered) if len(one.digits) >= 3]
    if not tokens:
        return []
    order = list(positions)
    found: list[Quote] = []
    padded = _of_each(order, shelf.sequences) if any(one.digits[0] == "0" for one in tokens) else ()
    bare = _of_each(order, shelf.bare_sequences) if any(one.digits[0] != "0" for one in tokens) else ()
    for token in tokens:
        forms = padded if token.digits[0] == "0" else bare
        found += _slips(folded, tokens, token, forms, order, shelf, is_whole=False)
    longest = [one for one in tokens if len(one.digits) >= 6]
    wholes = _of_each(order, shelf.digit_texts) if longest else ()
    for token in longest:
        found += _slips(folded, tokens, token, wholes, order, shelf, is_whole=True)
    found = [one if text[one.start : one.end] != folded[one.start : one.end] else _as_written(one) for one in found]
    found += _cut(folded, shelf, order)
    return _best_of_each(found, known)


def _of_each(positions: Iterable[int], values: Sequence[str]) -> Sequence[str]:
    # an account may have thousands of items, and each of its lines asks
    return list(map(values.__getitem__, positions))


def _as_written(quote: Quote) -> Quote:
    """Without a slip and without letters for digits it is the running number itself."""
    return quote._replace(form="bare") if quote.form == "lookalike" else quote


def _slips(
    text: str,
    tokens: list[Token],
    token: Token,
    forms: Sequence[str],
    order: list[int],
    shelf: Shelf,
    *,
    is_whole: bool,
) -> Iterable[Quote]:
    for form, distance, index in process.extract(
        token.digits, forms, scorer=OSA.distance, score_cutoff=1, limit=None, processor=None
    ):
        if len(form) < 3:
            continue
        position = order[index]
        kind, variants = ("lookalike", 3) if distance == 0 else _kind_of_slip(token.digits, form)
        parts, start = shelf.parts(position), token.start
        whole = digits_points(parts) if is_whole else DIGIT * len(form.lstrip("0")) + (PADDING if form[0] == "0" else 0)
        points = whole - points_of(variants) + SLIP - (80 if token.is_joined else 0)
        if not is_whole:
            said = _said_before(text, tokens, token, parts)
            if said is None:
                continue
            points, start = points + said[0], said[1]
        if parts.prefix and text[:start].rstrip(" -/._#:").endswith(
            (parts.prefix, parts.prefix.translate(folding.DIGITS_FOLDED))
        ):
            points += PREFIX
        if points > 0:
            yield Quote(position, kind, points, "text", start, token.end)


def _said_before(text: str, tokens: list[Token], token: Token, parts: Parts) -> tuple[int, int] | None:
    """What the parts before a running number add, and where they begin; None where they are another year's."""
    points, start = 0, token.start
    for digits in reversed(parts.around[: parts.before]):
        neighbour = _neighbour(text, tokens, start, token.end, is_behind=False)
        if neighbour is None:
            break
        if neighbour.digits not in (digits, digits.lstrip("0")) and not {digits, neighbour.digits} <= {*parts.years}:
            return None if digits in parts.years and _is_year(neighbour.digits) else (points, start)
        points += YEAR if digits in parts.years else DIGIT * len(digits.lstrip("0"))
        start = neighbour.start
    return points, start


def _kind_of_slip(seen: str, meant: str) -> tuple[str, int]:
    """The kind of slip, and among how many such slips it is one."""
    if len(seen) < len(meant):
        return "dropped", 10 * len(meant)
    if len(seen) > len(meant):
        return "added", len(seen)
    if sorted(seen) == sorted(meant):
        return "swapped", len(meant)
    return "wrong", 9 * len(meant)


def _cut(text: str, shelf: Shelf, order: list[int]) -> Iterable[Quote]:
    """Numbers of which only the beginning stood before the text ended."""
    clusters = list(CLUSTER.finditer(text.rstrip()))
    if not clusters or not _has_digit(clusters[-1][0]):
        return
    last = clusters[-1]
    seen = folding.compact(last[0])
    digits = folding.digits(last[0])
    if len(digits) < 3:
        return
    for position in order:
        whole = shelf.compacts[position]
        if len(whole) <= len(seen) or not whole.startswith(seen):
            continue
        parts = shelf.parts(position)
        told = len(digits) - sum(len(part) for part in parts.around[: parts.before])
        if told >= 2:
            yield Quote(position, "cut", max(40, DIGIT * told + SLIP + 150), "text", last.start(), last.end())


def _best_of_each(found: Iterable[Quote], known: Collection[Quote]) -> list[Quote]:
    best: dict[tuple[int, int], Quote] = {}
    clear = {one.position: one.points for one in known}
    for one in found:
        if clear.get(one.position, -1) >= one.points:
            continue
        key = (one.position, one.end)
        if key not in best or best[key].points < one.points:
            best[key] = one
    return list(best.values())


def ranged(text: str, shelf: Shelf, customers: Collection[int]) -> list[Quote]:
    """Documents of a payer that lie between two numbers: "4177 a 4182"."""
    found: list[Quote] = []
    for match in RANGE.finditer(text):
        first, last = int(match[1]), int(match[2])
        if last < first and len(match[2]) < len(match[1]):
            last = int(match[1][: -len(match[2])] + match[2])
        if not 0 < last - first <= MOST_OF_A_RANGE:
            continue
        for number in range(first, last + 1):
            for position in shelf.by_sequence.get(number):
                if shelf.items[position].customer_id in customers:
                    found.append(Quote(position, "range", DIGIT * 2, "text", match.start(), match.end()))
    return found


def ordered(text: str, shelf: Shelf) -> list[Quote]:
    """Documents of an order whose number stands in the text."""
    if not shelf.by_order.first:
        return []
    found = []
    for cluster in CLUSTER.finditer(text):
        if _has_digit(cluster[0]) and len(cluster[0]) >= 4:
            points = max(0, DIGIT * sum(mark.isdigit() for mark in cluster[0]) + ORDER_NUMBER)
            for position in shelf.by_order.get(folding.unseparated(cluster[0])):
                found.append(Quote(position, "order", points, "text", cluster.start(), cluster.end()))
    return found


def _has_digit(word: str) -> bool:
    return not word.isalpha() and any("0" <= mark <= "9" for mark in word)


__all__ = ["Book", "Quote", "coded", "ordered", "partly_written", "ranged", "slipped", "written"]
