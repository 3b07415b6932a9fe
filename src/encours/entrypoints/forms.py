"""Forms of the desk: Django reads and types what was filled in, the rooms decide whether it holds."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from encours.core.errors import EncoursError

_CSS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


class AmountField(forms.DecimalField):
    """An amount as people write it: "1 234,50" as well as "1234.50"."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 15)
        options.setdefault("decimal_places", 4)
        super().__init__(**options)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def to_python(self, value: Any) -> Any:
        """The number, whichever way its decimals and thousands are marked."""
        if isinstance(value, str):
            plain = "".join(value.split()).replace("\u2212", "-")
            value = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """How the field shows what it holds: with a decimal comma in French."""
        if not isinstance(value, Decimal):
            return value
        text = f"{value:f}"
        return text.replace(".", ",") if (get_language() or "fr").startswith("fr") else text


class DeskForm(forms.Form):
    """A form whose fields wear the desk's parts (`ui/field.html`); it types values and knows no rule."""

    unit_of: ClassVar[Mapping[str, str | Promise]] = {}
    wide: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *args: Any, more: Mapping[str, forms.Field] | None = None, **kwargs: Any) -> None:
        """`more` are fields known at run time only, shown before those of the class."""
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        if more:
            self.fields = {**more, **self.fields}
        for name, field in self.fields.items():
            css = next(css for kind, css in _CSS if isinstance(field.widget, kind))
            field.widget.attrs["class"] = f"{css} {field.widget.attrs.get('class', '')}".strip()
            worn: Any = field  # ui/field.html reads what Django's own fields do not have
            worn.template_name = "ui/field.html"
            worn.unit = self.unit_of.get(name, "")
            worn.is_wide = name in self.wide or isinstance(field.widget, forms.Textarea)
            worn.is_box = isinstance(field.widget, forms.CheckboxInput)

    def count_in(self, name: str, unit: str) -> None:
        """Show a unit known at run time only beside a field, such as a customer's currency."""
        worn: Any = self.fields[name]
        worn.unit = unit

    def offer(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        """Give a field the choices that are known at run time only, as (value, words)."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        field.choices = list(choices)


@contextmanager
def refusals_on(form: forms.Form) -> Iterator[None]:
    """What a room refuses is said on the form, beside the field it names, and nothing typed is lost."""
    try:
        yield
    except EncoursError as error:
        field = str(error.data.get("field", ""))
        form.add_error(field if field in form.fields else None, error.translated(gettext))
