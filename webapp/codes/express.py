"""The quick way to a code page: before Flask, for readers and pages that are known already.

It walks the same steps as the route in `views`, with the same gate and the same pages, and gives up at the first that
is not at hand: then nothing has been counted, and Flask answers. No context, no routing, no session: that is most of
what a Flask answer costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from webapp.access.gate import Gate
from webapp.codes.pages import CodePages

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

PREFIX = "/codes/"


class Express:
    """WSGI middleware around the application."""

    def __init__(
        self,
        app: WsgiApp,
        gate: Gate,
        pages: CodePages,
        *,
        cookies: tuple[str, str],
        headers: Sequence[tuple[str, str]],
    ) -> None:
        """`cookies`: names of the session and the guest cookie. `headers`: sent with every answer."""
        self._app, self._gate, self._pages = app, gate, pages
        self._session_cookie, self._guest_cookie = cookies
        self._headers = list(headers)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = self._answer(environ) if environ["PATH_INFO"].startswith(PREFIX) else None
        if body is None:
            return self._app(environ, start_response)
        start_response("200 OK", [*self._headers, ("Content-Length", str(len(body)))])
        return (body,)

    def _answer(self, environ: Environ) -> bytes | None:
        cookie = environ.get("HTTP_COOKIE")
        if not cookie or environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return None
        if "HTTP_SEC_PURPOSE" in environ or "HTTP_PURPOSE" in environ:
            return None
        system, _, key = environ["PATH_INFO"][len(PREFIX) :].partition("/")
        target = self._pages.target(system, key, cold=False)
        if target is None:
            return None
        sent = dict(pair.strip().split("=", 1) for pair in cookie.split(";") if "=" in pair)
        visitor = self._gate.known_visitor(
            sent.get(self._session_cookie), sent.get(self._guest_cookie), environ.get("HTTP_USER_AGENT", "")
        )
        if visitor is None or not self._pages.has_whole(system, key, visitor.plan.key):
            return None
        admission = self._gate.admit(visitor, target)
        if not admission.full:
            return None
        body = self._pages.html(system, key, visitor, admission, cold=False)
        if body is not None:
            self._gate.count(admission)
        return body
