"""Requests and responses, translated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import IO, Final, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from portalkit.django.site import Asked, site
from portalkit.errors import FileError, Incomplete, TooLarge
from portalkit.web import Response, Route, SentFile

__all__ = ["serve"]


@csrf_exempt
@xframe_options_exempt  # the core's policy says who may show a page in a frame
def serve(request: HttpRequest, route: Route | None = None, **values: str) -> HttpResponseBase:
    """Answer any request below the mount: the core finds the way, checks forms, and says everything."""
    asked = Asked(
        method=cast(str, request.method),
        path=route.filled(values) if route else f"/{values['rest']}",
        query=request.META.get("QUERY_STRING", ""),
        headers=request.headers,
        address=request.META.get("REMOTE_ADDR", ""),
        form=lambda: _fields(request),
        files=lambda: _files(request),
        http=request,
    )
    return _translated(site().web.handle(asked))


# The answer to a decision says that it is on record, so it may not wait for a transaction around the view.
for _alias in connections:
    serve = transaction.non_atomic_requests(using=_alias)(serve)


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (RequestDataTooBig, TooManyFilesSent) as error:
        raise TooLarge("the form is too long", remedy="Shorten the text") from error
    except (
        UnreadablePostError,
        MultiPartParserError,
        SuspiciousOperation,
        BadRequest,
    ) as error:
        raise Incomplete("the form could not be read", remedy="Send it again") from error
    except OSError as error:
        raise FileError(
            "the form could not be taken in",
            remedy="Make room where temporary files lie",
            cause=str(error),
        ) from error
    if _was_cut(request):
        raise Incomplete("the form arrived cut", remedy="Send it again")
    return fields


def _was_cut(request: HttpRequest) -> bool:
    """Whether less came of a form with files than was announced: Django takes what came for the whole.

    Its stream knows; if a later Django has another one, the form's end mark still finds nearly every cut.
    """
    stream = getattr(request, "_stream", None)
    came: int = getattr(stream, "_pos", 0)
    return came < getattr(stream, "limit", 0)


def _files(request: HttpRequest) -> list[SentFile]:
    return [
        SentFile(field, file.name or "", file.content_type or "", cast(IO[bytes], file.file))
        for field, files in request.FILES.lists()
        for file in files
    ]


# Django writes down the address of every request that was refused; ours may hold the secret of a link.
_NOT_LOGGED: Final = True


class _Answer(HttpResponse):
    """A response that Django does not log."""

    _has_been_logged = _NOT_LOGGED


class _Redirect(_Answer):
    """One that leads elsewhere and says where, as Django's own do: its test client follows ``url``."""

    @property
    def url(self) -> str:
        return self.headers["Location"]


class _Stream(StreamingHttpResponse):
    """Hands on one chunk after the other, under ASGI too, where Django would first collect them all."""

    _has_been_logged = _NOT_LOGGED

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = iter(self)
        # in the thread of the request: Django closes what its end opens there, the access log's connection
        following = sync_to_async(lambda: next(chunks, None), thread_sensitive=True)
        while (chunk := await following()) is not None:
            yield chunk


def _kind_of(response: Response) -> type[_Answer | _Stream]:
    if not isinstance(response.body, bytes):
        return _Stream
    leads_on = any(name == "Location" for name, _ in response.headers)
    return _Redirect if leads_on else _Answer


def _translated(response: Response) -> HttpResponseBase:
    answer = _kind_of(response)(response.body, status=response.status)
    del answer.headers["Content-Type"]  # the core has said everything about it
    for name, value in response.headers:
        if name == "Set-Cookie":
            answer.cookies.load(value)
        else:
            answer.headers[name] = value
    return answer
