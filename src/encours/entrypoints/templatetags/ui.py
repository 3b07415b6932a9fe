"""The tags every template has without loading them: money, dates, counts, chips, hints and sortable column heads."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, SupportsFloat

from django import template
from django.template.base import FilterExpression, Parser, Token, kwarg_re
from django.template.context import Context
from django.template.defaulttags import URLNode, url
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from encours.core.currencies import exponent
from encours.entrypoints import formats, kept, wording
from encours.entrypoints.listing import Listing
from encours.messaging.models import Channel
from encours.messaging.rules.formats import in_fours

register = template.Library()
register.filter(in_fours)
register.filter(wording.terms)
_FILLED_LATER = "@the-token-of-this-request@"


def _language() -> str:
    return formats.known_language(get_language())


def _today(context: Context) -> date:
    today: date = context["request"].today
    return today


class WrittenNode(template.Node):
    """A tag whose text follows from its values and the language: written once for each, as a list asks for hundreds."""

    def __init__(self, write: Callable[..., str], values: Sequence[FilterExpression]) -> None:
        self.write, self.values = write, values

    def render(self, context: Context) -> str:
        return self.write(get_language(), *[value.resolve(context) for value in self.values])


def written[F: Callable[..., str]](tag: F) -> F:
    """Register a simple tag that asks for nothing but its values, which are numbers, days and texts."""
    register.simple_tag(tag)
    plain: Callable[[Parser, Token], template.Node] = register.tags[tag.__name__]

    @lru_cache(maxsize=20_000)
    def write(language: str | None, *values: Any) -> str:
        del language  # part of the key: the tag asks for it itself
        return conditional_escape(tag(*values))

    def parsed(parser: Parser, token: Token) -> template.Node:
        bits = token.split_contents()[1:]
        if bits[-2:-1] == ["as"] or any((match := kwarg_re.match(bit)) and match[1] for bit in bits):
            return plain(parser, token)
        return WrittenNode(write, [parser.compile_filter(bit) for bit in bits])

    register.tags[tag.__name__] = parsed
    return tag


@written
def money(minor: int | None, currency: str | None) -> str:
    """An amount to the cent, wherever one can pay or match."""
    if minor is None or not currency:
        return formats.DASH
    return formats.money(minor, currency, language=_language())


@register.simple_tag
def plain_amount(minor: int, currency: str) -> str:
    """An amount as a form field wants it: without its currency, in the reader's style."""
    decimals = exponent(currency)
    return formats.number(Decimal(minor).scaleb(-decimals), language=_language(), decimals=decimals)


@register.simple_tag
def amount(value: dict[str, str] | None) -> str:
    """An amount as the product's JSON has it: {"amount": "1234.50", "currency": "EUR"}."""
    if not value:
        return formats.DASH
    currency = value["currency"]
    minor = int(Decimal(value["amount"]).scaleb(exponent(currency)))
    return formats.money(minor, currency, language=_language())


@written
def money_round(minor: int | None, currency: str | None) -> SafeString | str:
    """An amount in whole units; the exact one shows on hover."""
    if minor is None or not currency:
        return formats.DASH
    language = _language()
    exact = formats.money(minor, currency, language=language)
    return format_html('<span title="{}">{}</span>', exact, formats.money_round(minor, currency, language=language))


@written
def number(value: SupportsFloat | None, decimals: int = 0) -> str:
    """A count or a measure."""
    return formats.DASH if value is None else formats.number(value, language=_language(), decimals=decimals)


@written
def percent(ratio: SupportsFloat | None, decimals: int = 1) -> str:
    """A share of one as a percentage."""
    return formats.DASH if ratio is None else formats.percent(ratio, language=_language(), decimals=decimals)


@written
def days(count: SupportsFloat | None, decimals: int = 0) -> str:
    """A number of days."""
    return formats.DASH if count is None else formats.days(count, language=_language(), decimals=decimals)


@written
def day(value: date | None) -> str:
    """A day in a table."""
    return formats.DASH if value is None else formats.day(value, language=_language())


