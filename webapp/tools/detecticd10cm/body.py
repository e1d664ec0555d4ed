"""Parts of the body, of which several things may be said at once."""

from __future__ import annotations

from webapp.codes.terms.wordlists import listed

BODY = listed("body")
