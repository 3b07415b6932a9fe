"""Scenarios as plain text: write one out, read one in, check a file, say what differs."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.models import ScenarioVersion
from encours.collections.queries import scenarios
from encours.collections.queries.facts import plan_of
from encours.collections.rules import comparison, scenario_words
from encours.collections.rules.plaintext import ScenarioText, read_scenario, text_difference, write_scenario
from encours.collections.rules.steps import Plan
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.entrypoints.cli import output

BY = Actor(user_id=None, name="encours scenario", channel="cli")
STDIN = "-"


class FileUnreadable(NotFound):
    """The file is not there, or no text."""

    message = gettext_noop("{file} cannot be read as text (UTF-8).")


class FileThere(Refused):
    """An existing file is not written over."""

    message = gettext_noop("{file} exists already: choose another name, or give --force.")


class Side(NamedTuple):
    """One side of a comparison: what it is called, its text and its plan."""

    name: str
    text: str
    plan: Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of the four verbs, and upon what."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    export = verbs.add_parser("export", help=_("write a scenario to a file, or to the screen"))
    export.add_argument("name", metavar="NAME", help=_("the scenario's name; NAME@3 for its third version"))
    export.add_argument("file", metavar="FILE", nargs="?", help=_("where to write it; left out: the screen"))
    export.add_argument("--draft", action="store_true", help=_("the draft instead of what is in force"))
    export.add_argument("--force", action="store_true", help=_("write over an existing file"))
    bring = verbs.add_parser("import", help=_("read a scenario from a file: a draft, or a new scenario"))
    bring.add_argument("file", metavar="FILE", help=_("a file, or - for standard input"))
    bring.add_argument("--publish", action="store_true", help=_("put it in force at once"))
    bring.add_argument("--note", default="", help=_("what changes, for your colleagues"))
    check = verbs.add_parser("check", help=_("say whether a file makes a scenario, and where it does not"))
    check.add_argument("file", metavar="FILE", nargs="+", help=_("a file, or - for standard input"))
    diff = verbs.add_parser("diff", help=_("what differs between two files, scenarios or versions"))
    diff.add_argument("before", metavar="BEFORE", help=_("a file, NAME or NAME@VERSION"))
    diff.add_argument("after", metavar="AFTER", help=_("a file, NAME or NAME@VERSION"))
    diff.add_argument("--text", action="store_true", help=_("as lines of text instead of sentences"))
    for verb in (export, bring, check, diff):
        verb.add_argument("--organisation", metavar="SLUG", help=_("which organisation, where there are several"))
        verb.add_argument("--json", action="store_true", help=_("one JSON document on stdout"))


def run(arguments: argparse.Namespace) -> int:
    """Do it; a file that makes no scenario is refused with its line."""
    if arguments.verb == "check":
        return _check(arguments)
    organisation = access.only_organisation(arguments.organisation)
    with context.bound(organisation.pk):
        verbs = {"export": _export, "import": _import, "diff": _diff}
        return verbs[arguments.verb](organisation, arguments)


def _export(organisation: Organisation, arguments: argparse.Namespace) -> int:
    version = _version(organisation, arguments.name)
    draft = None
    if arguments.draft:
        draft = scenarios.draft_of(version.scenario_id, organisation_id=organisation.pk)
    text = scenarios.text_of(scenarios.drafted_plan(version, draft), language=version.scenario.language)
    if arguments.file:
        target = Path(arguments.file)
        if target.exists() and not arguments.force:
            raise FileThere(file=arguments.file)
        target.write_text(text, encoding="utf-8")
    if arguments.json:
        said: dict[str, Any] = {"scenario": version.scenario.name, "version": version.number}
        output.print_json({**said, "is_draft": draft is not None, "file": arguments.file, "text": text})
    elif not arguments.file:
        sys.stdout.write(text)
    else:
        output.print_line(_("Written to {file}.").format(file=arguments.file))
    return output.DONE


def _import(organisation: Organisation, arguments: argparse.Namespace) -> int:
    found = _read(arguments.file)
    steps = [step.as_json() for step in found.steps]
    known = scenarios.scenario_named(found.name, organisation_id=organisation.pk)
    now = datetime.now(UTC)
    choices = {"grouping": found.grouping.value, "entry": found.entry.value}
    is_published, differences = True, list[str]()
    if known is None:
        version = collections.create_scenario(
            organisation_id=organisation.pk, name=found.name, steps=steps, language=found.language, note=arguments.note,
            now=now, by=BY, **choices,
        )  # fmt: skip
        number = version.number
    else:
        in_force = scenarios.version_in_force(known.pk, organisation_id=organisation.pk)
        plan = plan_of(in_force, known.name)
        differences = _differences(plan, _plan(found))
        collections.keep_draft(
            organisation_id=organisation.pk, scenario_id=known.pk, steps=steps, now=now, by=BY, **choices
        )
        number, is_published = in_force.number, arguments.publish
        if arguments.publish:
            number = collections.publish_draft(
                organisation_id=organisation.pk, scenario_id=known.pk, note=arguments.note, now=now, by=BY
            ).number
    if arguments.json:
        output.print_json({
            "scenario": found.name, "is_new": known is None, "is_published": is_published, "version": number,
            "changes": differences,
        })  # fmt: skip
        return output.DONE
    for sentence in differences:
        output.print_line(sentence)
    done = _("“{name}” is in force as version {number}.") if is_published else _("“{name}” waits as a draft.")
    output.print_line(done.format(name=found.name, number=number))
    return output.DONE


def _check(arguments: argparse.Namespace) -> int:
    faults: list[dict[str, Any]] = []
    for name in arguments.file:
        try:
            _read(name)
        except (Refused, NotFound) as error:
            faults.append(error.as_json(_))
    if arguments.json:
        output.print_json({"ok": not faults, "faults": faults})
    elif not faults:
        output.print_line(_("All is in order."))
    else:
        for fault in faults:
            output.refuse(fault["message"])
    return output.REFUSED if faults else output.DONE


def _diff(organisation: Organisation, arguments: argparse.Namespace) -> int:
    before, after = _side(organisation, arguments.before), _side(organisation, arguments.after)
    lines = text_difference(before.text, after.text, names=(before.name, after.name))
    sentences = _differences(before.plan, after.plan)
    if arguments.json:
        output.print_json({
            "before": before.name, "after": after.name, "changes": sentences, "text": lines,
        })  # fmt: skip
        return output.DONE
    for line in (lines if arguments.text else sentences) or [_("Nothing differs.")]:
        output.print_line(line)
    return output.DONE


def _side(organisation: Organisation, named: str) -> Side:
    if named == STDIN or Path(named).is_file():
        found = _read(named)
        return Side(named, write_scenario(found), _plan(found))
    version = _version(organisation, named)
    plan = plan_of(version, version.scenario.name)
    return Side(
        f"{version.scenario.name}@{version.number}",
        scenarios.text_of(plan, language=version.scenario.language),
        plan,
    )


def _version(organisation: Organisation, named: str) -> ScenarioVersion:
    scenario = scenarios.scenario_named(named, organisation_id=organisation.pk)
    if scenario is not None:
        return scenarios.version_in_force(scenario.pk, organisation_id=organisation.pk)
    name, _at, number = named.rpartition("@")
    scenario = scenarios.scenario_named(name, organisation_id=organisation.pk) if number.isdecimal() else None
    if scenario is None:
        raise scenarios.ScenarioNotFound
    return scenarios.version_numbered(scenario.pk, int(number), organisation_id=organisation.pk)


def _plan(found: ScenarioText) -> Plan:
    return Plan(0, 0, found.name, found.steps, found.grouping, found.entry)


def _differences(before: Plan, after: Plan) -> list[str]:
    return scenario_words.difference(comparison.plan_changes(before, after), translate=_)


def _read(name: str) -> ScenarioText:
    try:
        text = sys.stdin.read() if name == STDIN else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FileUnreadable(file=name) from None
    return read_scenario(text, file=name)
