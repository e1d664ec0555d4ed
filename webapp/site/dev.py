"""Pages for whoever builds or tries the site: components and the outbox. In production they do not exist."""

from __future__ import annotations

from flask import Blueprint, render_template
from wtforms import BooleanField, Form, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from webapp.core.errors import NotFound
from webapp.extensions import settings
from webapp.mail import service as mail
from webapp.site.samples import sample_document, sample_entries

blueprint = Blueprint("dev", __name__, url_prefix="/dev")

MAILS_SHOWN = 50


class SampleForm(Form):  # type: ignore[misc]  # wtforms has no types
    """One field of each kind."""

    email = StringField("E-mail", [InputRequired("Enter your e-mail address.")])
    password = PasswordField("Password", description="At least 10 characters.")
    system = SelectField("Code system", choices=["ICD-10-CM", "HCPCS Level II"])
    note = TextAreaField("Note")
    agree = BooleanField("Keep me posted about new releases")


@blueprint.before_request
def only_outside_production() -> None:
    """Errors: NotFound in production."""
    if settings().production:
        raise NotFound


@blueprint.get("/components")
def components() -> str:
    """Every component of the design, with an example."""
    faulty = SampleForm(data={"system": "ICD-10-CM"})
    faulty.validate()
    return render_template(
        "site/components.html",
        form=SampleForm(prefix="good-"),
        faulty=faulty,
        doc=sample_document(),
        contents=sample_entries(),
    )


@blueprint.get("/outbox")
def outbox() -> str:
    """The latest mails."""
    return render_template("site/outbox.html", mails=mail.recent(MAILS_SHOWN))
