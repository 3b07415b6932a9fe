"""What accounting is given: the customers' lines with their lettrage as in the FEC, and the journal of new postings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from encours.ledger.models import COUNTERPARTS
from encours.ledger.queries import CODE_NOW, STANDS
from encours.matching.rules.fec_file import FecRow

JOURNALS = {
    "invoice": ("VE", "Ventes"),
    "credit_note": ("VE", "Ventes"),
    "debit_note": ("VE", "Ventes"),
    "deposit": ("VE", "Ventes"),
    "receipt": ("BQ", "Banque"),
    "refund": ("BQ", "Banque"),
}
_MONEY = ("receipt", "refund")
MISCELLANEOUS = ("OD", "Opérations diverses")
LABELS = {
    "invoice": "Facture", "credit_note": "Avoir", "debit_note": "Note de débit", "deposit": "Acompte",
    "receipt": "Règlement", "refund": "Remboursement", "discount": "Escompte", "deduction": "Retenue",
    "write_off": "Écart de règlement", "charge": "Frais bancaires", "withholding": "Retenue à la source",
    "fx_difference": "Différence de change", "conversion": "Conversion", "other_income": "Produit divers",
    "transfer": "Virement de compte", "reversal": "Extourne", "settled_before": "Solde antérieur",
}  # fmt: skip


def lettered_rows(
    organisation_id: int, *, entity_id: int, first: date, last: date, only_lettered: bool = False
) -> Iterator[FecRow]:
    """The lines of account 411 between two days, each with its lettrage code where its group balances.

    Partial lettrage stays out of EcritureLet and DateLet: only groups that balance are lettered in the FEC.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select i.kind, i.transaction_id, i.item_date, i.account, c.number, c.name, i.document_number,
                       coalesce(d.issue_date, i.item_date), i.amount_minor, i.currency, e.currency, t.recorded_at::date,
                       l.code, l.code_date
                from ledger_openitem i
                join customers_customer c on c.id = i.customer_id
                join access_entity e on e.id = i.entity_id
                join ledger_transaction t on t.id = i.transaction_id
                left join invoices_document d on d.id = i.document_id and d.organisation_id = i.organisation_id
                    and i.kind in ('invoice', 'credit_note', 'debit_note', 'deposit')
                left join lateral (
                    select n.code, n.code_date from ledger_allocationleg g
                    join ledger_allocation a on a.id = g.allocation_id and a.organisation_id = g.organisation_id
                    cross join lateral (select {CODE_NOW} as code, coalesce((select t.code_date from ledger_lettering t
                        where t.organisation_id = a.organisation_id and t.allocation_id = a.id order by t.id desc
                        limit 1), a.code_date) as code_date) n
                    where g.organisation_id = i.organisation_id and g.item_id = i.id and i.open_minor = 0 and {STANDS}
                      and n.code <> '' and n.code = upper(n.code)
                    order by a.id desc limit 1) l on true
                where i.organisation_id = %(organisation)s and i.entity_id = %(entity)s
                  and i.item_date between %(first)s and %(last)s and i.amount_minor <> 0
                  and (not %(only)s or l.code is not null)
                order by i.item_date, i.transaction_id, i.id""",
            {"organisation": organisation_id, "entity": entity_id, "first": first, "last": last, "only": only_lettered},
        )
        while rows := cursor.fetchmany(5_000):
            for row in rows:
                yield _row(*row)


def _row(
    kind: str, transaction_id: int, item_date: date, account: str, number: str, name: str, document: str,
    document_date: date, amount_minor: int, currency: str, own_currency: str, valid_date: date, code: str | None,
    code_date: date | None,
) -> FecRow:  # fmt: skip
    journal, journal_name = JOURNALS.get(kind, MISCELLANEOUS)
    return FecRow(
        journal, journal_name, str(transaction_id), item_date, account, "Clients", number, name, document,
        document_date, f"{LABELS.get(kind, kind)} {document}", max(amount_minor, 0), max(-amount_minor, 0), code or "",
        code_date if code else None, valid_date, currency, currency != own_currency,
    )  # fmt: skip


# what the product itself posts, and what takes such a posting back
PENDING = """
from ledger_transaction t
where t.organisation_id = %(organisation)s and t.entity_id = %(entity)s
  and (t.source in ('match', 'bad_debt') or t.source = 'reversal' and exists (
      select from ledger_transaction o where o.id = t.reverses_id and o.source in ('match', 'bad_debt'))
      or t.source = 'reversal' and exists (select from ledger_openitem i join ledger_openitem o on o.id = i.reverses_id
          join ledger_transaction p on p.id = o.transaction_id
          where i.organisation_id = t.organisation_id and i.transaction_id = t.id
              and p.source in ('match', 'bad_debt')))
  and not exists (select from matching_exportedtransaction x join matching_journalexport j on j.id = x.export_id
      where x.organisation_id = t.organisation_id and x.transaction_id = t.id and j.state <> 'refused')
