"""What a reader sees when something fails: a page, or `{"error": {"code": …, "message": …}}`.

Bad input is never a 5xx: what parsers and databases raise on hostile text ends in 400. A failed database or Redis is
a 503, everything else a 500 whose number is in the log and on the page.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from urllib.parse import quote, unquote_to_bytes

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as BaseResponse

from webapp.access.web import turn_away
from webapp.core.errors import BadInput, CodeshelfError, Unavailable
from webapp.extensions import RedisUnavailable, db

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
"""What a 503 tells clients to wait, where the error does not say."""

JSON_PATHS = ("/api/", "/webhooks/")

TITLES = {
    400: "This request cannot be understood",
    401: "Please log in",
    402: "This needs another plan",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This address does not take that",
    413: "This is too large",
    415: "This kind of content is not accepted",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available just now",
}

CODES = {
    400: ("bad_input", "The request could not be understood."),
    401: ("not_signed_in", "Log in to go on."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that kind of request."),
    406: ("not_acceptable", "This address has no such form of the answer."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too_large", "What was sent is too large."),
    414: ("address_too_long", "The address is too long."),
    415: ("unsupported_media_type", "This kind of content is not accepted."),
    422: ("bad_input", "The request could not be understood."),
    429: ("too_many_requests", "Too many requests. Please wait a little."),
    431: ("headers_too_large", "The request's headers are too large."),
    503: ("unavailable", "This is not available just now. Please try again soon."),
}
"""Machine-readable code and sentence for the HTTP errors that Flask and its libraries raise themselves."""

HOSTILE_INPUT = (RecursionError, UnicodeError, OverflowError, DataError)
"""What depth, surrogates, NUL and huge numbers raise in JSON, SQLite and PostgreSQL."""

BAD_ADDRESS = "The address holds characters that no address may have."

OUTAGES = (
    OperationalError,
    InterfaceError,
    InternalError,
    PendingRollbackError,
    PoolTimeout,
    RedisUnavailable,
)


def register(app: Flask) -> None:
    """Hook the handlers up."""
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_bad_address)  # before the form's token is looked at
    app.before_request(add_missing_slash)
    app.teardown_request(leave_the_database)
    app.register_error_handler(CodeshelfError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def refuse_bad_address() -> None:
    """Refuse an address with a NUL or bytes that are no UTF-8 before any view sees it. Errors: BadInput."""
    path, query = request.environ["PATH_INFO"], request.environ["QUERY_STRING"]
    if path.isascii() and "\0" not in path and "%" not in query and query.isascii():
        return  # nearly every request: no bytes to look at
    raw = path.encode("latin-1") + b"?" + unquote_to_bytes(query.encode("latin-1"))
    try:
        query.encode("latin-1").decode("utf-8")
        raw.decode("utf-8")
    except UnicodeDecodeError:
        request.query_string = b""  # Werkzeug would fail on it again while the error's page is made
        raise BadInput(BAD_ADDRESS) from None
    if b"\0" in raw:
        raise BadInput(BAD_ADDRESS)


def add_missing_slash() -> BaseResponse | None:
    """Lead to the address with a slash at its end. Werkzeug's own redirect repeats whatever host was asked for."""
    if not isinstance(request.routing_exception, RequestRedirect):
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(f"{quote(request.path, safe='/')}/{query}", 308)


def leave_the_database(_error: BaseException | None) -> None:
    """Give the connection back. A database that went away before that must not spoil the answer that is made."""
    try:
        db.session.remove()
    except SQLAlchemyError as error:
        log.warning("%s: outage (%s) after the answer", request.endpoint, type(error).__name__)
        db.session().invalidate()
        db.session.remove()


def answer(status: int, code: str, message: str, *, retry_after: int | None = None, request_id: str = "") -> Response:
    """Build the error's response: JSON for programs, a page for people."""
    if wants_json():
        body = {"code": code, "message": message, **({"request_id": request_id} if request_id else {})}
        response = jsonify({"error": body})
    else:
        title = "The card was declined" if code == "card_declined" else TITLES.get(status, "This did not work")
        response = Response(
            _page(
                status=status, code=code, title=title, message=message, retry_after=retry_after, request_id=request_id
            ),
            content_type="text/html; charset=utf-8",
        )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_json() -> bool:
    """Whether the client is a program: by the address, or because it likes JSON better than HTML."""
    if request.path.startswith(JSON_PATHS):
        return True
    accepted = request.accept_mimetypes
    return bool(accepted["application/json"] > accepted["text/html"])


def _page(**context: object) -> str:
    """Render the error page. One of our own faults must not need what may be at fault: no reader, no database."""
    turn_away()
    if int(str(context["status"])) < 500 and not g.get("page_failed"):
        return render_template("errors/error.html", **context)
    return current_app.jinja_env.get_template("errors/error.html").render(**context)


def _expected(error: CodeshelfError) -> Response:
    retry_after = error.retry_after
    if error.status == Unavailable.status and retry_after is None:
        retry_after = RETRY_SECONDS
    if error.status >= 500 and not isinstance(error, Unavailable):
        return _unexpected(error)
    return answer(error.status, error.code, error.message, retry_after=retry_after)


def _http(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 500:
        # Flask wraps what was raised while an error page was made, as by a header that needs the database.
        g.page_failed = True
        return _unexpected(getattr(error, "original_exception", None) or error)
    code, message = CODES.get(error.code, (f"http_{error.code}", "The request could not be served."))
    if isinstance(error, CSRFError):
        code, message = "form_expired", "This form has expired. Go back, reload the page and send it again."
    retry_after = getattr(error, "retry_after", None)
    response = answer(error.code, code, message, retry_after=retry_after if isinstance(retry_after, int) else None)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> Response:
    if isinstance(error, OUTAGES):
        log.warning("%s: outage (%s)", request.endpoint, type(error).__name__)
        return _expected(Unavailable())
    if isinstance(error, HOSTILE_INPUT) and _carries_input():
        log.info("%s: hostile input (%s)", request.endpoint, type(error).__name__)
        return _expected(BadInput())
    request_id = secrets.token_hex(4)
    if request.content_length or "HTTP_TRANSFER_ENCODING" in request.environ:
        # An exception's message may repeat what was sent, which may be a patient's text: tell only where it arose.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s: request %s failed (%s)\n%s", request.endpoint, request_id, type(error).__name__, where)
    else:
        log.error("%s: request %s failed", request.endpoint, request_id, exc_info=error)
    return answer(500, CodeshelfError.code, CodeshelfError.message, request_id=request_id)


def _carries_input() -> bool:
    return bool(request.view_args or request.query_string or request.content_length)
