"""Make a book and a bank file that pays it, in the manner of one of several companies, with the truth to score by.

    python -m bench.make_bank --out DIR --manner cfonb --lines 10000 --seed 1

The same manner, size and seed always give the same bytes. Files are those of any generated book (customers.csv,
invoices.csv, bank.camt053.xml, truth.csv, meta.json), so `bench.matching` reads all of them alike. The manners differ
in what a matcher may lean on: numbering, language, how the bank cuts and wraps labels, who pays for whom, how alike
the amounts are. Each open item is paid by one case only; some lines pay nothing that is open.
"""

import argparse
import csv
import datetime as dt
import json
import random
import string
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from bench.manners import (
    AS_OF,
    BOOKED,
    MANNERS,
    OWN,
    STEMS,
    TAILS,
    TOWNS,
    WEIGHTS,
    Buyer,
    Item,
    Manner,
    Payment,
    account,
    bare,
    cents,
    mod97,
)


def buyers_of(chance: random.Random, count: int, manner: Manner) -> list[Buyer]:
    """The customers; one in twelve belongs to another."""
    made, seen = [], set()
    for number in range(1, count + 1):
        for _ in range(4):
            name = f"{chance.choice(STEMS)} {chance.choice(TAILS)} {chance.choice(manner.forms)}"
            if name not in seen:
                break
            name = f"{name[: name.rindex(' ')]} {chance.choice(TOWNS)} {chance.choice(manner.forms)}"
            if name not in seen:
                break
        seen.add(name)
        one = Buyer(
            number,
            f"CL{20_000 + number}",
            name,
            account(chance),
            chance.randrange(100) < manner.iban_known,
            chance.choice(TOWNS),
        )
        if made and chance.randrange(12) == 0:
            one.parent = chance.choice(made).number
        made.append(one)
    return made


