"""Show a letter as its reader gets it, as a document of its own that can run nothing and reach nothing."""

import re

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


def framed(html: str, *, status: int = 200) -> HttpResponse:
    """The HTML of a letter for a frame; its own policy replaces the desk's, because mail is written with styles."""
    answer = HttpResponse(html, status=status)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def with_subject(request: HttpRequest, html: str, *, subject: str, text: str) -> str:
    """The letter under its subject line and above its text part: both belong to what is judged in a preview."""
    head = render_to_string("desk/templates/_subject.html", {"subject": subject}, request)
    foot = render_to_string("desk/templates/_text_part.html", {"text": text}, request)
    place = _BODY.search(html)
    start = place.end() if place else 0
    body = html[:start] + head + html[start:]
    end = body.lower().rfind("</body>")
    return body[:end] + foot + body[end:] if end >= 0 else body + foot
