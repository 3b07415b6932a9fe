"""What a domain's published records say about mail in its name: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from encours.core.errors import gettext_noop

type Records = Mapping[str, Sequence[str]]  # the TXT records found under each name
type Verdict = Literal["good", "weak", "missing", "wrong"]

SELECTORS = ("default", "mail", "dkim", "google", "selector1", "selector2", "k1", "s1", "s2", "mta")


@dataclass(frozen=True, slots=True)
class DomainFinding:
    """One of the three, judged: what is published, and what to do about it."""

    verdict: Verdict
    advice: str
    record: str = ""

    def as_json(self) -> dict[str, str]:
        return {"verdict": self.verdict, "advice": self.advice, "record": self.record}


def names_to_ask(domain: str, *, selectors: Sequence[str] = SELECTORS) -> list[str]:
    """The names whose TXT records decide: brevanne.fr -> itself, _dmarc.brevanne.fr, default._domainkey.brevanne.fr."""
    return [domain, f"_dmarc.{domain}", *(f"{selector}._domainkey.{domain}" for selector in selectors)]


def findings(domain: str, records: Records, *, selectors: Sequence[str] = SELECTORS) -> dict[str, DomainFinding]:
    """SPF, DKIM and DMARC of a domain, judged from its records.

    "v=spf1 include:_spf.host.example -all" is good, with "?all" weak, with "+all" wrong, and twice wrong too; no record
    at all is missing.
    """
    return {
        "spf": _spf(records.get(domain, ())),
        "dkim": _dkim(domain, records, selectors),
        "dmarc": _dmarc(records.get(f"_dmarc.{domain}", ())),
    }


def _spf(texts: Sequence[str]) -> DomainFinding:
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return DomainFinding("missing", gettext_noop("Publish an SPF record that names your mail server."))
    if len(found) > 1:
        return DomainFinding("wrong", gettext_noop("Two SPF records: receivers ignore both. Keep one."), found[0])
    terms = found[0].lower().split()
    if "+all" in terms or "all" in terms:
        return DomainFinding("wrong", gettext_noop("This SPF record lets anybody write in your name."), found[0])
    is_closed = terms[-1] in {"-all", "~all"} or any(term.startswith("redirect=") for term in terms)
    if not is_closed:
        return DomainFinding("weak", gettext_noop("End the SPF record with -all or ~all."), found[0])
    return DomainFinding("good", gettext_noop("Check that it names the server of this account."), found[0])


def _dkim(domain: str, records: Records, selectors: Sequence[str]) -> DomainFinding:
    published = {
        selector: text
        for selector in selectors
        for text in records.get(f"{selector}._domainkey.{domain}", ())
        if "p" in _tags(text)
    }
    valid = {selector: text for selector, text in published.items() if _tags(text)["p"]}
    if valid:
        selector, text = next(iter(valid.items()))
        return DomainFinding("good", gettext_noop("Your mail server must sign with this key."), f"{selector}: {text}")
    if published:
        selector, text = next(iter(published.items()))
        return DomainFinding("wrong", gettext_noop("This DKIM key has been withdrawn."), f"{selector}: {text}")
    return DomainFinding(
        "missing", gettext_noop("No DKIM key under the usual names: ask your mail provider for its selector.")
    )


def _dmarc(texts: Sequence[str]) -> DomainFinding:
    found = [text for text in texts if _tags(text).get("v") == "DMARC1"]
    if not found:
        return DomainFinding("missing", gettext_noop("Publish a DMARC record; large mailboxes ask for one."))
    if len(found) > 1:
        return DomainFinding("wrong", gettext_noop("Two DMARC records: receivers ignore both. Keep one."), found[0])
    policy = _tags(found[0]).get("p", "").lower()
    if policy in {"quarantine", "reject"}:
        return DomainFinding("good", gettext_noop("Messages that fail the checks are put aside or refused."), found[0])
    if policy == "none":
        return DomainFinding("weak", gettext_noop("With p=none, forged messages still arrive."), found[0])
    return DomainFinding("wrong", gettext_noop("The DMARC record has no valid policy (p=)."), found[0])


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