def items_of(chance: random.Random, buyers: list[Buyer], count: int, manner: Manner) -> list[Item]:
    """Open documents in the order of their numbers; a few buyers have most of them."""
    made = []
    for index in range(1, count + 1):
        buyer = buyers[min(len(buyers) - 1, int(len(buyers) * chance.random() ** 2.2))]
        day = AS_OF - dt.timedelta(days=(count - index) * 150 // count + chance.randrange(3))
        kind = "credit_note" if chance.randrange(100) < 3 else "invoice"
        amount = int(min(20_000_000, max(900, chance.lognormvariate(10.8, 1.2))))
        if chance.randrange(100) < manner.list_price_percent:
            amount = chance.choice(manner.list_prices) * chance.choice((1, 1, 1, 2, 12))
        if kind == "credit_note":
            amount = -max(500, amount // 5)
        running_number = index * 4 + chance.randrange(3)  # three in four are paid long since
        number = manner.number(chance, running_number, day, buyer.number, kind)
        body = f"{running_number:09d}"
        reference = f"RF{98 - mod97(body + 'RF00'):02d}{body}" if manner.has_references else ""
        due = day + dt.timedelta(days=0 if kind == "credit_note" else chance.choice((15, 30, 30, 45, 60)))
        made.append(Item(index, number, reference, buyer, kind, day, due, amount))
    unique = {item.number: item for item in made}
    return sorted(unique.values(), key=lambda item: item.id)


def mangled(chance: random.Random, number: str) -> str:
    """One slip of a person or a bank in a number."""
    digits = [at for at, mark in enumerate(number) if mark.isdigit()]
    tail = next((at for at in range(len(number), 0, -1) if not number[at - 1].isdigit()), 0)
    how = chance.randrange(9)
    running_part = number[tail:]
    if how == 0:
        return "".join(mark for mark in number if mark.isalnum())
    if how == 1:
        return " ".join(part for part in number.replace("/", "-").split("-"))
    if how == 2 and running_part.lstrip("0"):
        return number[:tail] + running_part.lstrip("0")
    if how == 3 and len(running_part.lstrip("0")) >= 3:
        return running_part
    if how == 4:
        at = chance.choice(digits[-4:-1])
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if how == 5 and len(running_part) > 3:
        at = chance.choice(digits[-4:])
        return number[:at] + number[at + 1 :]
    if how == 6:
        return number[:tail] + running_part.translate(str.maketrans("0158", "OISB"))
    if how == 7:
        at = chance.randrange(2, len(number) - 1)
        return f"{number[:at]} {number[at:]}"
    at = chance.choice(digits[-3:])
    return number[:at] + chance.choice([digit for digit in string.digits if digit != number[at]]) + number[at + 1 :]


def listed(chance: random.Random, numbers: list[str]) -> str:
    """Several numbers the way accountants list them."""
    how = chance.randrange(5)
    tails = [number[max(0, max(number.rfind("-"), number.rfind("/"))) :].strip("-/") for number in numbers]
    if how == 0:
        return ", ".join(numbers)
    if how == 1:
        return " ".join(numbers)
    if how == 2:
        return numbers[0] + "".join(f"/{tail}" for tail in tails[1:])
    if how == 3:
        return " + ".join(tails)
    return " et ".join(numbers)


class Till:
    """Gives out each open item once."""

    def __init__(self, chance: random.Random, items: list[Item]) -> None:
        self.chance = chance
        self.left = [item for item in items if item.open > 0]
        chance.shuffle(self.left)
        self.used: set[int] = set()
        self.by_buyer: dict[int, list[Item]] = {}
        for item in sorted(items, key=lambda item: (item.due, item.id)):
            self.by_buyer.setdefault(item.buyer.number, []).append(item)

    def one(self) -> Item:
        """Any debt not yet paid."""
        while self.left:
            item = self.left.pop()
            if item.id not in self.used:
                self.used.add(item.id)
                return item
        raise SystemExit("not enough open items for so many lines")

    def more(self, item: Item, most: int, *, credits: bool = False) -> list[Item]:
        """Others of the same buyer."""
        others = [
            other
            for other in self.by_buyer[item.buyer.number]
            if other.id not in self.used and (other.open < 0) == credits
        ]
        chosen = self.chance.sample(others, min(most, len(others)))
        self.used.update(other.id for other in chosen)
        return chosen


def payments_of(
    chance: random.Random, items: list[Item], buyers: list[Buyer], manner: Manner, count: int
) -> list[Payment]:
    """The lines, of all cases."""
    till = Till(chance, items)
    weights = WEIGHTS | manner.weights
    made: list[Payment] = []
    while len(made) < count:
        case = chance.choices(list(weights), list(weights.values()))[0]
        made += CASES.get(case, paid_one)(case, chance, till, buyers, manner)
    chance.shuffle(made)
    for payment in made:
        if not payment.end_to_end and chance.random() < 0.5:
            payment.end_to_end = f"{chance.choice('ABCPTX')}{chance.randrange(10**9):09d}"
    return made[:count] if made[count:] and made[-1].case != "split" else made


def party(chance: random.Random, buyer: Buyer) -> tuple[str, str]:
    """The name and account a buyer's payment shows."""
    iban = buyer.iban if chance.random() < 0.94 else account(chance)
    how = chance.random()
    name = buyer.name
    if how < 0.35:
        name = bare(name)[:27]
    elif how < 0.5:
        name = name[: name.rindex(" ")]
    elif how < 0.54:
        name = bare(f"{name[: name.rindex(' ')]} {buyer.town}")[:35]
    elif how < 0.57:
        name = f"{chance.choice(('M', 'MME'))} {chance.choice(TAILS)}"
    return name, iban


def said(chance: random.Random, manner: Manner, item: Item, number: str) -> str:
    """What the payer writes."""
    return chance.choice(manner.words).format(
        number, c=item.buyer.code, n=item.buyer.name, d=f"{item.issued:%d/%m/%Y}", o=chance.randrange(10_000, 999_999)
    )


def paid_one(
    case: str, chance: random.Random, till: "Till | Only", _buyers: list[Buyer], manner: Manner
) -> list[Payment]:
    """One invoice, to the cent: quoted, mangled, by reference, or not at all."""
    item = till.one()
    name, iban = party(chance, item.buyer)
    text, reference, end_to_end = said(chance, manner, item, item.number), "", ""
    if case == "noisy":
        text = said(chance, manner, item, mangled(chance, item.number))
    elif case == "structured" and item.reference:
        text, reference = "", item.reference
    elif case == "end_to_end":
        text, end_to_end = chance.choice(("", "paiement", "payment")), item.number
    elif case == "name_only":
        text = chance.choice(("", "paiement facture", item.buyer.name, "virement", "payment"))
    elif case == "third_party":
        name, iban = (
            chance.choice(("Factor Finance SA", "Cabinet Morel", "Maître Durand", "Assurances du Midi")),
            account(chance),
        )
    return [Payment(case, item.open, item.buyer, name, iban, text, reference, end_to_end, ((item, item.open, 0),))]


def paid_several(case: str, chance: random.Random, till: Till, _buyers: list[Buyer], manner: Manner) -> list[Payment]:
    """Several invoices, listed or as a range; with a credit note kept back."""
    item = till.one()
    group = [item, *till.more(item, chance.randint(1, 5))]
    if case == "netted":
        group = group[:2]
        credits = till.more(item, 1, credits=True)
        group += [one for one in credits if sum(other.open for other in group) > -one.open]
    group.sort(key=lambda one: one.id)
    debts = [one for one in group if one.open > 0]
    text = said(chance, manner, item, listed(chance, [one.number for one in debts]))
    if case == "netted" and len(group) > len(debts):
        case = "netted"
        if chance.random() < 0.6:
            text += f" moins avoir {next(one.number for one in group if one.open < 0)}"
    elif len(group) == 1:
        case = "exact"
    else:
        case = "several"
    name, iban = party(chance, item.buyer)
    return [
        Payment(
            case,
            sum(one.open for one in group),
            item.buyer,
            name,
            iban,
            text,
            pays=tuple((one, one.open, 0) for one in group),
        )
    ]


def paid_silently(case: str, chance: random.Random, till: Till, _buyers: list[Buyer], manner: Manner) -> list[Payment]:
    """The oldest ones, or the whole account, without a word."""
    item = till.one()
    name, iban = party(chance, item.buyer)
    account_of = [one for one in till.by_buyer[item.buyer.number] if one.id == item.id or one.id not in till.used]
    group = (
        account_of if case == "silent_whole" else [one for one in account_of if one.open > 0][: chance.randint(2, 5)]
    )
    if item not in group or len(group) < 2 or sum(one.open for one in group) <= 0:
        return paid_one("exact", chance, Only(item), [], manner)
    till.used.update(one.id for one in group)
    text = chance.choice(("relevé", "solde compte client", "statement", "", f"client {item.buyer.code}"))
    return [
        Payment(
            case,
            sum(one.open for one in group),
            item.buyer,
            name,
            iban,
            text,
            pays=tuple((one, one.open, 0) for one in group),
        )
    ]


class Only:
    """A till of one item that is already taken."""

    def __init__(self, item: Item) -> None:
        self.item = item

    def one(self) -> Item:
        return self.item


def paid_apart(case: str, chance: random.Random, till: Till, _buyers: list[Buyer], manner: Manner) -> list[Payment]:
    """Too little, too much, twice, or in two parts."""
    item = till.one()
    name, iban = party(chance, item.buyer)
    owed, text = item.open, said(chance, manner, item, item.number)

    def line(amount: int, note: str, money: int, cut_off: int = 0) -> Payment:
        return Payment(
            case,
            amount,
            item.buyer,
            name,
            iban,
            f"{text} {note}".strip(),
            pays=((item, money, cut_off),),
            extra=amount - money,
        )

    if case == "split":
        part = max(1, owed * chance.choice((30, 40, 50)) // 100)
        return [
            line(part, chance.choice((manner.part_words[0], "")), part),
            line(owed - part, manner.part_words[1], owed - part),
        ]
    if case == "partial":
        part = max(100, owed * chance.choice((15, 25, 30, 50, 70)) // 100)
        part = part // 1_000 * 1_000 or part
        return [line(part, chance.choice(manner.part_words), part)]
    if case == "short":
        lost = chance.choice((owed * 2 // 100, owed * 3 // 100, min(1_500, owed // 10), owed * 5 // 100))
        return [line(owed - lost, chance.choice((*manner.short_words, "")), owed - lost, lost)]
    over = owed if case == "twice" else chance.choice((1, 50, 1_000, 1_234))
    return [line(owed + over, "", owed)]


def paid_by_parent(case: str, chance: random.Random, till: Till, buyers: list[Buyer], manner: Manner) -> list[Payment]:
    """The head office pays what its daughter owes."""
    item = till.one()
    parent = buyers[item.buyer.parent - 1] if item.buyer.parent else item.buyer
    name, iban = party(chance, parent)
    text = said(chance, manner, item, item.number)
    return [
        Payment(
            case if item.buyer.parent else "exact",
            item.open,
            item.buyer,
            name,
            iban,
            text,
            pays=((item, item.open, 0),),
        )
    ]


def paid_nothing(case: str, chance: random.Random, _till: Till, buyers: list[Buyer], manner: Manner) -> list[Payment]:
    """Invoices settled long since, orders to come, and money that has nothing to do with customers."""
    buyer = chance.choice(buyers)
    amount = int(min(20_000_000, max(900, chance.lognormvariate(10.8, 1.2))))
    if case == "settled":
        number = manner.number(
            chance,
            chance.randrange(1, 4_000) * 4 + 3,
            AS_OF - dt.timedelta(days=chance.randrange(150)),
            buyer.number,
            "invoice",
        )
        ghost = Item(0, number, "", buyer, "invoice", AS_OF, AS_OF, amount)
        name, iban = party(chance, buyer)
        return [Payment(case, amount, buyer, name, iban, said(chance, manner, ghost, number))]
    if case == "prepaid":
        amount = chance.choice(manner.list_prices) if chance.random() < 0.2 else amount
        name, iban = party(chance, buyer)
        return [
            Payment(
                case,
                amount,
                buyer,
                name,
                iban,
                chance.choice(("commande {}", "proforma {}", "order {}")).format(chance.randrange(10_000, 999_999)),
            )
        ]
    name, text, sign = chance.choice(
        (
            ("STRIPE PAYMENTS", "STRIPE PAYOUT {}", 1),
            ("DGFIP", "REMB CREDIT TVA {}", 1),
            ("BANQUE", "INTERETS {}", -1),
            ("CPAM", "IJ {} REMBOURSEMENT", 1),
            ("URSSAF", "PRLV COTISATIONS {}", -1),
            ("EDF", "FACTURE {}", -1),
            ("NOUS MEME SAS", "VIREMENT INTERNE {}", 1),
            ("Fournisseur Legrand", "AVOIR {}", 1),
            ("M BERNARD", "LOYER {}", 1),
        )
    )
    return [Payment(case, sign * amount, None, name, account(chance), text.format(chance.randrange(1_000, 10_000_000)))]


CASES: dict[str, Callable[..., list[Payment]]] = {
    "several": paid_several,
    "range": paid_several,
    "netted": paid_several,
    "silent_oldest": paid_silently,
    "silent_whole": paid_silently,
    "partial": paid_apart,
    "short": paid_apart,
    "split": paid_apart,
    "over": paid_apart,
    "twice": paid_apart,
    "group": paid_by_parent,
    "settled": paid_nothing,
    "prepaid": paid_nothing,
    "unrelated": paid_nothing,
}


def write_csv(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """One CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def entry(payment: Payment, number: int, manner: Manner) -> str:
    """One entry of the statement."""
    side = "CRDT" if payment.amount > 0 else "DBIT"
    tag = "Dbtr" if payment.amount > 0 else "Cdtr"
    label = manner.label(payment)
    remittance = f"<Ustrd>{escape(label)}</Ustrd>" if label else ""
    if payment.reference:
        remittance = f"<Strd><CdtrRefInf><Ref>{payment.reference}</Ref></CdtrRefInf></Strd>"
    people = ""
    if manner.has_party:
        people = (
            f"<RltdPties><{tag}><Pty><Nm>{escape(payment.name)}</Nm></Pty></{tag}>"
            f"<{tag}Acct><Id><IBAN>{payment.iban}</IBAN></Id></{tag}Acct></RltdPties>"
        )
    money = f'<Amt Ccy="EUR">{cents(abs(payment.amount))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    return (
        f"<Ntry><NtryRef>E{number:07d}</NtryRef>{money}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{BOOKED}</Dt></BookgDt>"
        f"<ValDt><Dt>{BOOKED}</Dt></ValDt><AcctSvcrRef>B{number:07d}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{escape(payment.end_to_end) or 'NOTPROVIDED'}</EndToEndId></Refs>{money}{people}"
        f"<RmtInf>{remittance}</RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def write_bank(path: Path, payments: list[Payment], manner: Manner) -> None:
    """The statement, with its balances."""
    opening = 1_000_000_000
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{cents(amount)}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd>"
        f"<Dt><Dt>{BOOKED}</Dt></Dt></Bal>\n"
        for code, amount in (("OPBD", opening), ("CLBD", opening + sum(one.amount for one in payments)))
    )
    with path.open("w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">\n'
            f"<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>{BOOKED}T23:59:00</CreDtTm></GrpHdr>\n<Stmt><Id>S1</Id>"
            f"<CreDtTm>{BOOKED}T23:59:00</CreDtTm><Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n{balances}"
        )
        for number, payment in enumerate(payments, 1):
            out.write(entry(payment, number, manner))
        out.write("</Stmt></BkToCstmrStmt></Document>\n")


def make(folder: Path, *, manner_name: str, lines: int, seed: int, items_a_line: int = 3) -> None:
    """Write one book."""
    manner, chance = MANNERS[manner_name], random.Random(f"{manner_name} {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    count = max(60, lines * items_a_line)
    buyers = buyers_of(chance, max(8, count * manner.customers_per_hundred // 100), manner)
    items = items_of(chance, buyers, count, manner)
    payments = payments_of(chance, items, buyers, manner, lines)
    write_csv(
        folder / "customers.csv",
        (
            "customer_id",
            "number",
            "name",
            "street",
            "zip",
            "city",
            "country",
            "language",
            "email",
            "iban",
            "payment_days",
            "dunning_block",
            "parent_id",
        ),
        [
            (
                one.number,
                one.code,
                one.name,
                "",
                "",
                one.town,
                "FR",
                "fr",
                f"compta{one.number}@client.example",
                one.iban if one.is_known else "",
                30,
                0,
                one.parent or "",
            )
            for one in buyers
        ],
    )
    write_csv(
        folder / "invoices.csv",
        (
            "invoice_id",
            "number",
            "reference",
            "customer_id",
            "kind",
            "invoice_date",
            "due_date",
            "currency",
            "net",
            "tax",
            "gross",
            "open_amount",
            "disputed",
            "dunning_level",
            "dunned_on",
        ),
        [
            (
                one.id,
                one.number,
                one.reference,
                one.buyer.number,
                one.kind,
                one.issued,
                one.due,
                "EUR",
                cents(one.open),
                "0.00",
                cents(one.open),
                cents(one.open),
                0,
                0,
                "",
            )
            for one in items
        ],
    )
    write_csv(
        folder / "payments.csv", ("payment_id", "customer_id", "booked_on", "invoice_id", "amount", "deduction"), []
    )
    write_bank(folder / "bank.camt053.xml", payments, manner)
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate(payments, 1):
        buyer = one.buyer.number if one.buyer else ""
        rows += [
            (f"E{number:07d}", one.case, buyer, item.id, cents(money), cents(lost), int(money + lost == item.open))
            for item, money, lost in one.pays
        ]
        if not one.pays or one.extra:
            rows.append((f"E{number:07d}", one.case, buyer, "", cents(one.extra or one.amount), "0.00", 0))
    write_csv(
        folder / "truth.csv", ("entry_ref", "case", "customer_id", "invoice_id", "amount", "deduction", "settles"), rows
    )
    meta = {
        "seed": seed,
        "manner": manner_name,
        "as_of": AS_OF.isoformat(),
        "currency": "EUR",
        "customers": len(buyers),
        "invoices": len(items),
        "open_invoices": len(items),
        "bank_lines": len(payments),
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")


def main() -> None:
    """Write the book asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--manner", choices=sorted(MANNERS), default="french")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    make(arguments.out, manner_name=arguments.manner, lines=arguments.lines, seed=arguments.seed)


if __name__ == "__main__":
    main()
