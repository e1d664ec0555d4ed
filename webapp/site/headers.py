"""Security headers of every response. Precomputed: this runs on the hottest path."""

from __future__ import annotations

from typing import TypeVar

from werkzeug.wrappers import Response

from webapp.extensions import settings

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
    if "Content-Security-Policy" not in response.headers:
        response.headers.extend(pairs(secure=settings().secure))
    return response
