"""Pages of staff are for staff alone."""

from __future__ import annotations

from flask_login import current_user, login_required

from webapp.core.errors import NotFound


@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def staff_only() -> None:
    """Lead guests to the login (a `before_request` function). Errors: NotFound for readers who are no staff."""
    if current_user.is_authenticated and not current_user.is_staff:
        raise NotFound
