"""The four kinds of failure a person or a program can act upon; everything else is a bug and is left to crash.

A concrete error is defined beside the function that raises it:

    class PeriodClosed(Refused):
        code = "period_closed"
        message = gettext_noop("The period {period} is closed: book it on {next_day} or later.")

    raise PeriodClosed(period="2026-01", next_day=date(2026, 2, 1))

Core knows no translation machinery. `message` is a template in English, `data` what fills it; an entrypoint calls
`error.translated(gettext)`, so the sentence comes out in the reader's language, whoever raised it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar


def gettext_noop(text: str) -> str:
    """Mark a sentence for the translation catalogues and return it untouched."""
    return text


class EncoursError(Exception):
    """An expected failure: a machine `code`, the `data` behind it and one sentence fit for a clerk."""

    code: ClassVar[str] = "error"
    message: ClassVar[str] = gettext_noop("This cannot be done.")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data: Mapping[str, Any] = data

    def translated(self, translate: Callable[[str], str]) -> str:
        """The sentence, its template first passed through `translate` (usually Django's gettext)."""
        return translate(self.message).format_map(_Readable(self.data))

    @property
    def sentence(self) -> str:
        """The sentence in English, for logs and for programs."""
        return self.translated(gettext_noop)

    def as_json(self, translate: Callable[[str], str] = gettext_noop) -> dict[str, Any]:
        """What the API and `--json` answer: code, sentence, data (dates ISO, money in its JSON form)."""
        return {"code": self.code, "message": self.translated(translate), "data": jsonable(dict(self.data))}

    def __str__(self) -> str:
        return self.sentence


class Refused(EncoursError):
    """A rule says no; asking again changes nothing until the facts do."""

    message = gettext_noop("This is refused.")


class NotFound(EncoursError):
    """The thing named does not exist, or not for this reader."""

    message = gettext_noop("This does not exist.")


class Conflict(EncoursError):
    """Someone was first: read again, then decide."""

    message = gettext_noop("Someone changed this at the same time. Read it again, then decide.")


class Unavailable(EncoursError):
    """An outside system does not answer as it should; `retry` says whether asking later may help."""

    message = gettext_noop("An outside system does not answer.")

    def __init__(self, *, retry: bool, **data: Any) -> None:
        super().__init__(**data)
        self.retry = retry


def jsonable(value: Any) -> Any:
    """A value as JSON can carry it: dates ISO 8601, whatever has `as_json()` by it, the rest as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if hasattr(value, "as_json"):
        return jsonable(value.as_json())
    return str(value)


class _Readable(dict[str, Any]):
    """A missing datum must not hide the failure it belongs to, so its name is shown in braces."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
