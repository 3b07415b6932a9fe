"""Fill the words of a template with a context: a strict, closed language that can only print what it is given."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.runtime import LoopContext

from encours.core.errors import Refused, gettext_noop
from encours.core.money import Money
from encours.messaging.rules import context as contexts
from encours.messaging.rules import formats, layout, sms
from encours.messaging.rules.channels import EMAIL, LETTER
from encours.messaging.rules.context import VariableMissing, VariableWithheld, Withheld
from encours.messaging.rules.values import Json, Letter, Wording

SUBJECT_LETTERS_MAX = 300


class TemplateUnreadable(Refused):
    """A template is not well written: the line says where."""

    message = gettext_noop("Line {line} of the {part} cannot be read: {problem}.")


class TemplateForbids(Refused):
    """A template uses something other than variables, conditions and loops."""

    message = gettext_noop("Line {line} of the {part}: “{what}” is not allowed in a message.")


class VariableUnknown(Refused):
    """A template names a variable that no message has."""

    message = gettext_noop("Line {line} of the {part}: there is no variable called {name}.")


class SubjectUnusable(Refused):
    """A subject is empty, too long or breaks its line."""

    message = gettext_noop("The subject “{subject}” must be one line of 1 to {letters_max} characters.")


ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Name, nodes.Getattr, nodes.Filter, nodes.Const),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
_INNER_NAMES = frozenset({"self", "super", "caller", "varargs", "kwargs"})  # the engine's own objects
_LOOP_FACTS = frozenset({"first", "last", "index", "length"})


class MessageEnvironment(Environment):
    """Attributes are keys of the context and nothing else: no method, no Python object can be reached."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in _LOOP_FACTS:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.getattr(obj, str(argument))


def _present(value: Any, name: str) -> Any:
    if value is None or value in ("", []) or isinstance(value, StrictUndefined):
        raise VariableMissing(name=name)
    if isinstance(value, Withheld):
        raise VariableWithheld(name=name, reason=value.reason)
    return value


def _shown(value: Any, *, language: str) -> Any:
    if isinstance(value, Money):
        return formats.money(value.minor, value.currency, language)
    if isinstance(value, date):
        return formats.short_date(value, language)
    if isinstance(value, int):
        return formats.number(value, language)
    return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, list) else int(value)


def _days_listed(days: list[date], before: str, language: str) -> str:
    """Days of one year name it once: "le 3 novembre et le 12 novembre 2026"."""
    written = [
        formats.long_date(day, language)
        if day is days[-1] or day.year != days[-1].year
        else formats.day_and_month(day, language)
        for day in days
    ]
    return formats.listed([f"{before} {day}".strip() for day in written], language)


def _filters(language: str) -> dict[str, Callable[..., Any]]:
    """Everything a template may do to a value; told to its writers in docs/howto/send-mail.md."""
    shown = partial(_shown, language=language)
    listed = partial(formats.listed, language=language)
    return {
        "present": _present,
        "shown": shown,
        "amounts": lambda values: listed([shown(value) for value in values]),
        "numbers": lambda rows: listed([str(row["number"]) for row in rows]),
        "days_listed": lambda rows, before="": _days_listed([row["on"] for row in rows], before, language),
        "magnitude": abs,
        "credited": lambda amount: -abs(amount),
        "long": lambda day: formats.long_date(day, language),
        "days": lambda count: formats.days(abs(count), language),
        "plural": lambda value, one, many: formats.plural(_size(value), one, many, language=language),
        "in_words": lambda value, gender="": formats.in_words(_size(value), language, feminine=gender == "feminine"),
        "in_fours": formats.in_fours,
        "initial": lambda text: text.strip()[:1].upper(),
        "count": _size,
        "upper": str.upper,
        "capital": lambda text: text[:1].upper() + text[1:],
    }


@lru_cache(maxsize=8)
def _environment(language: str, *, is_html: bool) -> MessageEnvironment:
    environment = MessageEnvironment(
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=not is_html,
        lstrip_blocks=not is_html,
        keep_trailing_newline=True,
    )
    for table in (environment.globals, environment.tests, environment.filters):
        table.clear()
    environment.filters.update(_filters(language))
    return environment


