"""Write templates: the default ones of a new organisation, and each new version of a text."""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext, override

from encours.access import actions as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.messaging.models import Template, TemplateVersion, Tone
from encours.messaging.rules import defaults, wording
from encours.messaging.rules.values import Wording


class TemplateUnknown(NotFound):
    """No template of this key, or none in this language."""

    message = gettext_noop("There is no template “{key}”.")


class ToneUnknown(Refused):
    """A tone that Encours does not know."""

    message = gettext_noop("There is no tone called “{tone}”.")


@transaction.atomic
def install_default_templates(*, organisation_id: int, by: Actor) -> int:
    """Give an organisation the default templates it lacks, in each language; those it has are left as they are."""
    language = Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)
    there = set(Template.objects.filter(organisation_id=organisation_id).values_list("key", flat=True))
    missing = [default for default in defaults.DEFAULTS if default.key not in there]
    for default in missing:
        with override(language):
            name = gettext(default.name)
        template = Template.objects.create(
            organisation_id=organisation_id, key=default.key, name=name, channel=default.channel, is_default=True
        )
        TemplateVersion.objects.bulk_create(
            _version(template, words, tone=default.tone, by=by) for words in defaults.wordings(default.key)
        )
    if missing:
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="default_templates_installed",
            subject_kind="template",
            subject_id="",
            why="",
            details={"keys": [default.key for default in missing]},
        )
    return len(missing)


@transaction.atomic
def save_template_version(
    *, organisation_id: int, key: str, words: Wording, tone: str, by: Actor, name: str = "", why: str = ""
) -> TemplateVersion:
    """Make a text the one in force for its key and language; a new key makes a new template.

    Refuses a text that could not be sent: badly written, or naming a variable that does not exist.
    """
    if tone not in Tone.values:
        raise ToneUnknown(tone=tone)
    template, _ = Template.objects.get_or_create(
        organisation_id=organisation_id, key=key, defaults={"name": name or key, "channel": words.channel}
    )
    words = replace(words, channel=template.channel)
    if name and name != template.name:
        Template.objects.filter(pk=template.pk).update(name=name)
    version = _version(template, words, tone=tone, by=by)
    version.save(force_insert=True)
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="template_version_saved",
        subject_kind="template",
        subject_id=str(template.pk),
        why=why,
        details={"key": key, "language": words.language, "version": version.pk},
    )
    return version


def _version(template: Template, words: Wording, *, tone: str, by: Actor) -> TemplateVersion:
    return TemplateVersion(
        organisation_id=template.organisation_id,
        template=template,
        language=words.language,
        subject=words.subject,
        mjml=words.mjml,
        text=words.text,
        tone=tone,
        variables=wording.variables(words),
        author_id=by.user_id,
        author_name=by.name,
    )
