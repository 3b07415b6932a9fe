"""The annex of a formal notice or of a claim: interest segment by segment, each with its article, as PDF pages."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext, override

from encours.access.models import Entity
from encours.collections.queries.messages import company_of
from encours.collections.rules.letter import legal_line
from encours.messaging.rules import formats, papers
from encours.penalties.rules import wording
from encours.penalties.rules.accrual import Accrual, percent

_WORDS = {
    "fr": {
        "title": "Annexe : décompte des pénalités de retard",
        "until": "Arrêté au {day} inclus, {name} ({number})",
        "period": "Période", "days": "Jours", "base": "Reste dû", "rate": "Taux", "article": "Texte", "sum": "Intérêts",
        "due": "échéance du {day}, {amount}",
        "fixed": "Indemnité forfaitaire pour frais de recouvrement ({article})",
        "interest": "Intérêts", "compensation": "Indemnités forfaitaires",
        "refused": "Non calculé : une valeur légale manque.",
        "conventions": "Intérêt = reste dû × taux × jours / 365, du lendemain de l’échéance au jour d’arrêté inclus, "
        "par semestre ; sans TVA.",
        "doubt": "À vérifier : {doubt}",
    },
    "en": {
        "title": "Annex: late-payment penalties",
        "until": "Run up to and including {day}, {name} ({number})",
        "period": "Period", "days": "Days", "base": "Owed", "rate": "Rate", "article": "Text", "sum": "Interest",
        "due": "due {day}, {amount}",
        "fixed": "Fixed compensation for recovery costs ({article})",
        "interest": "Interest", "compensation": "Fixed compensations",
        "refused": "Not reckoned: a legal value is missing.",
        "conventions": "Interest = amount owed × rate × days / 365, from the day after the due date up to and "
        "including the day above, by half-year; no VAT.",
        "doubt": "To be verified: {doubt}",
    },
}  # fmt: skip


def annex(
    accruals: Sequence[Accrual], *, entity: Entity, name: str, number: str, language: str, day: date
) -> papers.Paper:
    """The annex on paper: one part for each item, its segments, its compensation, and the sums."""
    words = _WORDS[language]
    with override(language):
        blocks = [block for one in accruals for block in _part(one, words, language)]
        totals = _totals(accruals, words, language)
    line = legal_line(company_of(entity))
    return papers.Paper(
        language=language,
        title=words["title"],
        subtitle=words["until"].format(day=formats.long_date(day, language), name=name, number=number),
        author=entity.name,
        author_line=line.removeprefix(f"{entity.name}, "),
        day=day,
        blocks=[*blocks, papers.heading(f"{words['interest']}, {words['compensation'].lower()}"), papers.facts(totals),
                papers.small(words["conventions"])],
    )  # fmt: skip


def _part(one: Accrual, words: dict[str, str], language: str) -> list[papers.Block]:
    item = one.item
    part = f" ({item.instalment_number}/{item.instalment_count})" if item.instalment_count > 1 else ""
    due = words["due"].format(
        day=formats.short_date(item.due_date, language),
        amount=formats.money(item.amount_minor, item.currency, language),
    )
    head = papers.heading(f"{item.document_number}{part}, {due}")
    if one.refusal:
        return [head, papers.paragraph(words["refused"])]
    mark = "," if language == "fr" else "."
    rows = [
        (
            f"{formats.short_date(row.first_day, language)} - {formats.short_date(row.last_day, language)}",
            formats.number(row.days, language),
            formats.money(row.base_minor, item.currency, language),
            f"{percent(row.rate.percent).replace('.', mark)} %",
            f"{row.rate.article} : {wording.rate_sentence(row.rate, gettext, mark=mark)}",
            formats.money(row.amount_minor, item.currency, language),
        )
        for row in one.segments
    ]
    heads = [words[key] for key in ("period", "days", "base", "rate", "article", "sum")]
    found = [head, papers.table(heads, rows, left=(0, 4), wide=4)]
    doubts = dict.fromkeys(doubt for row in one.segments for doubt in row.rate.doubts)
    found += [papers.small(words["doubt"].format(doubt=gettext(doubt))) for doubt in doubts]
    if one.compensation:
        text = words["fixed"].format(article=one.compensation.article)
        amount = formats.money(one.compensation_minor, one.compensation_currency, language)
        found.append(papers.facts([(text, amount)]))
    return found


def _totals(accruals: Sequence[Accrual], words: dict[str, str], language: str) -> list[tuple[str, str]]:
    interest: dict[str, int] = {}
    fixed: dict[str, int] = {}
    for one in accruals:
        if one.refusal:
            continue
        interest[one.item.currency] = interest.get(one.item.currency, 0) + one.interest_minor
        if one.compensation:
            fixed[one.compensation_currency] = fixed.get(one.compensation_currency, 0) + one.compensation_minor
    return [
        *(
            (words["interest"], formats.money(minor, currency, language))
            for currency, minor in sorted(interest.items())
        ),
        *((words["compensation"], formats.money(minor, cur, language)) for cur, minor in sorted(fixed.items())),
    ]
