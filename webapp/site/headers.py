"""Security headers of every response. Precomputed: this runs on the hottest path."""

from __future__ import annotations

from typing import TypeVar

from flask import current_app
from werkzeug.wrappers import Response

R = TypeVar("R", bound=Response)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self' https://checkout.stripe.com https://billing.stripe.com",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

PLAIN: tuple[tuple[str, str], ...] = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
SECURE = (*PLAIN, ("Strict-Transport-Security", "max-age=31536000"))
"""With HSTS, for sites that readers reach over https."""


def pairs(*, secure: bool) -> tuple[tuple[str, str], ...]:
    """The headers as WSGI wants them, for answers that are made without Flask."""
    return SECURE if secure else PLAIN


def apply(response: R) -> R:
    """Add the security headers to a response (an `after_request` function). A policy already set stands."""
    headers = response.headers
    # Written for speed: looking a missing header up raises inside, and `extend` checks each pair again.
    if not any(name == "Content-Security-Policy" for name, _ in headers):
        headers[len(headers) :] = _of_this_application()
    return response


def _of_this_application() -> tuple[tuple[str, str], ...]:
    extensions = current_app.extensions
    found: tuple[tuple[str, str], ...] | None = extensions.get("security_headers")
    if found is None:
        found = extensions["security_headers"] = pairs(secure=extensions["settings"].secure)
    return found
