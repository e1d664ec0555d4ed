"""Pages of staff: a reader's plan, why they have it, and plans given as a gift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from flask import Blueprint, make_response, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, EmailField, Form, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from webapp.admin import readers
from webapp.admin.guard import staff_only
from webapp.auth.service import find_user
from webapp.billing import service as billing
from webapp.billing.plans import FREE, GUEST, catalogue
from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import transaction

blueprint = Blueprint("admin", __name__, url_prefix="/staff")

LONGEST_NOTE = 200
A_CLICK = timedelta(seconds=30)
LAST_YEAR = 2200


class GrantForm(Form):  # type: ignore[misc]  # wtforms has no types
    """A plan for a reader, until the end of a day (UTC) or without an end."""

    email = EmailField("Reader’s e-mail address", [InputRequired("Type the reader’s address.")])
    plan = SelectField("Plan")
    until = DateField("Last day", [Optional()], description="Until the end of this day (UTC). Empty: no end.")
    source = RadioField(
        "Kind",
        choices=[
            SelectChoice("comp", "Gift, told apart in reports"),
            SelectChoice("manual", "Paid for in another way, or mending a mistake"),
        ],
        default="comp",
    )
    note = StringField("Why", [InputRequired("Say why, for the record."), Length(max=LONGEST_NOTE)])

    def validate_until(self, field: DateField) -> None:
        if field.data and field.data.year > LAST_YEAR:
            raise ValidationError(f"Choose a day up to {LAST_YEAR}, or none for no end.")


blueprint.before_request(staff_only)


@blueprint.get("/")
def index() -> Response:
    """Find a reader by address; show what they have and what happened to it."""
    return _page(request.args.get("email", "").strip())


@blueprint.post("/grants")
def grant() -> Response:
    """Give a plan."""
    form = _form(request.form)
    user = find_user(form.email.data or "")
    if not form.validate() or user is None:
        return _page(form.email.data or "", form)
    until = form.until.data
    end = datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(days=1) if until else None
    given = {"source": form.source.data, "note": form.note.data, "actor_id": current_user.id}
    if _was_just_given(user.id, form.plan.data, end):
        return _back(user.email, "given")  # a second click
    try:
        with transaction():
            billing.grant(user.id, form.plan.data, end, **given)
    except BadInput as error:
        form.form_errors.append(f"{error.message[0].upper()}{error.message[1:]}.")
        return _page(user.email, form)
    return _back(user.email, "given")


def _was_just_given(user_id: int, plan_key: str, end: datetime | None) -> bool:
    since = clock.now() - A_CLICK
    alike = [one for one in billing.grants_of(user_id) if one.plan_key == plan_key and one.ends_at == end]
    return any(one.source != "stripe" and one.created_at > since for one in alike)


@blueprint.post("/grants/<int(max=2147483647):grant_id>/end")
def end_grant(grant_id: int) -> Response:
    """End a grant of staff now. Errors: BadInput for one that comes from a subscription."""
    with transaction():
        email = readers.address_of(billing.revoke(grant_id, current_user.id).user_id)
    return _back(email, "ended")


def _form(data: object = None) -> GrantForm:
    form = GrantForm(data)
    form.plan.choices = [
        SelectChoice(key, plan.name) for key, plan in catalogue().plans.items() if key not in {GUEST, FREE}
    ]
    return form


def _page(email: str, form: GrantForm | None = None) -> Response:
    """The page about whoever has an address: 404 if no one has, 422 if the form comes back with errors."""
    user = find_user(email) if email else None
    page = render_template(
        "admin/readers.html",
        email=email,
        reader=readers.overview(user) if user else None,
        form=form or _form(),
        done=request.args.get("done", ""),
    )
    if email and user is None:
        return make_response(page, 404)
    return make_response(page, 422 if form is not None and form.errors else 200)


def _back(email: str, done: str) -> Response:
    return redirect(f"/staff/?email={quote(email)}&done={done}", 303)
