"""One family of errors, one shape: `{"error": {"code": …, "message": …}}` in JSON, a page in HTML."""

from __future__ import annotations


class CodeshelfError(Exception):
    """An error a reader may see: `status` (HTTP), `code` (stable, machine-readable), `message` (one sentence)."""

    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        """`retry_after`: seconds until another try makes sense, sent as Retry-After."""
        self.message = message or type(self).message
        self.retry_after = retry_after
        super().__init__(self.message)


class BadInput(CodeshelfError):
    status, code, message = 400, "bad_input", "The request could not be understood."


class NotFound(CodeshelfError):
    status, code, message = 404, "not_found", "There is nothing at this address."


class TooManyRequests(CodeshelfError):
    status, code, message = 429, "too_many_requests", "Too many tries. Please wait a little."


class Unavailable(CodeshelfError):
    status, code, message = 503, "unavailable", "This is not available just now. Please try again soon."