@written
def day_full(value: date | None) -> str:
    """A day with its whole year."""
    return formats.DASH if value is None else formats.day_full(value, language=_language())


@written
def day_long(value: date) -> str:
    """A day in words."""
    return formats.day_long(value, language=_language())


@register.simple_tag(takes_context=True)
def day_near(context: Context, value: date | None) -> str:
    """A day as a timeline says it."""
    if value is None:
        return formats.DASH
    return formats.day_near(value, today=_today(context), language=_language())


@written
def month_full(value: date) -> str:
    """A month with its year."""
    return formats.month_full(value, language=_language())


@register.simple_tag(takes_context=True)
def relative_days(context: Context, value: date | None) -> str:
    """How far a day is from today."""
    if value is None:
        return formats.DASH
    return formats.relative_days(value, today=_today(context), language=_language())


@register.simple_tag(takes_context=True)
def instant(context: Context, value: datetime | None) -> str:
    """An instant in the reader's zone."""
    if value is None:
        return formats.DASH
    return formats.instant(value, today=_today(context), language=_language())


@written
def icon(name: str) -> SafeString:
    """A drawing that repeats what the text beside it says, hidden from screen readers."""
    return format_html('<i class="ti ti-{}" aria-hidden="true"></i>', name)


@written
def chip(text: str, tone: str = "", icon_name: str = "") -> SafeString:
    """A state in two or three words; `tone` is act, watch, good, info or nothing."""
    drawing = icon(icon_name) if icon_name else ""
    return format_html('<span class="en-chip{}">{}{}</span>', f" {tone}" if tone else "", drawing, text)


@register.simple_tag(takes_context=True)
def hint(context: Context, term: str, definition: str) -> SafeString:
    """A term with its definition, shown on hover, on focus and on touch."""
    count = int(context.render_context.get("ui_hints") or 0) + 1
    context.render_context["ui_hints"] = count
    return format_html(
        '<span class="en-hint" tabindex="0" aria-describedby="hint-{0}">{1}'
        '<span class="tip" role="tooltip" id="hint-{0}">{2}</span></span>',
        f"{abs(hash(term)) % 10**6}-{count}",
        term,
        definition,
    )


@register.simple_tag(takes_context=True)
def sort_head(context: Context, listing: Listing, key: str, css: str = "") -> SafeString:
    """The head of a column: a link that sorts by it, and says so when it already does."""
    column = listing.column(key)
    classes = f"{column.css} {css}".strip()
    if not column.is_sortable:
        return format_html('<th scope="col" class="{}">{}</th>', classes, column.label)
    state = ""
    if listing.sort == key:
        state = "descending" if listing.is_descending else "ascending"
    return format_html(
        '<th scope="col" class="{}"{}><a href="{}">{}</a></th>',
        classes,
        format_html(' aria-sort="{}"', state) if state else "",
        listing.sort_address(key),
        column.label,
    )


@register.simple_tag(takes_context=True)
def days_since(context: Context, value: date | None) -> str:
    """How long ago a day was, as a number of days."""
    if value is None:
        return formats.DASH
    return formats.days((_today(context) - value).days, language=_language())


@register.filter
def initials(contact: Any) -> str:
    """Two letters to know a person by: "Étienne Garance" -> "ÉG"."""
    words = [word for word in str(contact).replace(".", " ").split("@")[0].split() if word]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def siren(number: str) -> str:
    """Nine figures by three, which is how they are read out."""
    return formats.NARROW_SPACE.join((number[:3], number[3:6], number[6:])) if len(number) == 9 else number


_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def chart_json(spec: dict[str, Any]) -> SafeString:
    """A chart's description as JSON inside the page, safe in a script element."""
    return mark_safe(json.dumps(spec, default=str).translate(_JSON_ESCAPES))  # noqa: S308  # every < > & is escaped


@register.filter
def signed(value: int) -> str:
    """A whole number with its sign, a true minus: -7 -> "−7", 3 -> "+3"."""
    return f"{formats.MINUS if value < 0 else '+' if value > 0 else ''}{abs(value)}"


@register.filter
def attribute(row: Any, name: str) -> Any:
    """The field of a row whose name is known at run time only."""
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


