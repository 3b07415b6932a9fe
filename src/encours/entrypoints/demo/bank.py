"""The demo's bank: transfers as statements show them, in the wordings of French payers, with the bank's own lines."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from encours.core.money import Money
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.cash import Part, Receipt
from encours.entrypoints.demo.market import SEED

OPENING_MINOR = 48_210_455
LEFT_DAYS = 4  # lines of the last business days are left to whoever opens the demo
FREE = "RGLT-DIVERS"  # the reference of payments that are not in the invented book
_TEXT_MAX = 140
_MONTHS = ("JANV", "FEV", "MARS", "AVRIL", "MAI", "JUIN", "JUIL", "AOUT", "SEPT", "OCT", "NOV", "DEC")
# the tail of a name as a bank prints it: cut where the old formats cut
_NAME_MAX = 24


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement."""

    day: dt.date
    amount_minor: int
    text: str
    payer_name: str = ""
    payer_iban: str = ""
    reference: str = "NOTPROVIDED"
    receipt: Receipt | None = None


def is_by_bank(receipt: Receipt, *, since: dt.date) -> bool:
    """Whether a receipt comes in by a statement: transfers in euros since the replay began."""
    return receipt.received_date >= since and receipt.method == "Virement" and receipt.customer.currency == "EUR"


def movements(book: Book, *, company_code: str, since: dt.date, start: dt.date, end: dt.date) -> list[Movement]:
    """What the bank booked in the half-open period, day by day."""
    found = [
        _transfer(receipt, book.today)
        for receipt in book.cash.receipts
        if receipt.company_code == company_code
        and start <= receipt.received_date < end
        and is_by_bank(receipt, since=since)
    ]
    found += _of_the_bank(company_code, start, end)
    found += _of_strangers(book, company_code, start, end)
    return sorted(found, key=lambda one: (one.day, one.text))


def _transfer(receipt: Receipt, today: dt.date) -> Movement:
    chance = random.Random(f"{SEED}:{receipt.number}:bank")
    is_last = FRANCE.business_days_between(receipt.received_date, today) <= LEFT_DAYS
    words = _words(receipt, chance, is_hard=is_last and chance.randrange(100) < 45)
    has_account = chance.randrange(100) < (70 if is_last else 92)
    return Movement(
        receipt.received_date,
        receipt.amount_minor,
        words[:_TEXT_MAX],
        receipt.payer_name[: _NAME_MAX if chance.randrange(4) == 0 else 70],
        receipt.payer_iban if has_account else "",
        receipt.number,
        receipt,
    )


def _words(receipt: Receipt, chance: random.Random, *, is_hard: bool) -> str:
    """What the payer wrote, inside what the bank writes around it."""
    numbers = list(dict.fromkeys(use.document.number for use in receipt.uses))
    payer = receipt.payer_name[:_NAME_MAX]
    said = _quoted(numbers, receipt, chance, is_hard=is_hard)
    return chance.choice(
        (
            f"VIR SEPA RECU /DE {payer} /MOTIF {said} /REF {receipt.customer.number}",
            f"VIR INST {payer} {said}",
            f"VIREMENT DE {payer} {said}",
            f"VIR {payer} {said}",
            f"{said}",
        )
    )


def _quoted(numbers: Sequence[str], receipt: Receipt, chance: random.Random, *, is_hard: bool) -> str:
    if not numbers or (is_hard and chance.randrange(3) == 0):
        month = _MONTHS[(receipt.received_date.month - 2) % 12]
        return chance.choice((f"REGLT {month}", "REGLEMENT SOLDE", "MERCI", f"ACPTE {month}"))
    short = [number.rpartition("-")[2].lstrip("0") for number in numbers]
    if is_hard:
        bare = short[0]
        swapped = f"{bare[:-2]}{bare[-1]}{bare[-2]}" if len(bare) > 2 else bare
        return chance.choice((f"FACT {swapped}", f"REGLT FACT {short[0]} ET AUTRES", f"FAC {' '.join(short)} ESC"))
    written = " ".join(numbers)
    return chance.choice(
        (
            f"FACT {written}",
            f"REGLT {written}",
            written.replace("-", ""),
            f"FACT {' '.join(short)}" if len(short) > 1 else f"FACTURE {written}",
            f"FAC {written.replace('-', ' ')}",
        )
    )


def _of_the_bank(company_code: str, start: dt.date, end: dt.date) -> Iterator[Movement]:
    """Fees, salaries' charges and transfers between own accounts: no customer's money, which rules know."""
    for day in _days(start, end):
        if day.day == 5:
            yield Movement(day, -4_890, f"FRAIS TENUE DE COMPTE {_MONTHS[day.month - 1]}")
        if day.day == 15:
            yield Movement(day, -3_812_700, "PRLV SEPA URSSAF BRETAGNE", "URSSAF")
        if day.day in (9, 24) and company_code == "01":
            yield Movement(day, 1_500_000, "VIR INTERNE DE VALTORANE SERVICES", "VALTORANE SERVICES")


def _of_strangers(book: Book, company_code: str, start: dt.date, end: dt.date) -> Iterator[Movement]:
    """The lines of the last days that make one think: unknown payers, deductions, discounts, cheques, deposits."""
    last = FRANCE.previous_business_day(book.today - dt.timedelta(days=1))
    days = [FRANCE.add_business_days(last, -back) for back in range(3)]
    told = [*_unknown(days), *_thinking(book, days)] if company_code == "01" else []
    yield from (one for one in told if start <= one.day < end)


