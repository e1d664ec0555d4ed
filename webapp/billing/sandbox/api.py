"""The /v1 API: one request from its headers to its answer."""

from __future__ import annotations

import base64
import json
import logging
import re
import secrets
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import Any

from flask import Request, Response

from webapp.billing.sandbox import expansion, forms, idempotency, routing, validation
from webapp.billing.sandbox.engine import clockwork
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.idempotency import Answer
from webapp.billing.sandbox.state import API_VERSION, Document, Store, public
from webapp.billing.sandbox.wanted import ApiFault, Wanted

log = logging.getLogger(__name__)

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?\Z", re.ASCII)
FORM = "application/x-www-form-urlencoded"
KEPT_REQUESTS = 200
FAULT_MESSAGES = {
    429: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
}


class Api:
    """Answers requests. Safe between threads: the store lets one handler run at a time, and no wait holds it."""

    def __init__(self, store: Store, wanted: Wanted, key: str) -> None:
        self._store, self._wanted, self._key = store, wanted, key
        self._running = idempotency.Running()
        self.stopping = threading.Event()
        self.recent: deque[Document] = deque(maxlen=KEPT_REQUESTS)
        """The last requests, newest first, for the control page."""

    def answer(self, request: Request) -> Response:
        """Answer one request as Stripe does."""
        request_id = f"req_{secrets.token_urlsafe(10).replace('-', 'x').replace('_', 'y')}"
        line: Document = {"id": request_id, "method": request.method, "path": request.path, "status": None}
        self.recent.appendleft(line)
        fault = self._wanted.take_api(request.method, request.path)
        if fault is not None and not fault.then_do:
            response = self._fail(request, fault)
        else:
            response = self._work(request, request_id)
            if fault is not None:
                response = self._fail(request, fault)
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
        key = request.headers.get("Idempotency-Key")
        if key:
            response.headers["Idempotency-Key"] = key
        line["status"] = response.status_code
        return response

    def _work(self, request: Request, request_id: str) -> Response:
        try:
            answer, replayed = self._once(request, request_id)
        except ApiError as error:
            response = _json(Answer(error.status, public(error.body())))
            response.headers.update(error.headers)
            return response
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            message = "An unknown error occurred. It is a mistake of the sandbox; its log says more."
            return _json(Answer(500, ApiError(message, type="api_error").body()))
        response = _json(answer)
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _once(self, request: Request, request_id: str) -> tuple[Answer, bool]:
        """Check, then do the work or find the answer that the same key got before; tell which. Errors: ApiError."""
        self._authenticate(request)
        route, arguments = routing.match(request.method, request.path)
        raw = forms.decode(_text(request))
        params = validation.checked(raw, route.params)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        mark = idempotency.fingerprint(request.method, request.path, raw)
        with self._running.only(key):
            with self._store.session() as state:
                earlier = idempotency.earlier(state, key, mark) if key else None
                if earlier is not None:
                    return earlier, True
                clockwork.catch_up(state, to=state.now)
            source = {"id": request_id, "idempotency_key": key or None}
            answer = self._handle(route, params, arguments, source)
            if key:
                with self._store.session() as state:
                    idempotency.keep(state, key, mark, answer)
        return answer, False

    def _handle(self, route: routing.Route, params: Document, arguments: Document, source: Document) -> Answer:
        """Run the handler in a transaction of its own. What it refuses is an answer too, which its key keeps."""
        paths = params.pop("expand", [])
        try:
            with self._store.session() as state:
                state.request = source
                found = route.handler(state, params, **arguments)
                return Answer(200, public(expansion.expand(state, found, paths)))
        except ApiError as error:
            return Answer(error.status, public(error.body()))

    def _authenticate(self, request: Request) -> None:
        """https://docs.stripe.com/api/authentication and https://docs.stripe.com/api/versioning"""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with suppress(ValueError):
                token = base64.b64decode(token).decode().partition(":")[0]
        if not token:
            message = (
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
            raise ApiError(message, status=401, headers={"WWW-Authenticate": 'Bearer realm="Stripe"'})
        if not secrets.compare_digest(token.encode(), self._key.encode()):
            shown = f"{token[:8]}{'*' * max(len(token) - 12, 4)}{token[-4:]}"
            raise ApiError(f"Invalid API Key provided: {shown}", status=401)
        version = request.headers.get("Stripe-Version", API_VERSION)
        if not VERSION.match(version):
            raise invalid(f"Invalid Stripe API version: {version}")

    def _fail(self, request: Request, fault: ApiFault) -> Response:
        """Answer with the wanted fault. To hang or to close, the connection itself is cut."""
        if isinstance(fault.status, int):
            code = "rate_limit" if fault.status == 429 else None
            kind = "invalid_request_error" if fault.status < 500 else "api_error"
            message = FAULT_MESSAGES.get(fault.status, "This failure of the sandbox was asked for.")
            error = ApiError(message, status=fault.status, type=kind, code=code)  # type: ignore[arg-type]  # one of two
            return _json(Answer(error.status, error.body()))
        if fault.status == "hang":
            self.stopping.wait(fault.seconds)
        connection = request.environ.get("werkzeug.socket")
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return Response(status=504)


def _text(request: Request) -> str:
    """Return the encoded parameters: the body of a POST, else the query (a DELETE may use either)."""
    query = request.query_string.decode("utf-8", "replace")
    body = request.get_data(as_text=False).decode("utf-8", "replace")
    if body and request.mimetype != FORM:
        raise invalid(
            f"Invalid request (check that your POST content type is {FORM}). If you have any questions, we can help "
            "at https://support.stripe.com/."
        )
    return body if request.method == "POST" else "&".join(part for part in (query, body) if part)


def _json(answer: Answer) -> Response:
    body: Any = json.dumps(answer.body, ensure_ascii=False, indent=2)
    return Response(body, answer.status, content_type="application/json")
