"""What a reminder says: the drafts of the messages to queue, built for many at once from the decisions as kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import connection

from encours.access.models import Entity, Organisation, User
from encours.collections.models import Reminder, ReminderItem, ScenarioVersion, StepWords
from encours.collections.queries.facts import plan_of
from encours.collections.queries.penalties import PENALTY_PATHS, penalty_words, reckoned
from encours.collections.queries.rewording import words_for
from encours.collections.rules.letter import Company, greeting, legal_line
from encours.collections.rules.rewording import own_context, own_template
from encours.collections.rules.steps import LETTERS, Basis, Sender, Step
from encours.core.ids import creditor_reference
from encours.core.money import Money
from encours.customers.models import Customer
from encours.invoices import copy_queries as copies
from encours.ledger.models import OpenItem
from encours.messaging import queries as messaging
from encours.messaging.rules import postal
from encours.messaging.rules.values import Address, Attachment, Draft
from encours.messaging.rules.values import Sender as MessageSender
from encours.penalties.rules.accrual import Accrual
from encours.plans.models import Plan, PlanInstalment
from encours.portal import queries as portal
from encours.team.queries import absences

PREVIOUS_DAYS = 90
PREVIOUS_MAX = 3
NORMAL, URGENT = 2, 3
FILES_MAX = 10
FILES_BYTES_MAX = 15 * 1024 * 1024


def waiting_for_hand_over(organisation_id: int, *, today: date, limit: int) -> list[int]:
    """Decisions that leave by e-mail and have no message yet, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select r.id from collections_reminder r
            where r.organisation_id = %s and r.outcome = 'due' and r.message_key <> ''
              and r.send_date >= %s
              and not exists (select from messaging_message m
                              where m.organisation_id = r.organisation_id and m.key = r.message_key)
              and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
            order by r.id limit %s
            """,
            [organisation_id, today - timedelta(days=7), limit],
        )
        return [row[0] for row in cursor.fetchall()]


def tasks_to_give(organisation_id: int, *, today: date) -> list[tuple[str, str, date, int, str, int]]:
    """The steps that a person does and has no task for yet: key, title, day, customer, what is asked, priority."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select r.id, r.step_name, r.send_date, r.customer_id, r.channel, r.claimed_minor, r.claimed_currency
            from collections_reminder r
            where r.organisation_id = %s and r.outcome = 'due' and r.channel in ('task', 'hand_over')
              and r.send_date >= %s
              and not exists (select from team_task t
                              where t.organisation_id = r.organisation_id and t.key = 'reminder:' || r.id)
              and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
            order by r.id
            """,
            [organisation_id, today - timedelta(days=7)],
        )
        press = {"hand_over": URGENT}
        return [
            (f"reminder:{pk}", name, day, customer, str(Money(minor, currency or "EUR")), press.get(channel, NORMAL))
            for pk, name, day, customer, channel, minor, currency in cursor.fetchall()
        ]


def attaches_copies(organisation_id: int) -> bool:
    """Whether any version of a scenario has a step that attaches invoices: their messages are made in small parts."""
    versions = ScenarioVersion.objects.filter(organisation_id=organisation_id)
    return versions.filter(steps__contains=[{"with_copies": True}]).exists()


def drafts_of(
    organisation_id: int,
    reminder_ids: Sequence[int],
    *,
    today: date,
    is_trial: bool = False,
    with_files: bool = False,
    as_the_template: bool = False,
) -> list[Draft]:
    """The message of each decision: to whom, from whom, with which template and all that the template may print.

    For a trial nobody knows yet what the text will name, so all is there. Files are read only for what is to leave.
    `as_the_template` leaves out the words that people put in place of the template's.
    """
    slice_ = _Slice(
        organisation_id, list(reminder_ids), today, is_trial=is_trial, with_files=with_files,
        as_the_template=as_the_template,
    )  # fmt: skip
    return [slice_.draft(reminder) for reminder in slice_.reminders]


@dataclass
class _Slice:
    """Some reminders and all that their messages need, each read once for all of them."""

    organisation_id: int
    reminder_ids: list[int]
    today: date
    is_trial: bool = False
    with_files: bool = False
    as_the_template: bool = False

    @cached_property
    def reminders(self) -> list[Reminder]:
        found = Reminder.objects.filter(organisation_id=self.organisation_id, pk__in=self.reminder_ids)
        return list(found.order_by("pk"))

    @cached_property
    def organisation(self) -> Organisation:
        return Organisation.objects.get(pk=self.organisation_id)

    @cached_property
    def customers(self) -> Mapping[int, Customer]:
        wanted = {reminder.customer_id for reminder in self.reminders}
        return Customer.objects.filter(organisation_id=self.organisation_id).in_bulk(wanted)

    @cached_property
    def entities(self) -> Mapping[int, Entity]:
        return {entity.pk: entity for entity in Entity.objects.filter(organisation_id=self.organisation_id)}

    @cached_property
    def legal_lines(self) -> Mapping[int, str]:
        return {pk: legal_line(company_of(entity)) for pk, entity in self.entities.items()}

    @cached_property
    def substitutes(self) -> Mapping[int, int]:
        return absences.substitutes(self.organisation_id, today=self.today)

    @cached_property
    def people(self) -> Mapping[int, User]:
        collectors = {c.collector_id for c in self.customers.values() if c.collector_id}
        return User.objects.in_bulk({self.substitutes.get(pk, pk) for pk in collectors})

    def signatory(self, customer: Customer) -> User | None:
        """The collector, or while they are away whoever stands in: an answer reaches somebody who is there."""
        collector = customer.collector_id or 0
        return self.people.get(self.substitutes.get(collector, collector))

    @cached_property
    def steps(self) -> Mapping[tuple[int, str], Step]:
        versions = ScenarioVersion.objects.filter(
            organisation_id=self.organisation_id, pk__in={r.version_id for r in self.reminders if r.version_id}
        )
        return {(version.pk, step.key): step for version in versions for step in plan_of(version, "").steps}

    @cached_property
    def items(self) -> Mapping[int, list[ReminderItem]]:
        found: dict[int, list[ReminderItem]] = {}
        rows = ReminderItem.objects.filter(organisation_id=self.organisation_id, reminder_id__in=self.reminder_ids)
        for row in rows.order_by("reminder_id", "due_date", "pk"):
            found.setdefault(row.reminder_id, []).append(row)
        return found

    @cached_property
    def open_items(self) -> Mapping[int, OpenItem]:
        wanted = {row.item_id for rows in self.items.values() for row in rows}
        wanted.update(pk for reminder in self.reminders for pk in reminder.credit_item_ids)
        return OpenItem.objects.filter(organisation_id=self.organisation_id).in_bulk(wanted)

    @cached_property
    def plan_instalments(self) -> Mapping[int, tuple[Plan, PlanInstalment]]:
        """The instalments of plans that are asked for, with all the others of their plan."""
        wanted = {-row.item_id for rows in self.items.values() for row in rows if row.item_id < 0}
        if not wanted:
            return {}
        plans = PlanInstalment.objects.filter(organisation_id=self.organisation_id, pk__in=wanted).values("plan_id")
        found = PlanInstalment.objects.filter(organisation_id=self.organisation_id, plan_id__in=plans)
        return {one.pk: (one.plan, one) for one in found.select_related("plan")}

    @cached_property
    def asking(self) -> set[str]:
        """The templates that speak of penalties: nothing is reckoned for the others."""
        if self.is_trial:
            return {self._step_of(reminder).template_key for reminder in self.reminders}
        return messaging.templates_naming(PENALTY_PATHS, organisation_id=self.organisation_id)

    @cached_property
    def accruals(self) -> Mapping[tuple[date, int], list[Accrual]]:
        """The penalties of the customers whose letter speaks of them, by the day it is written and customer."""
        wanted: dict[date, set[int]] = {}
        for reminder in self.reminders:
            if self._step_of(reminder).template_key in self.asking:
                wanted.setdefault(self._sent_on(reminder), set()).add(reminder.customer_id)
        return {
            (day, customer_id): found
            for day, customer_ids in wanted.items()
            for customer_id, found in reckoned(customer_ids, organisation_id=self.organisation_id, day=day).items()
        }

    def _step_of(self, reminder: Reminder) -> Step:
        return self.steps[reminder.version_id or 0, reminder.step_key]

    @staticmethod
    def _sent_on(reminder: Reminder) -> date:
        return reminder.send_date or reminder.decided_date

    @cached_property
    def order_numbers(self) -> Mapping[int, str]:
        documents = [
            item.document_id for item in self.open_items.values() if item.document_id and item.kind != "receipt"
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "select id, order_number from invoices_document where organisation_id = %s and id = any(%s)",
                [self.organisation_id, documents],
            )
            return dict(cursor.fetchall())

    @cached_property
    def links(self) -> Mapping[tuple[int, str], dict[str, str]]:
        """The customers' own pages, each for the first person written to; none where the portal is closed."""
        wanted = [(one.customer_id, row[2]) for one in self.reminders for row in one.recipients["to"][:1]]
        return portal.links_for(wanted, organisation_id=self.organisation_id, today=self.today)

    @cached_property
    def words(self) -> Mapping[int, StepWords]:
        """What people wrote in place of the template's text."""
        if self.as_the_template:
            return {}
        return words_for(self.reminder_ids, organisation_id=self.organisation_id)

    @cached_property
    def previous(self) -> Mapping[tuple[int, int], list[tuple[date, str]]]:
        """Earlier messages of the entity to the customer that are not taken back, latest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                select r.customer_id, r.entity_id, r.send_date, r.step_name from collections_reminder r
                where r.organisation_id = %s and r.customer_id = any(%s) and r.outcome = 'due' and r.message_key <> ''
                  and r.send_date between %s and %s and not (r.id = any(%s))
                  and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
                order by r.send_date desc, r.id desc
                """,
                [
                    self.organisation_id, list(self.customers), self.today - timedelta(days=PREVIOUS_DAYS), self.today,
                    self.reminder_ids,
                ],
            )  # fmt: skip
            found: dict[tuple[int, int], list[tuple[date, str]]] = {}
            for customer_id, entity_id, day, name in cursor.fetchall():
                found.setdefault((customer_id, entity_id), []).append((day, name))
        return found

    def draft(self, reminder: Reminder) -> Draft:
        step = self._step_of(reminder)
        customer = self.customers[reminder.customer_id]
        to = [self._address(row, reminder, customer) for row in reminder.recipients["to"]]
        spoken = next((row[3] for row in reminder.recipients["to"] if row[3]), "")
        language = (spoken or customer.language or self.organisation.language)[:2]
        person = self.signatory(customer) if step.sender is Sender.COLLECTOR else None
        words = self.words.get(reminder.pk)
        return Draft(
            key=reminder.message_key,
            kind="reminder",
            customer_id=customer.pk,
            sender=MessageSender(person.pk if person else None, reminder.entity_id),
            to=to,
            cc=[Address(row[2], row[0]) for row in reminder.recipients["cc"]],
            template_key=own_template(reminder.channel) if words else step.template_key,
            language=language,
            context={
                **self._context(reminder, step, customer, person, language),
                **(own_context(words.subject, words.text) if words else {}),
            },
            send_after=reminder.send_after or reminder.decided_at,
            channel=reminder.channel,
            attachments=self._files(reminder) if step.with_copies and self.with_files else (),
        )

    def _files(self, reminder: Reminder) -> list[Attachment]:
        """The PDFs held of what is asked for, the oldest debt first, as many as a mailbox takes well."""
        rows = [self.open_items.get(row.item_id) for row in self.items.get(reminder.pk, [])]
        wanted = list(dict.fromkeys(item.document_id for item in rows if item is not None and item.document_id))
        kept = copies.of_documents(wanted, organisation_id=self.organisation_id)
        found: list[Attachment] = []
        left_bytes = FILES_BYTES_MAX
        for copy in (kept[pk] for pk in wanted if pk in kept):
            if len(found) < FILES_MAX and copy.size_bytes <= left_bytes:
                left_bytes -= copy.size_bytes
                found.append(Attachment(copy.file_name, "application/pdf", copies.content(copy)))
        return found

    def _address(self, row: Sequence[str], reminder: Reminder, customer: Customer) -> Address:
        """Where the message goes: a mailbox, a phone, or the customer's own postal address for somebody's attention."""
        name, _, email, _, *phone = row
        if reminder.channel not in LETTERS:
            return Address(email, name, phone=phone[0] if phone else "", country=customer.country)
        home = self.entities[reminder.entity_id].country if reminder.entity_id else "FR"
        lines = postal.lines_of(
            street=customer.street, postcode=customer.postcode, city=customer.city, country=customer.country,
            attention=name, addressee=customer.name, home=home,
        )  # fmt: skip
        return Address(email, customer.name, lines=lines, country=customer.country)

    def _context(
        self, reminder: Reminder, step: Step, customer: Customer, person: User | None, language: str
    ) -> dict[str, Any]:
        entity = self.entities[reminder.entity_id or 0]
        name = reminder.recipients["to"][0][0] if reminder.recipients["to"] else ""
        sent_on = self._sent_on(reminder)
        rows = self.items.get(reminder.pk, [])
        is_thanks = step.basis is Basis.PAID
        previous = self.previous.get((customer.pk, entity.pk), [])
        bank = next((check.get("data", {}).get("known") for check in reminder.checks if check["code"] == "bank"), None)
        return {
            "entity": entity_words(entity, customer, line=self.legal_lines[entity.pk]),
            "customer": {
                "name": customer.name,
                "number": customer.number,
                "reference_rf": creditor_reference(customer.number),
            },
            "contact": {"name": name, "greeting": greeting(name, language)},
            "items": [self._item(row, sent_on) for row in rows],
            "disputed_items": [{"number": n, "open": money_words(minor, c)} for n, minor, c in reminder.disputed],
            "credit_items": [self._credit(pk) for pk in reminder.credit_item_ids],
            "totals": [money_words(minor, currency) for currency, minor in sorted(reminder.totals.items())],
            "penalties": self._penalties(reminder, step, rows),
            "received": self._received(rows) if is_thanks else {},
            "new_deadline_date": reminder.deadline_date.isoformat() if reminder.deadline_date else None,
            "links": self._links(reminder),
            "sender": sender_words(person, entity),
            "sent_on": sent_on.isoformat(),
            "books_date": self.today.isoformat(),
            "bank_date": bank,
            "previous_contacts": [
                {"on": day.isoformat(), "what": what} for day, what in reversed(previous[:PREVIOUS_MAX])
            ],
        }

    def _links(self, reminder: Reminder) -> dict[str, str]:
        first = next(iter(reminder.recipients["to"]), None)
        return self.links.get((reminder.customer_id, first[2].strip().lower()), {}) if first else {}

    def _item(self, row: ReminderItem, sent_on: date) -> dict[str, Any]:
        item = self.open_items.get(row.item_id)
        if item is None:
            return self._plan_instalment(row, sent_on)
        number = row.document_number
        if item.instalment_count > 1:
            number = f"{number} ({item.instalment_number}/{item.instalment_count})"
        return {
            "number": number,
            "order_number": self.order_numbers.get(item.document_id or 0, ""),
            "issue_date": item.item_date.isoformat(),
            "due_date": row.due_date.isoformat(),
            "days_late": (sent_on - row.due_date).days,
            "open": money_words(row.claimed_minor, row.currency),
            "amount": money_words(item.amount_minor, row.currency),
        }

    def _plan_instalment(self, row: ReminderItem, sent_on: date) -> dict[str, Any]:
        """An instalment of a payment plan, which has no open item of its own."""
        plan, instalment = self.plan_instalments[-row.item_id]
        count = max(one.number for _, one in self.plan_instalments.values() if one.plan_id == plan.pk)
        return {
            "number": f"{row.document_number} ({instalment.number}/{count})",
            "order_number": "",
            "issue_date": (plan.agreed_date or plan.drafted_date).isoformat(),
            "due_date": row.due_date.isoformat(),
            "days_late": (sent_on - row.due_date).days,
            "open": money_words(row.claimed_minor, row.currency),
            "amount": money_words(instalment.amount_minor, row.currency),
        }

    def _credit(self, item_id: int) -> dict[str, Any]:
        item = self.open_items[item_id]
        return {
            "number": item.document_number,
            "issue_date": item.item_date.isoformat(),
            "open": money_words(-item.open_minor, item.currency),
        }

    def _penalties(self, reminder: Reminder, step: Step, rows: Sequence[ReminderItem]) -> dict[str, Any]:
        if step.template_key not in self.asking:
            return {}
        found = self.accruals.get((self._sent_on(reminder), reminder.customer_id), [])
        return penalty_words(found, debts={(row.entity_id, row.document_number, row.instalment_number) for row in rows})

    def _received(self, rows: Iterable[ReminderItem]) -> dict[str, Any]:
        paid = [self.open_items[row.item_id] for row in rows]
        if len({item.currency for item in paid}) != 1:
            return {}
        days = [item.legs_last_date for item in paid if item.legs_last_date]
        return {
            "amount": money_words(sum(item.amount_minor for item in paid), paid[0].currency),
            "value_date": max(days).isoformat() if days else None,
        }