"""


def pending_transactions(
    organisation_id: int, *, entity_id: int, first: date | None = None, last: date | None = None
) -> list[int]:
    """The product's own postings that no journal file holds, or only one that was refused; of some days."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select t.id {PENDING} and t.transaction_date >= coalesce(%(first)s::date, t.transaction_date)
                and t.transaction_date <= coalesce(%(last)s::date, t.transaction_date)
                order by t.transaction_date, t.id""",
            {"organisation": organisation_id, "entity": entity_id, "first": first, "last": last},
        )
        return [row[0] for row in cursor.fetchall()]


def journal_rows(organisation_id: int, *, export_id: int) -> Iterator[FecRow]:
    """The lines of one journal file: for each receipt and difference its customer line and the other side.

    Each pair sums to zero, so the file does: 512 debit 1,176.00 and 411 credit 1,176.00; 665 debit 24.00 and 411
    credit 24.00.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """select t.id, i.id, t.transaction_date, t.recorded_at::date, coalesce(o.kind, i.kind), i.account,
                      i.counterpart, c.number, c.name, i.document_number, i.amount_minor, i.currency, e.currency,
                      coalesce(p.source, t.source) = 'bad_debt'
               from matching_exportedtransaction x
               join ledger_transaction t on t.id = x.transaction_id
               join access_entity e on e.id = t.entity_id
               join ledger_openitem i on i.organisation_id = x.organisation_id and i.transaction_id = t.id
               left join ledger_openitem o on o.id = i.reverses_id
               left join ledger_transaction p on p.id = o.transaction_id
               join customers_customer c on c.id = i.customer_id
               where x.organisation_id = %(organisation)s and x.export_id = %(export)s and i.amount_minor <> 0
               order by t.transaction_date, t.id, i.id""",
            {"organisation": organisation_id, "export": export_id},
        )
        for row in cursor.fetchall():
            yield from _pair(*row)
        cursor.execute(
            """select t.id, t.transaction_date, t.recorded_at::date, n.account, n.amount_minor, n.currency, e.currency,
                      t.why, coalesce(o.source, t.source)
               from matching_exportedtransaction x
               join ledger_transaction t on t.id = x.transaction_id
               join access_entity e on e.id = t.entity_id
               left join ledger_transaction o on o.id = t.reverses_id
               join ledger_entry n on n.organisation_id = x.organisation_id and n.transaction_id = t.id
               where x.organisation_id = %(organisation)s and x.export_id = %(export)s
                 and not exists (select from ledger_openitem i where i.organisation_id = x.organisation_id
                     and i.transaction_id = t.id)
               order by t.transaction_date, t.id, n.id""",
            {"organisation": organisation_id, "export": export_id},
        )
        for number, day, valid, account, amount, currency, own, why, source in cursor.fetchall():
            journal = MISCELLANEOUS if source == "bad_debt" else JOURNALS["receipt"]
            yield FecRow(
                *journal, f"M{number}", day, account, name_of(account), "", "", str(number),
                day, " ".join(why.split())[:100] or "Banque", max(amount, 0), max(-amount, 0), "", None, valid,
                currency, currency != own,
            )  # fmt: skip


USUAL = {kind.value: account for kind, account in COUNTERPARTS.items()}
ACCOUNT_NAMES = {
    "411": "Clients", "512": "Banques", "511": "Valeurs à l’encaissement", "665": "Escomptes accordés",
    "627": "Services bancaires", "654": "Pertes sur créances", "658": "Charges diverses", "758": "Produits divers",
    "666": "Pertes de change", "766": "Gains de change", "709": "Rabais, remises, ristournes", "448": "État",
    "476": "Différences de conversion", "451": "Groupe", "416": "Clients douteux ou litigieux",
    "491": "Dépréciation des comptes clients", "681": "Dotations aux dépréciations",
    "781": "Reprises sur dépréciations", "445": "État, taxes sur le chiffre d’affaires", "471": "Comptes d’attente",
    "455": "Associés, comptes courants", "467": "Débiteurs et créditeurs divers", "517": "Prestataires de paiement",
}  # fmt: skip


def name_of(account: str) -> str:
    """What an account is called, as a FEC wants it of each line: "45101000" -> "Groupe", "999" -> "Compte 999"."""
    return ACCOUNT_NAMES.get(account[:3], f"Compte {account}")


def _pair(
    number: int, item_id: int, day: date, valid: date, kind: str, account: str, counterpart: str, customer: str,
    name: str, document: str, amount: int, currency: str, own_currency: str, is_bad_debt: bool,
) -> Iterator[FecRow]:  # fmt: skip
    if kind == "transfer":
        # both sides are customers' lines of one piece: no other account comes in
        yield FecRow(
            *MISCELLANEOUS, f"M{number}", day, account, ACCOUNT_NAMES.get(account[:3], "Clients"), customer, name,
            document, day, f"{LABELS[kind]} {document} {name}"[:100], max(amount, 0), max(-amount, 0), "", None, valid,
            currency, currency != own_currency,
        )  # fmt: skip
        return
    other = counterpart or USUAL.get(kind, "471")
    # money that came to another company of the group passed no bank of this one
    is_general = is_bad_debt or (kind in _MONEY and not other.startswith("5"))
    journal, journal_name = MISCELLANEOUS if is_general else JOURNALS.get(kind, JOURNALS["receipt"])
    label = f"{LABELS.get(kind, kind)} {document} {name}"[:100]
    for side, side_name, part, is_customer in (
        (account, "Clients", amount, True),
        (other, name_of(other), -amount, False),
    ):
        yield FecRow(
            journal, journal_name, f"M{number}-{item_id}", day, side, side_name, customer if is_customer else "",
            name if is_customer else "", document, day, label, max(part, 0), max(-part, 0), "", None, valid, currency,
            currency != own_currency,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One journal file that was made, and what accounting said of it."""

    export_id: int
    entity_code: str
    number: int
    state: str
    row_count: int
    debit_minor: int
    attempt_count: int
    reference: str
    made_by_name: str
    from_date: date | None
    to_date: date | None


def exports(organisation_id: int, *, limit: int = 100) -> list[ExportRow]:
    """The journal files, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select j.id, e.code, j.number, j.state, j.row_count, j.debit_minor, j.attempt_count, j.reference,
                      j.made_by_name, j.from_date, j.to_date
               from matching_journalexport j join access_entity e on e.id = j.entity_id
               where j.organisation_id = %s order by j.id desc limit %s""",
            [organisation_id, limit],
        )
        return [ExportRow(*row) for row in cursor.fetchall()]