class KeptNode(template.Node):
    """A part of a page that is written once for each reader's language and role, address and values shown."""

    def __init__(self, name: str, values: Sequence[FilterExpression], inner: template.NodeList, *, by: bool) -> None:
        self.name, self.values, self.nodelist, self.is_everywhere = name, values, inner, by

    def render(self, context: Context) -> SafeString:
        request = context["request"]
        scope = getattr(request, "scope", None)
        if scope is None:
            return mark_safe(self.nodelist.render(context))  # noqa: S308  # as rendered
        shown = tuple(value.resolve(context) for value in self.values)
        place = shown if self.is_everywhere else request.get_full_path() if shown else ""
        key = (self.name, get_language(), scope.role, scope.organisation_id, place)
        text = kept.fragments.get(key, lambda: self._written(context), state=(request.today, shown))
        return mark_safe(text.replace(_FILLED_LATER, str(context.get("csrf_token", ""))))  # noqa: S308  # as rendered

    def _written(self, context: Context) -> str:
        with context.push(csrf_token=_FILLED_LATER):
            return self.nodelist.render(context)


@register.tag("kept")
def kept_part(parser: Parser, token: Token) -> KeptNode:
    """`{% kept "name" rows totals %}...{% endkept %}`: what stands between is written again when the values differ.

    The values are compared, not their ages, so they must say all that the part shows: frozen values, never model rows.
    Without any, the part is the same on every page; after `by`, on every page that has the same values.
    """
    _, name, *values = token.split_contents()
    by = values[:1] == ["by"]
    inner = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name, [parser.compile_filter(value) for value in values[by:]], inner, by=by)


class AddressNode(URLNode):
    """Django's own, with each address worked out once a process: a list asks for hundreds."""

    def render(self, context: Context) -> str:
        view = self.view_name.resolve(context)
        positional = tuple(value.resolve(context) for value in self.args)
        if self.kwargs or not all(isinstance(value, str | int) for value in positional):
            return str(super().render(context))
        try:
            match = context["request"].resolver_match
            current = match.namespace if match else None
            address = _address(view, positional, current, get_urlconf(), get_script_prefix())
        except (KeyError, NoReverseMatch):
            return str(super().render(context))
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address) if context.autoescape else address


@lru_cache(maxsize=20_000)
def _address(view: str, values: tuple[Any, ...], current: str | None, urlconf: str | None, prefix: str) -> str:
    del prefix  # part of the key: it stands before every address
    return reverse(view, args=values, current_app=current, urlconf=urlconf)


@register.tag("url")
def address(parser: Parser, token: Token) -> AddressNode:
    """`{% url %}` as everywhere."""
    node = url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


class WordsNode(TranslateNode):
    """Django's own, with what a word of ours is in a language looked up once a process."""

    def __init__(self, node: TranslateNode, words: str) -> None:
        super().__init__(node.filter_expression, node.noop, node.asvar, node.message_context)
        self.words = words

    def render(self, context: Context) -> str:
        place = self.message_context.resolve(context) if self.message_context else ""
        text = _words(get_language(), self.words, place)
        if self.asvar:
            context[self.asvar] = text
            return ""
        return text


@lru_cache(maxsize=20_000)
def _words(language: str | None, words: str, place: str) -> SafeString:
    del language  # part of the key: the reader's is in force
    asked = words.replace("%", "%%")  # as Django collects them
    text = pgettext(place, asked) if place else gettext(asked)
    return mark_safe(text.replace("%%", "%"))  # noqa: S308  # from a template of ours or its catalogue, as Django has it


@register.tag("translate")
def words(parser: Parser, token: Token) -> template.Node:
    """`{% translate %}` as everywhere; what is no plain text of the template stays Django's."""
    node = do_translate(parser, token)
    said = node.filter_expression.var.literal
    is_plain = isinstance(said, str) and not node.noop and not node.filter_expression.filters
    return WordsNode(node, said) if is_plain else node


@register.filter
def channel_name(channel: str) -> str:
    """A channel in the reader's words."""
    return str(dict(Channel.choices).get(channel, channel))
