"""Post one line to an incoming webhook; what may have arrived is never posted again."""

import json
from contextlib import closing
from http.client import HTTPException

from encours.connectors.web import line_to, path_of
from encours.core.errors import Unavailable, gettext_noop

TIMEOUT_SECONDS = 10
_ANSWER_BYTES_MAX = 1_000


class ChatUnreachable(Unavailable):
    """The chat service did not take the message."""

    message = gettext_noop("The chat channel did not take the message: {problem}.")


def post(address: str, text: str) -> None:
    """Post a text in the form {"text": ...}; refuses with `ChatUnreachable` when it was not taken."""
    body, headers = json.dumps({"text": text}), {"Content-Type": "application/json; charset=utf-8"}
    try:
        with closing(line_to(address, timeout_seconds=TIMEOUT_SECONDS)) as line:
            line.request("POST", path_of(address), body.encode(), headers)
            answer = line.getresponse()
            answer.read(_ANSWER_BYTES_MAX)
    except (HTTPException, OSError, ValueError) as error:
        raise ChatUnreachable(retry=True, problem=str(error)[:200]) from None
    if not 200 <= answer.status < 300:
        raise ChatUnreachable(retry=answer.status >= 500, problem=f"HTTP {answer.status}")
