"""The quick way to a code page: before Flask, for readers and pages that are known already.

It walks the same steps as the route in `views`, with the same gate and the same pages. Where a step is not at hand, or
the page is not granted, it gives up before anything is counted, and Flask answers. No context, no routing, no session:
that is most of what a Flask answer costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from webapp.access.gate import Gate
from webapp.access.visitor import Visitor
from webapp.codes.pages import CodePages
from webapp.codes.royalty import Recorder

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
        royalty: Recorder,
        *,
        cookies: tuple[str, str],
        headers: Sequence[tuple[str, str]],
    ) -> None:
        """`cookies`: names of the session and the guest cookie. `headers`: sent with every answer."""
        self._app, self._gate, self._pages, self._royalty = app, gate, pages, royalty
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
        target = self._pages.known_target(system, key)
        if target is None:
            return None
        visitor = self._visitor(cookie, environ.get("HTTP_USER_AGENT", ""))
        page = self._pages.known_page(system, key, visitor.plan.key) if visitor is not None else None
        if visitor is None or page is None:
            return None
        admission = self._gate.admit(visitor, target)
        if not admission.full:
            return None
        self._gate.count(admission)
        if page.licensed:
            self._royalty.record(page.licensed, visitor.subject)
        return self._pages.html(page, environ["PATH_INFO"], visitor, admission)

    def _visitor(self, cookie: str, user_agent: str) -> Visitor | None:
        sent: dict[str, str] = {}
        for pair in cookie.split(";"):
            name, _, value = pair.strip().partition("=")
            sent.setdefault(name, value)  # of two cookies with one name the first counts, as in Flask
        return self._gate.known_visitor(sent.get(self._session_cookie), sent.get(self._guest_cookie), user_agent)