def _parsed(environment: MessageEnvironment, source: str, *, part: str) -> nodes.Template:
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateUnreadable(line=error.lineno, part=part, problem=error.message or "") from None
    for node in _walk(tree):
        if not isinstance(node, ALLOWED):
            raise TemplateForbids(line=node.lineno, part=part, what=type(node).__name__.lower())
        if isinstance(node, nodes.Filter) and node.name not in environment.filters:
            raise TemplateForbids(line=node.lineno, part=part, what=node.name)
        if isinstance(node, nodes.Name) and node.name in _INNER_NAMES:
            raise TemplateForbids(line=node.lineno, part=part, what=node.name)
    return tree


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        yield child
        yield from _walk(child)


def _dotted(node: nodes.Node, loops: Mapping[str, str]) -> str | None:
    """The path a node names, loop variables told by what they run over: item.number -> items[].number."""
    if isinstance(node, nodes.Name):
        return loops.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        inner = _dotted(node.node, loops)
        return None if inner is None else f"{inner}.{node.attr}"
    return None


@dataclass(frozen=True, slots=True)
class Named:
    """A variable that a template names, and the line where it does."""

    path: str
    line: int


def _named(node: nodes.Node, loops: Mapping[str, str]) -> Iterator[Named]:
    if isinstance(node, nodes.For):
        over = _dotted(node.iter, loops)
        yield from _named(node.iter, loops)
        inner = {**loops, "loop": "loop"}
        if isinstance(node.target, nodes.Name) and over is not None:
            inner[node.target.name] = f"{over}[]"
        for child in [*node.body, *node.else_]:
            yield from _named(child, inner)
        return
    path = _dotted(node, loops)
    if path is not None:
        if not path.startswith("loop"):
            yield Named(path, node.lineno)
        return
    for child in node.iter_child_nodes():
        yield from _named(child, loops)


@lru_cache(maxsize=512)
def _checked(source: str, *, language: str, part: str) -> tuple[Named, ...]:
    environment = _environment(language, is_html=part == "MJML")
    found = tuple(_named(_parsed(environment, source, part=part), {}))
    for named in found:
        if not contexts.is_known(named.path.removesuffix("[]")):
            raise VariableUnknown(line=named.line, part=part, name=named.path)
    return found


def _demand(node: nodes.Expr, loops: Mapping[str, str]) -> nodes.Expr:
    """The expression with each variable it prints asked to be present, so that a gap is told by name."""
    path = _dotted(node, loops)
    if path is not None:
        return node if path.startswith("loop") else _filter(node, "present", path)
    if isinstance(node, nodes.Filter) and node.node is not None:
        node.node = _demand(node.node, loops)
    elif isinstance(node, nodes.CondExpr):
        node.expr1 = _demand(node.expr1, loops)
        node.expr2 = _demand(node.expr2, loops) if node.expr2 else None
    return node


def _filter(node: nodes.Expr, name: str, *arguments: str) -> nodes.Filter:
    consts: list[nodes.Expr] = [nodes.Const(argument) for argument in arguments]
    return nodes.Filter(node, name, consts, [], None, None, lineno=node.lineno)


def _made_strict(statements: Iterable[nodes.Node], loops: Mapping[str, str]) -> None:
    for node in statements:
        if isinstance(node, nodes.Output):
            node.nodes = [
                child if isinstance(child, nodes.TemplateData) else _filter(_demand(child, loops), "shown")
                for child in node.nodes
            ]
        elif isinstance(node, nodes.For):
            over = _dotted(node.iter, loops)
            inner = {**loops, "loop": "loop"}
            if isinstance(node.target, nodes.Name) and over is not None:
                inner[node.target.name] = f"{over}[]"
            _made_strict([*node.body, *node.else_], inner)
        elif isinstance(node, nodes.If):
            _made_strict([*node.body, *node.elif_, *node.else_], loops)


@lru_cache(maxsize=512)
def _compiled(source: str, *, language: str, part: str) -> Template:
    environment = _environment(language, is_html=part == "MJML")
    tree = _parsed(environment, source, part=part)
    _made_strict(tree.body, {})
    tree.set_environment(environment)
    code = environment.compile(tree, name=part, filename=part)
    return environment.template_class.from_code(environment, code, environment.globals)


