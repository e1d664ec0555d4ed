"""Signed values for cookies and links (HMAC-SHA256 over the site's secret keys)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from itsdangerous import BadSignature, Signer


class Signet:
    """Signs and checks short texts for one purpose, so that a value signed for one use is void for another."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        """`keys` oldest first: the last signs, each is accepted."""
        # The keys are derived here, once: the library would derive one anew for every text.
        derived = [hmac.digest(key.encode(), f"codeshelf.{purpose}".encode(), "sha256") for key in keys]
        self._signer = Signer(derived, key_derivation="none", digest_method=hashlib.sha256)

    def sign(self, text: str) -> str:
        return self._signer.sign(text).decode()

    def read(self, signed: str) -> str | None:
        """Return the text if its signature holds, else None."""
        try:
            return self._signer.unsign(signed).decode()
        except (BadSignature, UnicodeError):
            return None


def new_token() -> str:
    """Return 256 random bits, fit for cookies and links."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the SHA-256 (hex) under which a token is kept: the token itself is never stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
