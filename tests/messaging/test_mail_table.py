"""The table of docs/understanding.md: every labelled mail we have, by class, right, wrong or left to a person."""

import json
import tomllib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from encours.messaging.rules.inbound import mail, quoting
from encours.messaging.rules.understanding import reading
from encours.messaging.rules.understanding.facts import AUTOMATIC, Kind

from .test_mail_corpora import BASE, BOUNCES, CLASSES, CRISP, TALON, crisp_cases, labelled

PAGE = Path(__file__).resolve().parents[2] / "docs" / "understanding.md"
OWN = {
    "made up": "said.toml",
    "hasty": "hasty.toml",
    "unseen": "unseen.toml",
    "busy": "busy.toml",
    "held out": "held_out.toml",
}
TODAY = date(2026, 11, 19)

type Outcomes = Counter[tuple[str, str]]


def outcome(found: reading.Understanding, wanted: set[str]) -> str:
    return "abstained" if found.is_abstaining else "right" if found.main.kind in wanted else "wrong"


def reports() -> Outcomes:
    """Delivery reports and automatic answers, as their collection labels them."""
    counted: Outcomes = Counter()
    for path, rows in labelled().items():
        wanted = CLASSES.get(str(rows[0]["reason"]), {Kind.BOUNCE})
        found = reading.understand(mail.read(path.read_bytes()), today=TODAY)
        counted["/".join(sorted(wanted)), outcome(found, wanted)] += 1
    return counted


def people() -> Outcomes:
    """Answers of people: not taken for a machine's, and what they newly wrote told from what they quote."""
    counted: Outcomes = Counter()
    for path in sorted(TALON.rglob("*.eml")):
        kinds = {one.kind for one in reading.understand(mail.read(path.read_bytes()), today=TODAY).intents}
        counted["a person's answer", "wrong" if kinds & set(AUTOMATIC) else "right"] += 1
    for name, wanted in crisp_cases():
        folded = quoting.fold((CRISP / "test" / "fixtures" / name).read_text(errors="replace"))
        texts = {" ".join(one.split()) for one in (folded.text, f"{folded.text} {folded.signature}")}
        counted["text apart from quote", "right" if " ".join(wanted.split()) in texts else "wrong"] += 1
    return counted


@cache
def read(name: str) -> list[tuple[dict[str, Any], reading.Understanding]]:
    """Each mail of a file, as labelled, and what is understood of it."""
    rows = tomllib.loads((Path(__file__).parent / name).read_text())["mail"]
    start = "From: l@client.example\nSubject: Re: Relance\nIn-Reply-To: <m1@b.example>\n\n"
    return [(one, reading.understand(mail.read(f"{start}{one['text']}".encode()), today=TODAY)) for one in rows]


def own(name: str) -> Outcomes:
    """The mails made up for the tests, by the class a clerk gave them; where they say two things, either may lead."""
    counted: Outcomes = Counter()
    for one, found in read(name):
        counted[one["class"], outcome(found, {one["class"], *one.get("also", ())})] += 1
    return counted


def rows_of(title: str, counted: Outcomes) -> list[str]:
    """One row a class, the most frequent first."""
    totals = Counter({name: sum(n for (other, _), n in counted.items() if other == name) for name, _ in counted})
    return [
        f"| {title} | {name} | {total} | {counted[name, 'right']} | {counted[name, 'wrong']} | "
        f"{counted[name, 'abstained']} |"
        for name, total in sorted(totals.items(), key=lambda row: (-row[1], row[0]))
    ]


def rows_in_page(titles: set[str]) -> list[str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and line.split("|")[1].strip() in titles]


@pytest.mark.parametrize(("title", "name"), OWN.items())
def test_the_page_tells_what_our_own_mails_give(title, name):
    assert rows_in_page({title}) == rows_of(title, own(name))


@pytest.mark.parametrize("name", OWN.values())
def test_a_change_of_bank_details_is_never_overlooked(name):
    """However it is worded, it comes to a person: no automatic answer, a warning, a call-back (CM-11)."""
    for one, found in read(name):
        if Kind.BANK_DETAIL_CHANGE in {one["class"], *one.get("also", ())}:
            assert Kind.BANK_DETAIL_CHANGE in {intent.kind for intent in found.intents}, one["text"]
            assert found.needs_a_person, one["text"]


def test_a_false_alarm_about_bank_details_is_rare():
    """Each costs a call-back: fewer than one mail in a hundred that names none."""
    others = [
        found
        for name in OWN.values()
        for one, found in read(name)
        if Kind.BANK_DETAIL_CHANGE not in {one["class"], *one.get("also", ())}
    ]
    alarms = [one for one in others if Kind.BANK_DETAIL_CHANGE in {intent.kind for intent in one.intents}]
    assert len(alarms) * 100 < len(others)


@pytest.mark.corpora
@pytest.mark.skipif(not BASE.is_dir(), reason="no public mails beside the project")
def test_the_page_tells_what_the_public_mails_give():
    assert (BOUNCES / "expected.json").exists()
    assert json.loads((CRISP / "expected.json").read_text())["files"]
    computed = [*rows_of("reports", reports()), *rows_of("people", people())]
    assert rows_in_page({"reports", "people"}) == computed