def variables(wording: Wording) -> list[str]:
    """The variables a wording names, parts included; a wording that could not be sent is refused here.

    "Bonjour {{ customer.name }}" -> ["customer.name"]; "{{ custmer.name }}" -> VariableUnknown, with its line.
    """
    if wording.channel != EMAIL:
        return _plain_variables(wording)
    text = layout.whole_text(wording.text, language=wording.language)
    mjml = layout.whole_mjml(wording.mjml, language=wording.language)
    found = [
        *_checked(wording.subject, language=wording.language, part="subject"),
        *_checked(layout.own_text(wording.text), language=wording.language, part="text"),
        *_checked(wording.mjml, language=wording.language, part="MJML"),
        *_checked(text, language=wording.language, part="text"),
        *_checked(mjml, language=wording.language, part="MJML"),
    ]
    _compiled(layout.html_of(wording.mjml, language=wording.language), language=wording.language, part="MJML")
    return sorted({named.path.removesuffix("[]") for named in found})


def _plain_variables(wording: Wording) -> list[str]:
    """The same for a letter or an SMS, which have no MJML; an SMS has no subject either."""
    language = wording.language
    found = [
        *_checked(layout.own_text(wording.text), language=language, part="text"),
        *_checked(layout.whole_text(wording.text, language=language), language=language, part="text"),
    ]
    _compiled(_whole_plain(wording), language=language, part="text")
    if wording.channel == LETTER:
        found += _checked(wording.subject, language=language, part="subject")
    return sorted({named.path.removesuffix("[]") for named in found})


def _whole_plain(wording: Wording) -> str:
    if wording.channel == LETTER:
        return layout.whole_letter(wording.text, language=wording.language)
    return layout.whole_text(wording.text, language=wording.language)


def _filled(template: Template, values: Mapping[str, Any]) -> str:
    try:
        return template.render(values)
    except UndefinedError as error:
        raise VariableMissing(name=error.message or "?") from None


def render(wording: Wording, context: Json) -> Letter:
    """The letter a reader gets; refuses when something printed is not known, before anything can leave.

    A subject "{{ items|count }} factures échues, {{ totals|amounts }}" with three items that sum to EUR 14,088.40
    -> "3 factures échues, 14 088,40 €". Names are escaped in HTML: "Dupont & <fils>" -> "Dupont &amp; &lt;fils&gt;".
    An SMS has a text alone, a letter a subject and a text.
    """
    return render_typed(wording, contexts.typed(context))


def render_typed(wording: Wording, values: Mapping[str, Any]) -> Letter:
    """As render, for a context whose values are already typed."""
    language = wording.language
    if wording.channel != EMAIL:
        text = _filled(_compiled(_whole_plain(wording), language=language, part="text"), values)
        return Letter(_subject(wording, values), "", text.strip()) if wording.channel == LETTER else _sms(text)
    html = layout.html_of(wording.mjml, language=language)
    subject = _subject(wording, values)
    text = layout.whole_text(wording.text, language=language)
    return Letter(
        subject=subject,
        html=_filled(_compiled(html, language=language, part="MJML"), values),
        text=_filled(_compiled(text, language=language, part="text"), values).strip() + "\n",
    )


def _subject(wording: Wording, values: Mapping[str, Any]) -> str:
    source = layout.whole_text(wording.subject, language=wording.language)
    subject = _filled(_compiled(source, language=wording.language, part="subject"), values).strip()
    if not 0 < len(subject) <= SUBJECT_LETTERS_MAX or _breaks_its_line(subject):
        raise SubjectUnusable(subject=subject[:80], letters_max=SUBJECT_LETTERS_MAX)
    return subject


def _sms(text: str) -> Letter:
    """A short message: no subject, no HTML; refuses what is too long."""
    return Letter("", "", sms.checked(text))


def _breaks_its_line(text: str) -> bool:
    return any(ord(letter) < 32 or ord(letter) == 127 or letter in "\u0085\u2028\u2029" for letter in text)
