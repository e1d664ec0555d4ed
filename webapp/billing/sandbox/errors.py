"""Errors in Stripe's own shape (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

from typing import Any, Literal

ErrorType = Literal["api_error", "card_error", "idempotency_error", "invalid_request_error"]


class ApiError(Exception):
    """What a request ends in other than an object. `keep`: what the request wrote before it stands, as with a decline.

    `extra` are further fields of the error, such as `payment_intent` (a whole object) or `charge` (an id).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: ErrorType = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keep: bool = False,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.type, self.code = message, status, type, code
        self.param, self.decline_code, self.keep = param, decline_code, keep
        self.headers, self.extra = headers or {}, extra

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        fields = {
            "code": self.code,
            "decline_code": self.decline_code,
            "doc_url": f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}" if self.code else None,
            "message": self.message,
            "param": self.param,
            "type": self.type,
            **self.extra,
        }
        return {"error": {name: value for name, value in fields.items() if value is not None}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A request that asks for what is not possible: 400."""
    return ApiError(message, param=param, code=code)


def missing(kind: str, id: str, param: str = "id") -> ApiError:
    """An object that does not exist: 404 in the path (`param` is "id" or the object's kind), 400 in a parameter."""
    status = 404 if param in {"id", kind} else 400
    noun = kind.replace(".", " ").replace("_", " ")
    noun = {"payment method": "PaymentMethod"}.get(noun, noun)
    return ApiError(f"No such {noun}: '{id}'", status=status, code="resource_missing", param=param)


def declined(
    message: str, decline_code: str | None = None, *, code: str = "card_declined", keep: bool = True, **extra: Any
) -> ApiError:
    """A card that was refused: 402."""
    return ApiError(message, status=402, type="card_error", code=code, decline_code=decline_code, keep=keep, **extra)
