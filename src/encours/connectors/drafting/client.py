"""Ask a model for a draft: one request, within a time and a size, and nothing but the words it was given."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPException

from encours.connectors.web import line_to, path_of
from encours.core.errors import Unavailable, gettext_noop

TIMEOUT_SECONDS = 30
ANSWER_BYTES_MAX = 200_000
WORDS_MAX = 700


class ModelSilent(Unavailable):
    """The model does not answer in time, or not in the shape agreed."""

    message = gettext_noop("The drafting model does not answer: {problem}. Write the answer yourself, or try again.")


def draft(address: str, *, model: str, key: str, messages: Sequence[Mapping[str, str]]) -> str:
    """The draft of the model at "…/v1" for these messages; ModelSilent with what went wrong."""
    where = f"{address.rstrip('/')}/chat/completions"
    body = json.dumps({"model": model, "messages": list(messages), "max_tokens": WORDS_MAX, "temperature": 0})
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        with closing(line_to(where, timeout_seconds=TIMEOUT_SECONDS)) as line:
            line.request("POST", path_of(where), body.encode(), headers)
            answer = line.getresponse()
            said = answer.read(ANSWER_BYTES_MAX + 1)
    except ValueError:
        raise ModelSilent(retry=False, problem="address") from None
    except (HTTPException, OSError) as error:
        raise ModelSilent(retry=True, problem=str(error)[:120] or "no answer") from None
    if answer.status != 200:  # an address that sends us elsewhere is not followed: these words were for this one
        raise ModelSilent(retry=answer.status >= 500, problem=str(answer.status))
    if len(said) > ANSWER_BYTES_MAX:
        raise ModelSilent(retry=False, problem="too long")
    return _content(said)


def _content(said: bytes) -> str:
    try:
        content = json.loads(said)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise ModelSilent(retry=False, problem="unreadable") from None
    return content if isinstance(content, str) else ""
