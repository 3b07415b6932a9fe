"""Every bounce, automatic answer and reply in the public collections beside the project, counted by class."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from encours.messaging.rules.inbound import hypertext, mail, quoting
from encours.messaging.rules.understanding import reading
from encours.messaging.rules.understanding.facts import AUTOMATIC, Kind

BASE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "6-emails"
BOUNCES = BASE / "bounces" / "sisimai-set-of-emails"
CRISP = BASE / "replies" / "crisp-oss-email-reply-parser"
TALON = BASE / "replies" / "mailgun-talon" / "tests" / "fixtures"

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.skipif(not BASE.is_dir(), reason="no public mails beside the project"),
]


def understood(path: Path):
    return reading.understand(mail.read(path.read_bytes()), today=date(2026, 11, 19))


def labelled() -> dict[Path, list[dict[str, object]]]:
    labels = json.loads((BOUNCES / "expected.json").read_text())["messages"]
    return {BOUNCES / name: rows for name, rows in labels.items() if (BOUNCES / name).exists()}


CLASSES = {
    "feedback": {Kind.COMPLAINT},
    "delivered": {Kind.DELIVERY_RECEIPT},
    "vacation": {Kind.OUT_OF_OFFICE, Kind.AUTO_REPLY},
}


def test_every_labelled_report_is_of_its_class():
    outcomes: Counter[tuple[str, str]] = Counter()
    for path, rows in labelled().items():
        wanted = CLASSES.get(str(rows[0]["reason"]), {Kind.BOUNCE})
        found = understood(path)
        outcome = "abstained" if found.is_abstaining else "right" if found.main.kind in wanted else "wrong"
        outcomes["/".join(sorted(wanted)), outcome] += 1
    assert {outcome for _, outcome in outcomes} == {"right"}, outcomes


def test_dead_addresses_are_told_from_the_others():
    """A server that says "user unknown" only after it took the address is labelled soft, and debatable."""
    outcomes: Counter[str] = Counter()
    for path, rows in labelled().items():
        found = understood(path).main
        if found.kind != Kind.BOUNCE:
            continue
        hard = sorted(bool(row["is_hard"]) for row in found.fields["recipients"])
        wanted = sorted(bool(row["hard_bounce"]) for row in rows)
        is_right = hard == wanted if len(hard) == len(wanted) else any(hard) == any(wanted)
        refused_late = any(row["reason"] in ("filtered", "rejected") for row in rows)
        outcomes["right" if is_right else "debatable" if refused_late else "wrong"] += 1
    assert outcomes["right"] >= 0.92 * outcomes.total(), outcomes
    assert outcomes["wrong"] <= 0.02 * outcomes.total(), outcomes


def test_old_line_ends_are_read_alike():
    for path in sorted((BOUNCES / "maildir" / "dos").glob("*")):
        twins = [understood(BOUNCES / "maildir" / folder / path.name).main for folder in ("dos", "mac", "bsd")]
        assert len({(one.kind, json.dumps(one.fields.get("recipients"))) for one in twins}) == 1, path.name


def crisp_cases() -> list[tuple[str, str]]:
    wanted = json.loads((CRISP / "expected.json").read_text())["files"]
    cases = []
    for name, told in wanted.items():
        text = told.get("first_fragment_trimmed") or told.get("first_fragment")
        if text is None and "visible_text" in told:
            text = told["visible_text"][0]["equals"]
        if text:
            cases.append((name, text))
    return cases


def test_what_was_newly_written_is_found():
    outcomes: Counter[str] = Counter()
    for name, wanted in crisp_cases():
        folded = quoting.fold((CRISP / "test" / "fixtures" / name).read_text(errors="replace"))
        texts = {" ".join(one.split()) for one in (folded.text, f"{folded.text} {folded.signature}")}
        outcomes["right" if " ".join(wanted.split()) in texts else "wrong"] += 1
    assert outcomes["wrong"] <= 1, outcomes


def test_common_mail_programs_are_known():
    for path in sorted((TALON / "standard_replies").glob("*.eml")):
        assert quoting.fold(mail.read(path.read_bytes()).text).text == "Hello", path.name
    for path in sorted((TALON / "html_replies").glob("*.html")):
        folded = quoting.fold(hypertext.text_of(path.read_text(errors="replace")))
        assert folded.text == "Hi. I am fine.", path.name


def test_people_s_answers_are_not_taken_for_machines():
    taken = [
        path.name for path in TALON.rglob("*.eml") if {one.kind for one in understood(path).intents} & set(AUTOMATIC)
    ]
    assert taken == []
    for path in sorted((CRISP / "test" / "fixtures").glob("*.txt")):
        read = mail.read(b"From: a@b.example\nSubject: Re: x\n\n" + path.read_bytes())
        found = reading.understand(read, today=date(2026, 11, 19))
        assert not {one.kind for one in found.intents} & {Kind.BOUNCE, Kind.AUTO_REPLY, Kind.COMPLAINT}, path.name
