"""An answer holds reminders until it is read, or answered where the settings say so; its address is sealed."""

import pytest

from encours.collections.queries import facts as loading
from encours.messaging import actions as messaging
from encours.messaging.models import Filing, Reply
from encours.messaging.rules.inbound import tokens

from .conftest import NOW

ADDRESS = "nadia@brevanne.example"


def held(company) -> int:
    """How many answers the next run would be held by."""
    book = loading.book_of(company.organisation_id, today=NOW.date(), now=NOW)
    return sum(one.unread_replies for one in loading.customers(book, ids=[company.acme.pk]))


@pytest.fixture
def reply(company, books, post) -> Reply:
    return post.reply_to(post.comes("Pourquoi cette relance ?"))


def test_read_it_holds_no_longer(company, reply):
    assert held(company) == 1
    messaging.mark_reply_read(organisation_id=company.organisation_id, reply_id=reply.pk, by=company.by, now=NOW)
    assert held(company) == 0


def test_until_answered_reading_is_not_enough(company, reply):
    of_it = {"organisation_id": company.organisation_id, "by": company.by, "now": NOW}
    messaging.set_reply_policy(hold_until="answered", **of_it)
    messaging.mark_reply_read(reply_id=reply.pk, **of_it)
    reply.refresh_from_db()
    assert (reply.read_by_name, held(company)) == (company.by.name, 1)
    messaging.needs_no_answer(reply_id=reply.pk, **of_it)
    assert held(company) == 0


class TestTokens:
    def test_name_the_message_and_only_ours(self):
        marked = tokens.address_for(ADDRESS, 4711, organisation_id=1, key="k")
        assert marked.startswith("nadia+e4711-")
        [one] = tokens.claimed([marked.upper()], organisation_id=1, keys=["new", "k"])
        assert (one.message_id, one.is_ours) == (4711, True)
        for forged in (marked.replace("4711", "4712"), marked.replace("-", "-a", 1)[:-1] + "e"):
            assert not any(claim.is_ours for claim in tokens.claimed([forged], organisation_id=1, keys=["k"]))
        assert not tokens.claimed([marked], organisation_id=2, keys=["k"])[0].is_ours

    def test_do_not_fit_everywhere(self):
        long = "x" * 60 + "@brevanne.example"
        assert tokens.address_for(long, 1, organisation_id=1, key="k") == long
        assert tokens.address_for("a+b@c.example", 1, organisation_id=1, key="k") == "a+b@c.example"


def test_a_forged_address_goes_to_triage_even_from_a_known_sender(company, books, post):
    marked = tokens.address_for(ADDRESS, 1, organisation_id=company.organisation_id, key="not ours")
    mail = post.comes("Nous paierons vendredi.", to=marked)
    assert (mail.filing, mail.why) == (Filing.TRIAGE, "forged_token")
