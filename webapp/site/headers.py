"""Security headers of every response. Precomputed: this runs on the hottest path."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlsplit

from flask import current_app
from werkzeug.wrappers import Response

from config import Settings

R = TypeVar("R", bound=Response)

PAYMENT_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com")
"""Where forms of ours lead on to: browsers hold a form's whole chain of redirects to the policy."""

OTHERS: tuple[tuple[str, str], ...] = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
OVER_HTTPS = ("Strict-Transport-Security", "max-age=31536000")
"""For sites that readers reach over https."""


def pairs(settings: Settings) -> tuple[tuple[str, str], ...]:
    """A site's headers as WSGI wants them, for answers that are made without Flask."""
    policy = ("Content-Security-Policy", _policy(settings.stripe_api_base))
    return (policy, *OTHERS, OVER_HTTPS) if settings.secure else (policy, *OTHERS)


def _policy(payment_api: str) -> str:
    """Return the policy. `payment_api`: another server that speaks Stripe's API, whose pages are at its own origin."""
    parts = urlsplit(payment_api)
    pages = (*PAYMENT_PAGES, f"{parts.scheme}://{parts.netloc}") if payment_api else PAYMENT_PAGES
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {' '.join(pages)}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


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
        found = extensions["security_headers"] = pairs(extensions["settings"])
    return found
