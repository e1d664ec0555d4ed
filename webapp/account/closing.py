"""Closing an account: payments end at Stripe first; if that fails, nothing is closed."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, session
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from webapp.auth import addresses, service, sessions, strength, throttles
from webapp.auth.service import Verified
from webapp.billing import closing, overview, payments
from webapp.core.net import network_of
from webapp.extensions import db, transaction

CLOSED = "/account/closed"
WRONG = "The password is not right."


class CloseForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    """The password again: a browser left open must not be enough."""

    password = PasswordField(
        "Password",
        [InputRequired("Type your password."), Length(max=strength.LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


def page() -> Response:
    """Show what closing means, or close. 422: the password is missing or wrong; 503: Stripe could not be told."""
    form = CloseForm()
    if not form.validate_on_submit():
        return _form(form)
    verified = _verified(form)
    if verified is None:
        form.form_errors.append(WRONG)
        return _form(form)
    service.refuse_last_of_staff(verified.user_id)
    _end_payments(verified.user_id)
    with transaction():
        closed = service.close(verified)
    if not closed:
        form.form_errors.append(WRONG)
        return _form(form)
    response = redirect(CLOSED, 303)
    sessions.clear_cookie(response)
    session.clear()
    return response


def _verified(form: CloseForm) -> Verified | None:
    address = addresses.read(current_user.email)
    network = network_of(request.remote_addr or "")
    throttles.before_login(address.normalized, network)
    verified = service.verify(address, form.password.data)
    if verified is None or verified.user_id != current_user.id:
        throttles.login_failed(network)
        return None
    throttles.login_succeeded(address.normalized)
    return verified


def _end_payments(user_id: int) -> None:
    db.session.rollback()  # no transaction is held while Stripe is asked
    if payments.enabled():
        with payments.gateway().patience(payments.WEB_SECONDS):
            closing.end_payments(user_id)
    else:
        closing.end_payments(user_id)


def _form(form: CloseForm) -> Response:
    held = overview.holding(current_user.id)
    return make_response(render_template("account/close.html", form=form, held=held), 422 if form.errors else 200)
