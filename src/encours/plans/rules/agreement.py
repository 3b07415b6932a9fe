"""The agreement on paper: the debt acknowledged, the schedule, what a breach does, in French or English.

Not for gettext: the words follow the language of the paper, not of whoever looks at it, and lawyers read them whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from num2words import num2words

from encours.core.money import Money
from encours.messaging.rules import formats, papers
from encours.plans.rules.schedule import Clause


@dataclass(frozen=True, slots=True)
class Party:
    """A side of the agreement as it is named: its name, and the line that says who it is."""

    name: str
    line: str


@dataclass(frozen=True, slots=True)
class Covered:
    """A debt the plan covers."""

    document: str
    due_date: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment on paper; number 0 is the down payment."""

    number: int
    due_date: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that the paper says."""

    number: str
    language: str
    day: date
    creditor: Party
    debtor: Party
    currency: str
    covered: Sequence[Covered]
    parts: Sequence[Part]
    principal_minor: int
    fee_minor: int
    interest_minor: int
    clause: Clause
    percent: Decimal
    grace_days: int
    accelerates: bool
    breaks_alone: bool
    revives_penalties: bool
    is_business: bool
    iban: str = ""
    reference: str = ""

    @property
    def total_minor(self) -> int:
        """All that is to be paid."""
        return self.principal_minor + self.fee_minor + self.interest_minor


def in_words(minor: int, currency: str, language: str) -> str:
    """An amount in words, as an acknowledgement of debt needs it (C. civ. 1376).

    1,234.56 -> "mille deux cent trente-quatre euros et cinquante-six centimes".
    """
    amount = Money(minor, currency).as_decimal()
    whole, rest = int(amount), int((amount % 1) * 100)
    unit = {"fr": "euros", "en": "euros"}[language] if currency == "EUR" else currency
    if whole == 1 and currency == "EUR":
        unit = "euro"
    said = num2words(whole, lang=language)
    if language == "fr" and whole and whole % 1_000_000 == 0 and currency == "EUR":
        unit = "d’euros"
    text = f"{said} {unit}"
    if rest:
        cents = num2words(rest, lang=language)
        joined = {"fr": f"{text} et {cents} centime", "en": f"{text} and {cents} cent"}[language]
        text = joined + ("s" if rest > 1 else "")
    return text


def pdf(agreement: Agreement) -> bytes:
    """The agreement as PDF/A, to be signed by both sides."""
    words = WORDS[agreement.language]
    return papers.pdf(
        papers.Paper(
            language=agreement.language,
            title=words["title"],
            subtitle=f"{agreement.number} · {formats.long_date(agreement.day, agreement.language)}",
            author=agreement.creditor.name,
            author_line=agreement.creditor.line,
            day=agreement.day,
            blocks=blocks(agreement),
        )
    )


def blocks(agreement: Agreement) -> list[papers.Block]:
    """The parts of the paper, in order."""
    words, language = WORDS[agreement.language], agreement.language
    said = _said(agreement)
    return [
        papers.heading(words["between"]),
        papers.facts([
            (words["creditor"], f"{agreement.creditor.name}, {agreement.creditor.line}".strip(", ")),
            (words["debtor"], f"{agreement.debtor.name}, {agreement.debtor.line}".strip(", ")),
        ]),
        papers.heading(words["debt_title"]),
        papers.paragraph(words["debt"].format_map(said)),
        papers.table(
            [words["document"], words["due"], words["amount"]],
            [
                (row.document, formats.short_date(row.due_date, language), _money(row.amount_minor, agreement))
                for row in agreement.covered
            ],
            totals=[(words["principal"], said["principal"])],
        ),
        papers.heading(words["schedule_title"]),
        papers.paragraph(words["schedule"].format_map(said)),
        papers.table(
            [words["instalment"], words["day"], words["amount"]],
            [
                (
                    words["down_payment"] if part.number == 0 else f"{part.number}",
                    formats.short_date(part.due_date, language),
                    _money(part.amount_minor, agreement),
                )
                for part in agreement.parts
            ],
            totals=[(words["total"], said["total"])],
        ),
        *_how_to_pay(agreement, said),
        papers.heading(words["interest_title"]),
        papers.paragraph(words[f"clause_{agreement.clause.value}"].format_map(said)),
        papers.heading(words["breach_title"]),
        *(papers.paragraph(text) for text in _breach(agreement, said)),
        papers.heading(words["scope_title"]),
        papers.paragraph(words["scope"]),
        papers.paragraph(words["proof"]),
        papers.signatures(
            (agreement.creditor.name, words["date_name"]),
            (agreement.debtor.name, words["date_name"], words["own_hand"].format_map(said)),
        ),
    ]  # fmt: skip


def _money(minor: int, agreement: Agreement) -> str:
    return formats.money(minor, agreement.currency, agreement.language)


def _said(agreement: Agreement) -> dict[str, str]:
    percent = f"{agreement.percent:f}".replace(".", "," if agreement.language == "fr" else ".")
    return {
        "principal": _money(agreement.principal_minor, agreement),
        "principal_words": in_words(agreement.principal_minor, agreement.currency, agreement.language),
        "total": _money(agreement.total_minor, agreement),
        "total_words": in_words(agreement.total_minor, agreement.currency, agreement.language),
        "fee": _money(agreement.fee_minor, agreement),
        "interest": _money(agreement.interest_minor, agreement),
        "percent": percent,
        "grace": formats.days(agreement.grace_days, agreement.language),
        "iban": agreement.iban,
        "reference": agreement.reference or agreement.number,
    }


def _how_to_pay(agreement: Agreement, said: Mapping[str, str]) -> list[papers.Block]:
    words = WORDS[agreement.language]
    found = []
    if agreement.fee_minor:
        found.append(papers.paragraph(words["fee"].format_map(said)))
    found.append(papers.paragraph(words["imputation"]))
    if agreement.iban:
        found.append(papers.paragraph(words["transfer"].format_map(said)))
    return found


def _breach(agreement: Agreement, said: Mapping[str, str]) -> list[str]:
    words = WORDS[agreement.language]
    texts = [words["breaks_alone" if agreement.breaks_alone else "breaks_by_notice"].format_map(said)]
    texts.append(words["accelerates" if agreement.accelerates else "keeps_terms"])
    if agreement.is_business and agreement.clause is not Clause.STATUTORY:
        texts.append(words["revives" if agreement.revives_penalties else "stays_waived"])
    return texts


WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Accord d’échelonnement de paiement",
        "between": "Entre les soussignés",
        "creditor": "Le créancier",
        "debtor": "Le débiteur",
        "debt_title": "1. Reconnaissance de dette",
        "debt": "Le débiteur reconnaît devoir au créancier, au titre des pièces ci-dessous, la somme de {principal} "
        "({principal_words}), qu’il déclare certaine, liquide et exigible et ne pas contester.",
        "document": "Pièce", "due": "Échéance d’origine", "amount": "Montant", "principal": "Principal",
        "schedule_title": "2. Échéancier",
        "schedule": "Le créancier accepte que cette dette soit réglée selon l’échéancier suivant, pour un total de "
        "{total} ({total_words}). Lorsqu’une échéance tombe un jour non ouvré, elle est fixée au jour ouvré suivant.",
        "instalment": "Échéance", "day": "Date", "down_payment": "Acompte", "total": "Total",
        "fee": "Ce total comprend des frais d’échelonnement de {fee}, acceptés par le débiteur.",
        "imputation": "Chaque versement s’impute sur l’échéance la plus ancienne. Un avoir réduit les dernières "
        "échéances.",
        "transfer": "Les versements sont faits par virement sur le compte {iban}, référence {reference}.",
        "interest_title": "3. Intérêts et pénalités",
        "clause_none": "Tant que l’échéancier est respecté, le créancier renonce aux pénalités de retard courant à "
        "compter de ce jour sur les sommes échelonnées.",
        "clause_statutory": "L’échéancier n’emporte pas renonciation aux pénalités de retard prévues à l’article "
        "L441-10 du code de commerce : elles continuent de courir sur les sommes restant dues et sont réclamées "
        "à part.",
        "clause_agreed": "Les sommes échelonnées portent intérêt au taux annuel convenu de {percent} %, calculé sur le "
        "capital restant dû au nombre exact de jours sur 365, soit {interest} compris dans les échéances. Tant que "
        "l’échéancier est respecté, cet intérêt tient lieu de pénalités de retard.",
        "breach_title": "4. Défaut de paiement",
        "breaks_alone": "Si une échéance n’est pas intégralement payée {grace} après sa date, le présent accord est "
        "résolu de plein droit, sans mise en demeure préalable.",
        "breaks_by_notice": "Si une échéance n’est pas intégralement payée {grace} après sa date, le créancier peut "
        "mettre fin au présent accord par simple écrit.",
        "accelerates": "Déchéance du terme : toutes les sommes restant dues deviennent alors immédiatement exigibles.",
        "keeps_terms": "Les échéances à venir conservent alors leur terme ; celles qui sont échues sont exigibles.",
        "revives": "Les pénalités de retard sont alors dues comme si le présent accord n’avait pas été conclu, sous "
        "déduction de ce qui a été versé à titre d’intérêt.",
        "stays_waived": "La renonciation aux pénalités reste acquise au débiteur jusqu’au jour du défaut.",
        "scope_title": "5. Portée",
        "scope": "Le présent accord n’emporte pas novation : les créances, leurs garanties, clauses et accessoires "
        "subsistent, seules leurs dates de paiement étant aménagées (art. 1330 du code civil). Il ne "
        "constitue pas un titre exécutoire.",
        "proof": "Il vaut reconnaissance du droit du créancier au sens de l’article 2240 du code civil. Fait en deux "
        "exemplaires originaux, un pour chaque partie, ou signé par voie électronique.",
        "date_name": "Date, nom, qualité et signature",
        "own_hand": "Mention à écrire de la main du débiteur (art. 1376 du code civil) : « Je reconnais devoir la "
        "somme de {principal} ({principal_words}). »",
    },
    "en": {
        "title": "Payment plan agreement",
        "between": "Between the undersigned",
        "creditor": "The creditor",
        "debtor": "The debtor",
        "debt_title": "1. Acknowledgement of debt",
        "debt": "The debtor acknowledges owing the creditor, for the documents below, the sum of {principal} "
        "({principal_words}), which the debtor declares certain, liquidated and due, and does not contest.",
        "document": "Document", "due": "Original due date", "amount": "Amount", "principal": "Principal",
        "schedule_title": "2. Schedule",
        "schedule": "The creditor accepts that this debt be paid by the schedule below, {total} ({total_words}) in "
        "all. An instalment that falls on a day that is not a business day is due on the next one.",
        "instalment": "Instalment", "day": "Date", "down_payment": "Down payment", "total": "Total",
        "fee": "This total contains a fee of {fee} for the plan, which the debtor accepts.",
        "imputation": "Each payment goes to the oldest instalment. A credit note lowers the last ones.",
        "transfer": "Payments are made by transfer to account {iban}, reference {reference}.",
        "interest_title": "3. Interest and penalties",
        "clause_none": "As long as the schedule is kept, the creditor waives the late-payment penalties that would run "
        "from today on the amounts of the plan.",
        "clause_statutory": "The schedule waives none of the late-payment penalties of article L441-10 of the French "
        "Commercial Code: they go on running on what remains due and are claimed apart.",
        "clause_agreed": "The amounts of the plan bear interest at the agreed yearly rate of {percent}%, reckoned on "
        "the capital left by the exact number of days over 365: {interest}, contained in the instalments. As long as "
        "the schedule is kept, this interest stands for late-payment penalties.",
        "breach_title": "4. Default",
        "breaks_alone": "If an instalment is not paid in full {grace} after its date, this agreement ends by itself, "
        "without prior notice.",
        "breaks_by_notice": "If an instalment is not paid in full {grace} after its date, the creditor may end this "
        "agreement in writing.",
        "accelerates": "Acceleration: all that remains due then falls due at once.",
        "keeps_terms": "Instalments still to come then keep their dates; those past are due.",
        "revives": "Late-payment penalties are then due as if this agreement had not been made, less what was paid as "
        "interest.",
        "stays_waived": "The waiver of penalties stays acquired to the debtor up to the day of the default.",
        "scope_title": "5. Scope",
        "scope": "This agreement is no novation: the claims, their securities, clauses and accessories remain, only "
        "the days of payment are arranged (article 1330 of the French Civil Code). It is no enforceable title.",
        "proof": "It is an acknowledgement of the creditor’s right within the meaning of article 2240 of the French "
        "Civil Code. Made in two originals, one for each side, or signed electronically.",
        "date_name": "Date, name, capacity and signature",
        "own_hand": "To be written in the debtor’s own hand (article 1376 of the French Civil Code): “I acknowledge "
        "owing the sum of {principal} ({principal_words}).”",
    },
}  # fmt: skip
