"""The one table from an expected failure to what a browser gets, and the pages for 403, 404 and 500."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import is_valid_path
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from encours.core.errors import Conflict, EncoursError, NotFound, Refused, Unavailable

PDF, ZIP, ANY_FILE = "application/pdf", "application/zip", "application/octet-stream"
STATUS_BY_KIND: dict[type[EncoursError], int] = {NotFound: 404, Conflict: 409, Refused: 422, Unavailable: 503}


def status_of(error: EncoursError) -> int:
    """The HTTP status of an expected failure."""
    return next((status for kind, status in STATUS_BY_KIND.items() if isinstance(error, kind)), 422)


def page_or_part(request: HttpRequest, template: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or the named partial of it when htmx asks."""
    return TemplateResponse(request, f"{template}#{part}" if is_partial(request) else template, context)


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page that is shown already."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def back(request: HttpRequest, fallback: str) -> HttpResponseRedirect:
    """To the page the form came from, as long as it is ours."""
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if is_ours else fallback)


def file_of(content: bytes | str, name: str, media_type: str, *, is_shown: bool = False) -> HttpResponse:
    """A file for the reader: saved under its name, or with `is_shown` opened by the browser, as a PDF is."""
    return HttpResponse(content, content_type=media_type, headers=_called(name, is_shown=is_shown))


def stream_of(lines: Iterator[str], name: str, media_type: str) -> StreamingHttpResponse:
    """The same, a part at a time."""
    return StreamingHttpResponse(lines, content_type=media_type, headers=_called(name, is_shown=False))


def _called(name: str, *, is_shown: bool) -> dict[str, str]:
    # a name that a stranger gave may hold anything, a line break among it
    disposition = content_disposition_header(as_attachment=not is_shown, filename=" ".join(name.split()))
    return {"Content-Disposition": disposition} if disposition else {}


def told(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Say in a toast what was done, with the address that undoes it when there is one."""
    messages.success(request, text, extra_tags=undo)


def refused(request: HttpRequest, error: EncoursError) -> HttpResponse:
    """What a person sees of an expected failure: a page for what does not exist, else a sentence where they were."""
    sentence = error.translated(gettext)
    if is_partial(request):
        response = HttpResponse(sentence, status=status_of(error), content_type="text/plain; charset=utf-8")
        response.headers["X-Refusal"] = quote(sentence)
        return response
    if isinstance(error, NotFound):
        return _page(request, 404, sentence)
    if request.method == "POST":
        messages.error(request, sentence)
        return back(request, "/")
    return _page(request, status_of(error), sentence)


def answers_refusals[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view whose expected failures are answered by `refused`; anything else is a bug and crashes."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(*args, **kwargs)
        except EncoursError as error:
            request = args[0]
            if not isinstance(request, HttpRequest):
                raise
            return refused(request, error)

    return answered


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person is known, the right is not theirs."""
    return _page(request, 403, "")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or nothing for this reader; one slash too many leads to the page without it."""
    bare = request.path_info.rstrip("/")
    is_ours = bare != request.path_info and not bare.startswith("//") and is_valid_path(bare)
    if request.method == "GET" and bare and is_ours:
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(bare + ("?" + query if query else ""))
    return _page(request, 404, "")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the page touches neither database nor session, which may be what failed."""
    return render(request, "ui/error_500.html", {"today": None}, status=500)


def _page(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return render(request, "ui/error.html", {"status": status, "sentence": sentence}, status=status)
