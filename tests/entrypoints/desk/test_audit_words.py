"""The audit trail's details are read by people: each key an action writes has its label, values are in words."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from encours.access.models import AuditEntry
from encours.collections.models import SendingPolicy
from encours.customers.actions import Assignment
from encours.customers.contact_actions import ContactForm
from encours.entrypoints.desk import audit_words
from encours.entrypoints.desk.audit_labels import LABELS
from encours.entrypoints.desk.audit_words import Names
from encours.matching.actions.settings import POLICY_FIELDS
from encours.portal.actions import PolicyForm
from encours.recovery.bad_debt_models import BadDebtPolicy
from encours.team.actions.notices import CHOICES

PACKAGE = Path(audit_words.__file__).parents[2]


def _literal_keys(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Dict):
            found |= {key.value for key in part.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "dict":
            found |= {word.arg for word in part.keywords if word.arg}
    return found


def _assigned_keys(function: ast.FunctionDef, names: set[str]) -> set[str]:
    """Of the variables of these names, the keys they are given inside the function."""
    found: set[str] = set()
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id in names:
                found |= _literal_keys(node.value)
            elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in names:
                found |= {target.slice.value} if isinstance(target.slice, ast.Constant) else set()
    return found


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _spread(details: ast.expr) -> set[str]:
    """The variables whose keys become keys of the details: `**more`, or the whole of it."""
    found = {details.id} if isinstance(details, ast.Name) else set()
    for part in ast.walk(details):
        if isinstance(part, ast.Dict):
            pairs = zip(part.keys, part.values, strict=True)
            found |= {value.id for key, value in pairs if key is None and isinstance(value, ast.Name)}
    return found


def _given_by_callers(helper: ast.FunctionDef, spread: set[str], functions: list[ast.FunctionDef]) -> set[str]:
    """What the callers of a room's own helper hand on as details, by keyword or as a dictionary."""
    own = {argument.arg for argument in (*helper.args.args, *helper.args.kwonlyargs)}
    takes_any = helper.args.kwarg is not None and helper.args.kwarg.arg in spread
    found: set[str] = set()
    if not takes_any and not spread & own:
        return found
    for caller in functions:
        for call in ast.walk(caller):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != helper.name:
                continue
            if takes_any:
                found |= {word.arg for word in call.keywords if word.arg and word.arg not in own}
            handed = [*call.args, *(word.value for word in call.keywords if word.arg is None or word.arg in spread)]
            for value in handed:
                found |= _literal_keys(value)
                found |= _assigned_keys(caller, {value.id}) if isinstance(value, ast.Name) else set()
    return found


def _keys_of(tree: ast.Module) -> Iterator[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for call in ast.walk(function):
            name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
            if name != "record_audit" or not isinstance(call, ast.Call):
                continue
            for details in (word.value for word in call.keywords if word.arg == "details"):
                yield from _literal_keys(details)
                yield from _assigned_keys(function, _names(details))
                yield from _given_by_callers(function, _spread(details), functions)


def written_keys() -> set[str]:
    found: set[str] = set()
    for path in (*PACKAGE.glob("*/*actions.py"), *PACKAGE.glob("*/actions/*.py"), *PACKAGE.glob("entrypoints/**/*.py")):
        text = path.read_text()
        if "record_audit(" in text:
            found |= set(_keys_of(ast.parse(text)))
    return found


def test_every_key_an_action_writes_has_its_label() -> None:
    known = written_keys()
    assert len(known) > 150
    assert sorted(known - set(LABELS)) == []


def test_every_field_of_what_is_written_whole_has_its_label() -> None:
    whole = {one.name for form in (Assignment, ContactForm, PolicyForm) for one in fields(form)}
    whole |= {*POLICY_FIELDS, *CHOICES}
    for model in (SendingPolicy, BadDebtPolicy):
        whole |= {one.name for one in model._meta.concrete_fields}
    assert sorted(whole - set(LABELS) - {"id", "organisation", "changed_at"}) == []


NAMES = Names(
    date(2026, 11, 22), people={4: "Maëlle Quintrec"}, customers={7: "Borealis C002"}, entities={1: "Acme SAS"}
)


@pytest.mark.parametrize(
    ("verb", "details", "said"),
    [
        ("open_dispute", {"reason": "quality", "amount_minor": 300}, [("Motif", "Qualité"), ("Montant", "3,00 €")]),
        ("record_promise", {"promised_date": "2026-11-27", "series": ""}, [("Promis pour le", "27/11/2026")]),
        ("assign_dispute", {"owner": 4}, [("Responsable", "Maëlle Quintrec")]),
        ("task_done", {"customer": 7}, [("Client", "Borealis C002")]),
        ("set_credit_limit", {"before": "", "after": "5 000 €"}, [("Avant", "—"), ("Après", "5 000 €")]),
        ("hand_over", {"amount": [4_700_000, "EUR"]}, [("Montant", "47\u202f000,00 €")]),
        ("add_member", {"role": "collector", "own_portfolio_only": True},
         [("Rôle", "Chargé de recouvrement"), ("Son portefeuille seulement", "oui")]),
        ("update_profile", {"changed": {"phone": ["", "05 36"]}}, [("Téléphone", "— → 05 36")]),
        ("record_call", {"outcome": "voicemail"}, [("Issue", "Message laissé")]),
        ("import", {"kind": "bank", "file": "r.xml"}, [("Nature", "Relevé bancaire"), ("Fichier", "r.xml")]),
        ("add_partner", {"fee_permyriad": 1_200}, [("Part d’honoraires", "12,0 %")]),
        ("set_sending_policy", {"opens_at": "08:30:00"}, [("À partir de", "08:30")]),
        ("notify", {"key": "task:6", "kind": "task"}, [("Nature", "Une tâche est à vous"), ("Clé", "task:6")]),
        ("never_heard_of", {"some_new_key": "x"}, [("Some new key", "x")]),
    ],
)  # fmt: skip
def test_details_are_said_in_words(verb: str, details: dict[str, Any], said: list[tuple[str, str]]) -> None:
    entry = AuditEntry(verb=verb, details=details)
    with translation.override("fr"):
        found = [(label, value.replace("\u00a0", " ")) for label, value in audit_words.pairs(entry, NAMES)]
    assert found == said


def test_a_customer_is_told_by_name_and_number() -> None:
    with translation.override("fr"):
        entry = AuditEntry(subject_kind="customer", subject_id="7", details={})
        assert audit_words.subject(entry, NAMES) == "client Borealis C002"
