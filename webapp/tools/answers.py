"""What the tools' pages have in common: the wall where uses are used up, and answers that nobody else may keep."""

from __future__ import annotations

from flask import Response

from webapp.access.sentences import LOG_IN, PATH_SLOT, Offer, Wall
from webapp.access.web import PRIVATE, current_visitor, return_path
from webapp.billing.plans import GUEST
from webapp.core.errors import CodeshelfError


def wall(sentence: str, offer: Offer | None) -> Wall:
    """Return what stands in the way, with what the reader can do about it; guests may also log in."""
    here = return_path()
    login = LOG_IN.replace(PATH_SLOT, here) if current_visitor().plan.key == GUEST else ""
    return Wall(sentence, offer.text if offer else "", offer.href.replace(PATH_SLOT, here) if offer else "", login)


def page(html: str, status: int = 200, refused: CodeshelfError | None = None) -> Response:
    """Return a page that is for its reader alone, telling when another try makes sense if it was refused."""
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = PRIVATE
    if refused is not None and refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response