def entity_words(entity: Entity, customer: Customer, *, line: str = "") -> dict[str, Any]:
    """The company that sells, as its letter to this customer names it."""
    return {
        "name": entity.name,
        "legal_line": line or legal_line(company_of(entity)),
        "iban": entity.iban,
        "bic": entity.bic,
        "email": entity.email,
        "phone": entity.phone,
        # the penalties and the EUR 40 of C. com. L441-10 bind professionals only
        "penalty_mention": "" if customer.is_natural_person else entity.penalty_mention,
    }


def money_words(minor: int, currency: str) -> dict[str, str]:
    """An amount as a template reads it."""
    return Money(minor, currency).as_json()


def sender_words(person: User | None, entity: Entity) -> dict[str, str]:
    """Who signs: the person, or the company itself."""
    if person is None:
        return {"name": entity.name, "email": entity.email, "phone": entity.phone}
    return {
        "name": person.display_name,
        "title": person.title,
        "email": person.email,
        "phone": person.phone or entity.phone,
    }


def company_of(entity: Entity) -> Company:
    """The company as its legal line tells it."""
    return Company(
        name=entity.name,
        legal_form=entity.legal_form,
        siren=entity.siren,
        rcs_city=entity.rcs_city,
        capital_minor=entity.capital_minor,
        currency=entity.currency,
        street=entity.street,
        postcode=entity.postcode,
        city=entity.city,
    )
