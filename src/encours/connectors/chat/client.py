"""Post one line to an incoming webhook; what may have arrived is never posted again."""

import json
import urllib.error
import urllib.request

from encours.core.errors import Unavailable, gettext_noop

TIMEOUT_SECONDS = 10


class ChatUnreachable(Unavailable):
    """The chat service did not take the message."""

    message = gettext_noop("The chat channel did not take the message: {problem}.")


class _Straight(urllib.request.HTTPRedirectHandler):
    """A webhook that sends us elsewhere is told as it is, not followed."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Straight)


def post(address: str, text: str) -> None:
    """Post a text in the form {"text": ...}; refuses with `ChatUnreachable` when it was not taken."""
    request = urllib.request.Request(  # noqa: S310  # https, or a server of this machine in tests: the settings see to it
        address,
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(1_000)
    except urllib.error.HTTPError as error:
        with error:
            raise ChatUnreachable(retry=error.code >= 500, problem=f"HTTP {error.code}") from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ChatUnreachable(retry=True, problem=str(error)[:200]) from None