def _unknown(days: Sequence[dt.date]) -> Iterator[Movement]:
    yield Movement(days[1], 931_844, "VIR DE 8821 GESTION POUR CPTE DE TIERS REF 77120", "GESTION 8821")
    yield Movement(days[1], 64_000, "VIR M OU MME LANTOSQUE ACHAT OCCASION", "M OU MME LANTOSQUE")


def _thinking(book: Book, days: Sequence[dt.date]) -> Iterator[Movement]:
    """Payments of open invoices that no run should settle alone; whose customers have no story of their own."""
    named = (getattr(event, "customer", None) for event in book.events)
    in_stories = {customer.number for customer in named if customer is not None}
    by_customer: dict[str, list[Part]] = {}
    for part in book.cash.parts:
        document, customer = part.document, part.document.customer
        is_fit = document.company_code == "01" and customer.currency == "EUR" and not customer.habit.silent_days
        is_whole = 40_000 < part.open_minor == part.instalment.amount_minor and len(document.instalments) == 1
        if is_fit and is_whole and document.issue_date < days[-1] and customer.number not in in_stories:
            by_customer.setdefault(customer.number, []).append(part)
    several = [parts for _, parts in sorted(by_customer.items()) if len(parts) >= 3]
    if len(several) < 5:
        return
    kept, rated, cheque, deposit, twice = several[:5]
    three = kept[:3]
    yield _free(days[0], three, sum(one.open_minor for one in three) - 12_000, "FACT {} MOINS PALETTES 120,00")
    yield _free(days[0], rated[:1], rated[0].open_minor * 98 // 100, "FAC {} ESC 2 %")
    yield _free(
        days[1],
        cheque[:1],
        cheque[0].open_minor,
        f"REMISE CHQ 0084471 {cheque[0].document.customer.name.upper()}",
        is_known=False,
    )
    yield _free(days[2], deposit[:1], 500_000, "ACPTE SUR COMPTE")
    yield _free(days[2], twice[:2], twice[0].open_minor * 2, "REGLT {}")


def _free(day: dt.date, parts: Sequence[Part], amount_minor: int, text: str, *, is_known: bool = True) -> Movement:
    customer = parts[0].document.customer
    numbers = " ".join(part.document.number.rpartition("-")[2] for part in parts)
    payer = customer.name.upper()
    said = text.format(numbers)
    words = f"VIR SEPA RECU /DE {payer[:_NAME_MAX]} /MOTIF {said}" if is_known else said
    return Movement(day, amount_minor, words, payer if is_known else "", customer.iban if is_known else "", FREE)


def _days(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    for count in range((end - start).days):
        yield FRANCE.next_business_day(start + dt.timedelta(days=count))


def write_statement(
    folder: Path, lines: Sequence[Movement], *, company_code: str, iban: str, opening_minor: int, until: dt.date
) -> Path | None:
    """A camt.053 of the period; without lines there is none."""
    if not lines:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"releve-{company_code}-{until:%Y-%m-%d}.xml"
    closing = opening_minor + sum(line.amount_minor for line in lines)
    first = min(line.day for line in lines)
    entries = "\n".join(_entry(line, rank) for rank, line in enumerate(lines, start=1))
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>VALT{company_code}{until:%Y%m%d}</MsgId><CreDtTm>{until:%Y-%m-%d}T22:10:00</CreDtTm></GrpHdr>
<Stmt><Id>{company_code}-{until:%Y%m%d}</Id><CreDtTm>{until:%Y-%m-%d}T22:10:00</CreDtTm>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{_balance("OPBD", opening_minor, first)}{_balance("CLBD", closing, until)}
{entries}
</Stmt></BkToCstmrStmt></Document>
""",
        encoding="utf-8",
    )
    return path


def _side(minor: int) -> str:
    return "CRDT" if minor >= 0 else "DBIT"


def _decimal(minor: int) -> str:
    return f"{Money(abs(minor), 'EUR').as_decimal():.2f}"


def _balance(code: str, minor: int, day: dt.date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{_decimal(minor)}</Amt>"
        f"<CdtDbtInd>{_side(minor)}</CdtDbtInd><Dt><Dt>{day.isoformat()}</Dt></Dt></Bal>"
    )


def _entry(line: Movement, rank: int) -> str:
    side = "Dbtr" if line.amount_minor > 0 else "Cdtr"
    party = f"<{side}><Pty><Nm>{escape(line.payer_name)}</Nm></Pty></{side}>" if line.payer_name else ""
    account = f"<{side}Acct><Id><IBAN>{line.payer_iban}</IBAN></Id></{side}Acct>" if line.payer_iban else ""
    parties = f"<RltdPties>{party}{account}</RltdPties>" if party or account else ""
    family = "RCDT" if line.amount_minor > 0 else "ICDT"
    return (
        f"<Ntry><Amt Ccy='EUR'>{_decimal(line.amount_minor)}</Amt><CdtDbtInd>{_side(line.amount_minor)}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.day.isoformat()}</Dt></BookgDt>"
        f"<ValDt><Dt>{line.day.isoformat()}</Dt></ValDt><AcctSvcrRef>{line.day:%y%m%d}{rank:04d}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{line.reference}</EndToEndId></Refs>"
        f"<Amt Ccy='EUR'>{_decimal(line.amount_minor)}</Amt>{parties}"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
