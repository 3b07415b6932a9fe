"""To whom a step is addressed: the ladder of roles, the address each channel needs, and the copies."""

from typing import NamedTuple

from encours.collections.rules.facts import Address, CustomerFacts
from encours.collections.rules.steps import LETTERS, Channel, Step
from encours.messaging.rules import phones


class Unreachable(NamedTuple):
    """Why nobody can be reached by a channel: what to mend, and whether that is for the customer alone to change."""

    cause: str
    is_final: bool = False
    email: str = ""


def ladder(customer: CustomerFacts, step: Step) -> tuple[str, ...]:
    """The roles in the order in which somebody is looked for.

    With accounts, purchaser, CFO and one rung for each two messages without an answer: after two the purchaser comes
    first, after four the CFO, and the lower rungs stand behind.
    """
    if step.escalate_after is None or customer.unanswered < step.escalate_after:
        return step.to_roles
    rung = min(customer.unanswered // step.escalate_after, len(step.to_roles) - 1)
    return step.to_roles[rung:] + step.to_roles[:rung]


def addressed(customer: CustomerFacts, step: Step) -> tuple[Address, ...]:
    """Whom a step reaches: the contacts of the first role that has one, else the main one, else the customer itself.

    A letter goes to the customer's postal address, for the attention of one person at most.
    """
    channel = step.channel
    usable = [contact for contact in customer.contacts if can_reach(contact, channel, country=customer.country)]
    if usable:
        return _chosen(usable, ladder(customer, step), is_one=channel in LETTERS)
    if channel in LETTERS:
        return (Address("", "", ""),) if customer.has_postal_address else ()
    if channel is Channel.SMS:
        return ()
    known = {contact.email.lower() for contact in customer.contacts}
    if customer.email and customer.email.lower() not in known:
        return (Address("", "", customer.email),)
    return ()


def _chosen(usable: list[Address], roles: tuple[str, ...], *, is_one: bool) -> tuple[Address, ...]:
    for role in roles:
        found = tuple(contact for contact in usable if contact.role == role)
        if found:
            chosen = tuple(contact for contact in found if contact.is_primary) or found
            return chosen[:1] if is_one else chosen
    return tuple(contact for contact in usable if contact.is_primary) or tuple(usable[:1])


def unreachable(customer: CustomerFacts, step: Step) -> Unreachable | None:
    """Why the step reaches nobody, if so."""
    channel = step.channel
    if channel in LETTERS:
        return None if customer.has_postal_address else Unreachable("no_postal_address")
    if channel is Channel.ELECTRONIC_REGISTERED_LETTER and customer.is_natural_person:
        # CPCE L100: who is no professional must have agreed to be sent electronic registered letters
        return Unreachable("no_consent", is_final=True)
    if addressed(customer, step):
        return None
    if channel is Channel.SMS:
        return Unreachable("no_phone")
    bounced = [contact.email for contact in customer.contacts if contact.has_bounced and contact.email]
    if bounced:
        return Unreachable("bounced", email=bounced[0])
    refused = [contact.email for contact in customer.contacts if contact.has_opted_out and contact.email]
    if refused:
        return Unreachable("opted_out", is_final=True, email=refused[0])
    return Unreachable("missing", is_final=True)


def can_reach(contact: Address, channel: Channel, *, country: str = "") -> bool:
    """Whether the channel reaches this person: an e-mail that works, a mobile phone, and no wish against it."""
    if channel is Channel.SMS:
        return bool(contact.phone) and "sms" not in contact.refuses and phones.is_mobile(contact.phone, country)
    if channel in LETTERS:
        return "letter" not in contact.refuses
    return bool(contact.email) and not contact.has_bounced and not contact.has_opted_out


def copies(customer: CustomerFacts, step: Step, to: tuple[Address, ...]) -> tuple[Address, ...]:
    """Who else reads an e-mail: contacts of the roles for copies, then our own people, nobody twice."""
    if step.channel is not Channel.EMAIL:
        return ()
    taken = {address.email.lower() for address in to}
    found = [one for one in customer.contacts if one.role in step.cc_roles and can_reach(one, step.channel)]
    found += [colleague for kind in step.cc_internal for colleague in customer.colleagues.get(kind, ())]
    kept = []
    for address in found:
        if address.email and address.email.lower() not in taken:
            taken.add(address.email.lower())
            kept.append(address)
    return tuple(kept)
